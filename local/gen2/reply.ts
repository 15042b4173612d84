import type { WireReply } from "../kit/wire.ts";
import type { Protocol } from "./call.ts";
import { blobCode, type Refusal } from "./refusal.ts";
import type { Item } from "./store.ts";

/** ETag and Last-Modified, as every reply about an item carries them. */
export function versionHeaders(item: Item): Record<string, string> {
  return { ETag: `"${item.etag}"`, "Last-Modified": httpDate(item.modifiedMs) };
}

/** What the service says of a write at rest. */
export const ENCRYPTED = { "x-ms-request-server-encrypted": "true" } as const;

/** A JSON reply as the DFS protocol words it. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): WireReply {
  return {
    status,
    headers: { ...headers, "Content-Type": "application/json;charset=utf-8" },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** An XML reply as the Blob protocol words it. */
export function xmlReply(status: number, xml: string, headers: Readonly<Record<string, string>> = {}): WireReply {
  return {
    status,
    headers: { ...headers, "Content-Type": "application/xml" },
    body: `<?xml version="1.0" encoding="utf-8"?>${xml}`,
  };
}

/** A failure in the words of a protocol; a HEAD gets the headers alone. */
export function failureReply(failure: Failure, protocol: Protocol, method: string): WireReply {
  const headers = { ...failure.headers, "x-ms-error-code": failure.code };
  if (failure.status === 304) return { status: 304, headers };
  if (method === "HEAD") return { status: failure.status, headers };
  const message = `${failure.message}\nTime:${new Date(failure.nowMs).toISOString()}`;
  return protocol === "dfs"
    ? jsonReply(failure.status, { error: { code: failure.code, message } }, headers)
    : xmlReply(
        failure.status,
        `<Error><Code>${escapeXml(failure.code)}</Code><Message>${escapeXml(message)}</Message></Error>`,
        headers,
      );
}

/** A failure that has its final wording. */
export type Failure = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowMs: number;
};

/** A refusal as a protocol words it. */
export function refused({ status, code, message, headers }: Refusal, protocol: Protocol, nowMs: number): Failure {
  return { status, code: protocol === "blob" ? blobCode(code) : code, message, headers, nowMs };
}

/** Text that may stand in an XML element or attribute. */
export function escapeXml(text: string): string {
  return /[&<>"]/.test(text) ? text.replaceAll(/[&<>"]/g, (character) => XML_ENTITIES[character] ?? character) : text;
}

/** RFC 1123, in whole seconds. */
export function httpDate(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastDate.second) lastDate = { second, text: new Date(second * 1000).toUTCString() };
  return lastDate.text;
}

// Requests of one second have one date; formatting it is a tenth of the cost of a small reply.
let lastDate = { second: 0, text: new Date(0).toUTCString() };

const XML_ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
