import { randomUUID } from "node:crypto";
import { AclError } from "../kit/acl.ts";
import type { StatusEffect } from "../kit/faults.ts";
import { BodyTooLarge, type WireReply } from "../kit/wire.ts";
import { Refusal, type RefusalKind } from "./refusal.ts";
import { StoreRefusal } from "./store.ts";

/** What every reply carries. The extension operations were never recorded with a version. */
export function commonHeaders(isExtension: boolean, code = "0x0"): Record<string, string> {
  const headers: Record<string, string> = {
    "Cache-Control": "no-cache, no-cache, no-store, max-age=0",
    Pragma: "no-cache",
    Expires: "-1",
    "Strict-Transport-Security": "max-age=15724800; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-ms-request-id": randomUUID(),
    Status: code,
  };
  if (!isExtension) headers["x-ms-webhdfs-version"] = "17.04.24.00";
  return headers;
}

/** 200 with JSON. */
export function json(value: unknown, code?: string): WireReply {
  const headers = { ...commonHeaders(false, code), "Content-Type": "application/json; charset=utf-8" };
  return { status: 200, headers, body: JSON.stringify(value) };
}

/** No body, with the stray second length that the service sends. */
export function empty(status: number, isExtension = false, more: Readonly<Record<string, string>> = {}): WireReply {
  return { status, headers: { ...commonHeaders(isExtension), ContentLength: "0", ...more } };
}

/** File content: chunked, as the service sends it, except for an empty one. */
export function octets(body: Buffer | AsyncIterable<Buffer>): WireReply {
  const headers = { ...commonHeaders(false), "Content-Type": "application/octet-stream" };
  if (!Buffer.isBuffer(body)) return { status: 200, headers, body };
  return body.length === 0 ? { status: 200, headers } : { status: 200, headers, body, isChunked: true };
}

/** The front end's answer to an address that never reaches the lake. */
export function html(status: number, title: string, headers: Readonly<Record<string, string>> = {}): WireReply {
  const body = `<!DOCTYPE html><html><head><title>${title}</title></head><body><h2>${title}</h2></body></html>`;
  return { status, headers: { "Content-Type": "text/html; charset=us-ascii", ...headers }, body };
}

/** The reply to an operation that failed with an error the protocol has a word for; anything else is thrown on. */
export function refusalReply(error: unknown, op: string, isExtension: boolean): WireReply {
  const { kind, message } = asRefusal(error);
  const { status, exception, code } = wording[kind];
  return exceptionReply(status, exception, messageOf(kind, message, op), isExtension, code);
}

/** How a fault's status is worded: a RemoteException unless the fault wants HTML or nothing. */
export function faultReply(effect: StatusEffect, isExtension: boolean): WireReply {
  const retry: Record<string, string> =
    effect.retryAfterS === undefined ? {} : { "Retry-After": String(effect.retryAfterS) };
  if (effect.body === "html") return html(effect.status, effect.message ?? "Service Unavailable", retry);
  if (effect.body === "none") return { status: effect.status, headers: { ...commonHeaders(isExtension), ...retry } };
  const exception = effect.code ?? exceptionOfStatus[effect.status] ?? "RuntimeException";
  const code = Object.values(wording).find((words) => words.exception === exception)?.code;
  const message = effect.message ?? "a fault of the emulator's plan";
  const reply = exceptionReply(effect.status, exception, message, isExtension, code);
  return { ...reply, headers: { ...reply.headers, ...retry } };
}

type Words = { readonly status: number; readonly exception: string; readonly code?: string };

const wording: Readonly<Record<RefusalKind, Words>> = {
  missing: { status: 404, exception: "FileNotFoundException", code: "0x8309000A" },
  denied: { status: 403, exception: "AccessControlException", code: "0x83090AA2" },
  exists: { status: 403, exception: "FileAlreadyExistsException" },
  "bad-offset": { status: 400, exception: "BadOffsetException", code: "0x83090015" },
  "bad-argument": { status: 400, exception: "IllegalArgumentException" },
  unsupported: { status: 400, exception: "UnsupportedOperationException" },
  unauthorized: { status: 401, exception: "SecurityException" },
  leased: { status: 400, exception: "RuntimeException", code: "0x83090A16" },
  io: { status: 403, exception: "IOException" },
};

const packages: Readonly<Record<string, string>> = {
  FileNotFoundException: "java.io",
  IOException: "java.io",
  AccessControlException: "org.apache.hadoop.security",
  FileAlreadyExistsException: "org.apache.hadoop.fs",
  BadOffsetException: "org.apache.hadoop.fs.adl",
};

const exceptionOfStatus: Readonly<Record<number, string>> = {
  400: "IllegalArgumentException",
  401: "SecurityException",
  403: "AccessControlException",
  404: "FileNotFoundException",
  429: "ThrottledException",
};

function messageOf(kind: RefusalKind, detail: string, op: string): string {
  if (kind === "missing") return `File/Folder does not exist: ${detail}`;
  if (kind === "bad-offset") return `${op} failed with error 0x83090015 (Bad request. ${detail}).`;
  if (kind === "denied") return `${op} failed with error 0x83090aa2 (${detail}).`;
  if (kind === "leased") return `${op} failed with error 0x83090a16 (${detail}).`;
  return detail;
}

function exceptionReply(
  status: number,
  exception: string,
  message: string,
  isExtension: boolean,
  code?: string,
): WireReply {
  const common = commonHeaders(isExtension, code);
  const headers = { ...common, "Content-Type": "application/json; charset=utf-8" };
  const signed = `${message} [${common["x-ms-request-id"]}][${new Date().toISOString()}]`;
  const javaClassName = `${packages[exception] ?? "java.lang"}.${exception}`;
  const body = JSON.stringify({ RemoteException: { exception, message: signed, javaClassName } });
  return { status, headers, body };
}

function asRefusal(error: unknown): { readonly kind: RefusalKind; readonly message: string } {
  if (error instanceof Refusal) return error;
  if (error instanceof AclError) return { kind: "bad-argument", message: `Invalid ACL: ${error.message}` };
  if (error instanceof BodyTooLarge) return { kind: "bad-argument", message: error.message };
  if (error instanceof StoreRefusal) return { kind: "io", message: error.message };
  // What the machine's file system says, without its message: that names a path of this machine.
  if (error instanceof Error && "syscall" in error && "code" in error) {
    if (error.code === "ENOENT") return { kind: "missing", message: "it has just gone" };
    if (error.code === "EACCES") return { kind: "denied", message: "Forbidden. The emulator may not touch this file" };
    return { kind: "io", message: `the machine's file system answers ${String(error.code)}` };
  }
  throw error;
}
