import { hash } from "node:crypto";
import type { WireReply } from "../kit/wire.ts";
import { permissionsText } from "./access.ts";
import { type Call, header } from "./call.ts";
import { checkRead } from "./conditions.ts";
import { propertiesText } from "./describe.ts";
import { need } from "./lake.ts";
import { heldLease } from "./leases.ts";
import { Refusal } from "./refusal.ts";
import { httpDate, versionHeaders } from "./reply.ts";
import type { Item } from "./store.ts";

/** Answers GET of a file or folder in either protocol, with the headers of both. */
export async function read(call: Call): Promise<WireReply> {
  const item = need(call.lake, call.place);
  checkRead(call, item);
  const headers = itemHeaders(call, item);
  if (item.kind === "folder") return { status: 200, headers };
  const range = rangeOf(header(call, "x-ms-range") ?? header(call, "range"), item.bytes);
  if (range === undefined) {
    const body = call.lake.store.read(call.place.path, 0, item.bytes);
    return {
      status: 200,
      headers: { ...headers, "Content-Length": item.bytes, ...md5Header("Content-MD5", item.md5) },
      body,
    };
  }
  const bytes = call.lake.store.read(call.place.path, range.start, range.end);
  const length = range.end - range.start;
  const wantsMd5 = header(call, "x-ms-range-get-content-md5")?.toLowerCase() === "true" && length <= MAX_MD5_RANGE;
  const body = wantsMd5 ? await whole(bytes) : bytes;
  return {
    status: 206,
    headers: {
      ...headers,
      "Content-Length": length,
      "Content-Range": `bytes ${range.start}-${range.end - 1}/${item.bytes}`,
      ...md5Header("x-ms-blob-content-md5", item.md5),
      ...md5Header("x-ms-content-md5", item.md5),
      ...(wantsMd5 && Buffer.isBuffer(body) ? { "Content-MD5": hash("md5", body, "base64") } : {}),
    },
    body,
  };
}

/** Answers HEAD of a file or folder in either protocol, with the headers of both. */
export function head(call: Call): WireReply {
  const item = need(call.lake, call.place);
  checkRead(call, item);
  const length = item.kind === "file" ? item.bytes : 0;
  const md5 = item.kind === "file" ? item.md5 : undefined;
  return {
    status: 200,
    headers: { ...itemHeaders(call, item), "Content-Length": length, ...md5Header("Content-MD5", md5) },
  };
}

type Range = { readonly start: number; readonly end: number };

const MAX_MD5_RANGE = 4 * 1024 * 1024;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function itemHeaders(call: Call, item: Item): Record<string, string> {
  const headers: Record<string, string> = {
    ...versionHeaders(item),
    "Accept-Ranges": "bytes",
    "x-ms-blob-type": "BlockBlob",
    "x-ms-resource-type": item.kind === "folder" ? "directory" : "file",
    "x-ms-owner": item.owner,
    "x-ms-group": item.group,
    "x-ms-permissions": permissionsText(item),
    "x-ms-acl": item.acl,
    "x-ms-creation-time": httpDate(item.createdMs),
    "x-ms-server-encrypted": "true",
    ...leaseHeaders(call),
  };
  if (item.kind === "file") {
    for (const name in item.headers) headers[name] = item.headers[name] ?? "";
    headers["x-ms-access-tier"] = item.tier ?? "Hot";
    if (item.tier === undefined) headers["x-ms-access-tier-inferred"] = "true";
    if (item.expiresMs !== undefined) headers["x-ms-expiry-time"] = httpDate(item.expiresMs);
  } else {
    headers["x-ms-meta-hdi_isfolder"] = "true";
  }
  for (const [key, value] of Object.entries(item.metadata)) {
    // What no header can carry as it is still stands in x-ms-properties.
    if (HEADER_VALUE.test(value)) headers[`x-ms-meta-${key}`] = value;
  }
  headers["x-ms-properties"] = propertiesText(item.metadata);
  return headers;
}

function leaseHeaders(call: Call): Record<string, string> {
  const held = heldLease(call);
  if (held === undefined) return { "x-ms-lease-state": "available", "x-ms-lease-status": "unlocked" };
  const duration = held.untilMs === Number.POSITIVE_INFINITY ? "infinite" : "fixed";
  return { "x-ms-lease-state": "leased", "x-ms-lease-status": "locked", "x-ms-lease-duration": duration };
}

function md5Header(name: string, md5: string | undefined): Record<string, string> {
  return md5 === undefined ? {} : { [name]: md5 };
}

function rangeOf(text: string | undefined, length: number): Range | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(text ?? "");
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = match[2] === "" ? length : Math.min(Number(match[2]) + 1, length);
  if (start >= length || end <= start)
    throw new Refusal("InvalidRange", undefined, { "Content-Range": `bytes */${length}` });
  return { start, end };
}

async function whole(bytes: Buffer | AsyncIterable<Buffer>): Promise<Buffer> {
  if (Buffer.isBuffer(bytes)) return bytes;
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
