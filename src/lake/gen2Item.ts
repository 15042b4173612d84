import type { Origin, SinkItem } from "../core/entry.ts";
import { asciiJson } from "../core/json.ts";
import { isoTime } from "../core/time.ts";
import type { SourceTime } from "./lake.ts";

const keysAfter = (prefix: string) => ({
  run: `${prefix}lakeferry_run`,
  length: `${prefix}lakeferry_length`,
  modified: `${prefix}lakeferry_modified`,
  name: `${prefix}lakeferry_name`,
  crc64: `${prefix}lakeferry_crc64`,
  // rclone's name and form, so that its listings show the source's time.
  mtime: `${prefix}mtime`,
});
const bareKeys = keysAfter("");
const headerKeys = keysAfter("x-ms-meta-");

/** What lakeferry writes with an item. ISO-8859-1 headers can't carry every character, so numbers, ids and ASCII only. */
export function metadataOf(label: Origin & SourceTime): Record<string, string> {
  return metadataBy(bareKeys, label);
}

/** The same as x-ms-properties of the DFS endpoint: each value in base64. */
export function propertiesOf(label: Origin & SourceTime): string {
  return Object.entries(metadataOf(label))
    .map(([key, value]) => `${key}=${Buffer.from(value, "latin1").toString("base64")}`)
    .join(",");
}

/** The same as headers of a request. */
export function metadataHeaders(label: Origin & SourceTime): Record<string, string> {
  return metadataBy(headerKeys, label);
}

function metadataBy(
  keys: typeof bareKeys,
  { run, bytes, modifiedMs, name, crc64, mtimeMs }: Origin & SourceTime,
): Record<string, string> {
  const mtime = mtimeMs === undefined ? undefined : dateOf(mtimeMs);
  const metadata: Record<string, string> = {
    [keys.run]: run,
    [keys.length]: String(bytes),
    [keys.modified]: String(modifiedMs),
  };
  if (name !== undefined) metadata[keys.name] = asciiJson(name);
  if (crc64 !== undefined) metadata[keys.crc64] = crc64;
  if (mtime !== undefined) metadata[keys.mtime] = mtime;
  return metadata;
}

// A lake may hold times that no calendar of four digits has.
function dateOf(ms: number): string | undefined {
  const isDate = ms >= Date.UTC(0, 0) && ms < Date.UTC(10_000, 0);
  return isDate ? isoTime(ms) : undefined;
}

/** An item as the headers of Get Blob Properties describe it. */
export function itemOfHeaders(headers: Readonly<Record<string, string>>): SinkItem {
  return itemOf({
    isFolder:
      headers["x-ms-resource-type"] === "directory" || headers["x-ms-meta-hdi_isfolder"]?.toLowerCase() === "true",
    bytes: headers["content-length"],
    etag: headers["etag"],
    md5: headers["content-md5"],
    modified: headers["last-modified"],
    expires: headers["x-ms-expiry-time"],
    tier: headers["x-ms-access-tier-inferred"] === "true" ? undefined : headers["x-ms-access-tier"],
    owner: headers["x-ms-owner"],
    group: headers["x-ms-group"],
    permissions: headers["x-ms-permissions"],
    acl: headers["x-ms-acl"],
    metadata: (key) => headers[`x-ms-meta-${key}`],
  });
}

/** An item as a listing of blobs describes it: the texts of its properties, and its metadata by lower-case key. */
export function itemOfListing(
  isFolder: boolean,
  properties: Readonly<Record<string, string>>,
  metadata: Readonly<Record<string, string>>,
): SinkItem {
  return itemOf({
    isFolder:
      isFolder || properties["ResourceType"] === "directory" || metadata["hdi_isfolder"]?.toLowerCase() === "true",
    bytes: properties["Content-Length"],
    etag: quoted(properties["Etag"]),
    md5: properties["Content-MD5"],
    modified: properties["Last-Modified"],
    expires: properties["Expiry-Time"],
    tier: properties["AccessTierInferred"] === "true" ? undefined : properties["AccessTier"],
    owner: properties["Owner"],
    group: properties["Group"],
    permissions: properties["Permissions"],
    acl: properties["Acl"],
    metadata: (key) => metadata[key],
  });
}

type Told = {
  readonly isFolder: boolean;
  readonly metadata: (key: string) => string | undefined;
} & Readonly<
  Record<
    "bytes" | "etag" | "md5" | "modified" | "expires" | "tier" | "owner" | "group" | "permissions" | "acl",
    string | undefined
  >
>;

function itemOf(told: Told): SinkItem {
  const { isFolder, md5, tier, owner, group, permissions, acl } = told;
  const origin = originOf(told.metadata);
  const modifiedMs = Date.parse(told.modified ?? "");
  const expiresMs = Date.parse(told.expires ?? "");
  const isOwned = owner !== undefined && group !== undefined && permissions !== undefined;
  return {
    kind: isFolder ? "folder" : "file",
    bytes: isFolder ? 0 : Number(told.bytes ?? 0),
    etag: told.etag ?? "",
    ...(origin === undefined ? {} : { origin }),
    ...(md5 === undefined || md5 === "" ? {} : { md5: Buffer.from(md5, "base64").toString("hex") }),
    ...(Number.isNaN(modifiedMs) ? {} : { modifiedMs }),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
    ...(tier === undefined || tier === "" ? {} : { accessTier: tier }),
    ...(isOwned ? { access: { owner, group, permissions, ...(acl === undefined ? {} : { acl }) } } : {}),
  };
}

// A listing gives it bare, a header in quotes, and a condition wants the quotes.
function quoted(etag: string | undefined): string | undefined {
  return etag === undefined || etag.startsWith('"') ? etag : `"${etag}"`;
}

/** What lakeferry wrote with an item; metadata that isn't as lakeferry writes it is somebody else's. */
export function originOf(metadata: (key: string) => string | undefined): Origin | undefined {
  const run = metadata("lakeferry_run");
  const bytes = Number(metadata("lakeferry_length"));
  const modifiedMs = Number(metadata("lakeferry_modified"));
  if (run === undefined || Number.isNaN(bytes) || Number.isNaN(modifiedMs)) return undefined;
  const name = parsedName(metadata("lakeferry_name"));
  const crc64 = metadata("lakeferry_crc64");
  return {
    run,
    bytes,
    modifiedMs,
    ...(name === undefined ? {} : { name }),
    ...(crc64 === undefined || !/^[0-9a-f]{16}$/u.test(crc64) ? {} : { crc64 }),
  };
}

function parsedName(text: string | undefined): string | undefined {
  try {
    const name: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
