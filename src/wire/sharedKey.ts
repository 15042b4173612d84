import { createHmac, createSecretKey } from "node:crypto";
import type { Credential } from "./auth.ts";
import type { WireRequest } from "./send.ts";

/** Signs with the storage account's key. Source: "Authorize with Shared Key", Azure Storage REST reference. */
export function sharedKey(account: string, key: string, nowMs: () => number): Credential {
  const secret = createSecretKey(key, "base64");
  return {
    sign: async (request) => {
      const dated = {
        ...request,
        headers: { ...request.headers, "x-ms-date": new Date(nowMs()).toUTCString() } as Record<string, string>,
      };
      const signature = createHmac("sha256", secret).update(stringToSign(account, dated), "utf8").digest("base64");
      dated.headers["authorization"] = `SharedKey ${account}:${signature}`;
      return dated;
    },
    forget: () => undefined,
  };
}

const signedHeaders = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;

function stringToSign(account: string, request: WireRequest): string {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name.toLowerCase(), value);
  const length = request.body?.byteLength ?? 0;
  headers.set("content-length", length === 0 ? "" : String(length));
  const own = [...headers]
    .filter(([name]) => name.startsWith("x-ms-"))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}`);
  const plain = signedHeaders.map((name) => headers.get(name) ?? "");
  return [request.method, ...plain, ...own, canonicalResource(account, request.target)].join("\n");
}

function canonicalResource(account: string, target: string): string {
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  const byName = new Map<string, string[]>();
  for (const pair of at < 0 ? [] : target.slice(at + 1).split("&")) {
    const equals = pair.indexOf("=");
    const name = decodeURIComponent(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? "" : decodeURIComponent(pair.slice(equals + 1));
    byName.set(name, [...(byName.get(name) ?? []), value]);
  }
  const query = [...byName]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => `\n${name}:${values.toSorted().join(",")}`);
  return `/${account}${path}${query.join("")}`;
}
