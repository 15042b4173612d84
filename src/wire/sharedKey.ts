import { createHmac, createSecretKey } from "node:crypto";
import type { Credential } from "./auth.ts";
import type { WireRequest } from "./send.ts";

/** Signs with the storage account's key. Source: "Authorize with Shared Key", Azure Storage REST reference. */
export function sharedKey(account: string, key: string, nowMs: () => number): Credential {
  const secret = createSecretKey(key, "base64");
  return {
    sign: (request) => {
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

// Header names of a WireRequest are lower case.
function stringToSign(account: string, { method, headers, target, body }: WireRequest): string {
  let text: string = method;
  for (const name of signedHeaders) {
    const value = name === "content-length" ? (body?.byteLength ?? 0) || "" : (headers[name] ?? "");
    text += `\n${value}`;
  }
  const own = Object.keys(headers).filter((name) => name.startsWith("x-ms-"));
  for (const name of own.toSorted()) text += `\n${name}:${headers[name]?.trim()}`;
  return `${text}\n${canonicalResource(account, target)}`;
}

function canonicalResource(account: string, target: string): string {
  const at = target.indexOf("?");
  if (at < 0) return `/${account}${target}`;
  const byName = new Map<string, string[]>();
  for (const pair of target.slice(at + 1).split("&")) {
    const equals = pair.indexOf("=");
    const name = decodeURIComponent(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? "" : decodeURIComponent(pair.slice(equals + 1));
    byName.set(name, [...(byName.get(name) ?? []), value]);
  }
  const query = [...byName]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => `\n${name}:${values.toSorted().join(",")}`);
  return `/${account}${target.slice(0, at)}${query.join("")}`;
}
