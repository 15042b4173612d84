import { type Call, header } from "./call.ts";
import { Refusal } from "./refusal.ts";
import type { FileItem, Item } from "./store.ts";

/** Metadata from `x-ms-meta-…` headers; undefined when there are none. */
export function metaHeaders(call: Call): Item["metadata"] | undefined {
  let metadata: Record<string, string> | undefined;
  for (const name in call.request.headers) {
    if (!name.startsWith(META_PREFIX)) continue;
    const key = name.slice(META_PREFIX.length);
    metadata ??= {};
    metadata[checkedKey(key)] = header(call, name) ?? "";
  }
  return metadata;
}

/** Metadata from `x-ms-properties: key=base64,…`; undefined when the header is absent. */
export function propertiesHeader(call: Call): Item["metadata"] | undefined {
  const text = call.request.headers["x-ms-properties"];
  if (typeof text !== "string") return undefined;
  const metadata: Record<string, string> = {};
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const mark = pair.indexOf("=");
    if (mark < 1) throw new Refusal("InvalidHeaderValue", `"${pair}" is no property.`);
    metadata[checkedKey(pair.slice(0, mark).trim())] = Buffer.from(pair.slice(mark + 1), "base64").toString("latin1");
  }
  return metadata;
}

/** The `x-ms-properties` header for metadata. */
export function propertiesText(metadata: Item["metadata"]): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key}=${Buffer.from(value, "latin1").toString("base64")}`)
    .join(",");
}

/** Content headers that a Blob request sets as `x-ms-blob-…`; `plainType` is the type when it names none. */
export function blobContentHeaders(call: Call, plainType?: string): FileItem["headers"] {
  return contentHeaders(call, OF_BLOB, plainType);
}

/** Content headers that a DFS request sets as `x-ms-…`. */
export function dfsContentHeaders(call: Call, plainType?: string): FileItem["headers"] {
  return contentHeaders(call, OF_DFS, plainType);
}

/**
 * When a file expires by `x-ms-expiry-option` and `-time`; undefined for never.
 *   NeverExpire          -
 *   RelativeToNow        ms after now
 *   RelativeToCreation   ms after the file's creation
 *   Absolute             a date
 */
export function expiryOf(call: Call, createdMs: number): number | undefined {
  const option = header(call, "x-ms-expiry-option")?.toLowerCase();
  if (option === undefined || option === "neverexpire") return undefined;
  const time = header(call, "x-ms-expiry-time") ?? "";
  const ms = option === "absolute" ? Date.parse(time) : Number(time === "" ? Number.NaN : time);
  if (Number.isNaN(ms)) throw new Refusal("InvalidHeaderValue", `"${time}" is no expiry time.`);
  if (option === "absolute") return ms;
  if (option === "relativetonow") return call.lake.nowMs() + ms;
  if (option === "relativetocreation") return createdMs + ms;
  throw new Refusal("InvalidHeaderValue", `"${option}" is no expiry option.`);
}

/** The type of content whose writer named none. */
export const DEFAULT_TYPE = "application/octet-stream";

const META_PREFIX = "x-ms-meta-";
const RELATIVES = ["content-encoding", "content-language", "content-disposition", "cache-control"] as const;
const OF_BLOB = namesWith("x-ms-blob-");
const OF_DFS = namesWith("x-ms-");
const PLAIN: FileItem["headers"] = { "content-type": DEFAULT_TYPE };

// The service wants identifiers, and marks folders for Blob clients by a key that is its own.
function checkedKey(key: string): string {
  if (!/^[a-z_]\w*$/i.test(key) || key === "hdi_isfolder")
    throw new Refusal("InvalidHeaderValue", `"${key}" can't be a property.`);
  return key;
}

type Names = ReturnType<typeof namesWith>;

/** The names under which a request sends content headers, and under which an item keeps them. */
function namesWith(prefix: string) {
  return {
    type: `${prefix}content-type`,
    relatives: RELATIVES.map((name) => ({ name, sent: prefix + name })),
  } as const;
}

function contentHeaders(call: Call, names: Names, plainType?: string): FileItem["headers"] {
  const type = header(call, names.type) ?? plainType ?? DEFAULT_TYPE;
  let headers: Record<string, string> | undefined;
  for (const { name, sent } of names.relatives) {
    const value = header(call, sent);
    if (value !== undefined) (headers ??= { "content-type": type })[name] = value;
  }
  return headers ?? (type === DEFAULT_TYPE ? PLAIN : { "content-type": type });
}
