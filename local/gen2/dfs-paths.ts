import { splitTarget } from "../kit/query.ts";
import type { WireReply } from "../kit/wire.ts";
import { type Call, header, neededHeader, parameter } from "./call.ts";
import { checkSource, checkWrite } from "./conditions.ts";
import { dfsContentHeaders, propertiesHeader } from "./describe.ts";
import { find, isEmpty, type Lake, need, needFileSystem } from "./lake.ts";
import { checkLease } from "./leases.ts";
import { checkDepth, parsePlace, type Place } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { versionHeaders } from "./reply.ts";
import { type Item, parentOf } from "./store.ts";

/** Renames a file or folder; content, access and properties go with it. A file at the new name is replaced. */
export function renamePath(call: Call): WireReply {
  const { lake, place } = call;
  needFileSystem(lake, place);
  const from = sourcePlace(call);
  const source = find(lake, from.path);
  if (source === undefined || from.path === from.fileSystem) throw new Refusal("SourcePathNotFound");
  checkSource(call, source);
  const target = find(lake, place.path);
  checkWrite(call, target);
  checkLease(call);
  checkDepth(place);
  if (`${place.path}/`.startsWith(`${from.path}/`)) throw new Refusal("InvalidRenameSourcePath");
  checkTarget(lake, place, source, target);
  if (target?.kind === "folder") lake.store.remove(place.path);
  lake.store.unstage(place.path);
  lake.store.move(from.path, place.path);
  const metadata = propertiesHeader(call);
  const item: Item = metadata === undefined ? source : { ...source, metadata, etag: lake.newEtag() };
  if (item !== source) rewrite(lake, place.path, item);
  return { status: 201, headers: versionHeaders(item) };
}

/** Deletes a file, an empty folder, or with `recursive=true` a folder with everything in it. */
export function deletePath(call: Call): WireReply {
  removeChecked(call, parameter(call, "recursive")?.toLowerCase() === "true");
  return { status: 200, headers: { "x-ms-delete-type-permanent": "true" } };
}

/** Deletes a file or an empty folder as the Blob protocol does. */
export function deleteBlob(call: Call): WireReply {
  removeChecked(call, false);
  return { status: 202, headers: { "x-ms-delete-type-permanent": "true" } };
}

/** Replaces an item's properties, and the content headers of a file. */
export function setProperties(call: Call): WireReply {
  const { lake, place } = call;
  const old = need(lake, place);
  checkWrite(call, old);
  checkLease(call);
  const metadata = propertiesHeader(call) ?? {};
  const fresh = { metadata, etag: lake.newEtag(), modifiedMs: lake.nowMs() };
  const md5 = header(call, "x-ms-content-md5");
  const item: Item =
    old.kind === "folder"
      ? { ...old, ...fresh }
      : { ...old, ...fresh, headers: dfsContentHeaders(call), md5: md5 ?? old.md5 };
  rewrite(lake, place.path, item);
  return { status: 200, headers: versionHeaders(item) };
}

/** Puts a changed item in its place; content and children stay. */
export function rewrite(lake: Lake, path: string, item: Item): void {
  if (item.kind === "folder") lake.store.putFolder(path, item);
  else lake.store.putFile(path, item, undefined);
}

function removeChecked(call: Call, isRecursive: boolean): void {
  const { lake, place } = call;
  const item = need(lake, place);
  if (place.path === place.fileSystem)
    throw new Refusal("InvalidUri", "The root of a file system goes with the file system.");
  checkWrite(call, item);
  checkLease(call);
  if (item.kind === "folder" && !isRecursive && !isEmpty(lake, place.path)) throw new Refusal("DirectoryNotEmpty");
  lake.store.remove(place.path);
  lake.leases.delete(place.path);
}

function sourcePlace(call: Call): Place {
  const { rawPath } = splitTarget(neededHeader(call, "x-ms-rename-source"));
  try {
    return parsePlace(rawPath.startsWith("/") ? rawPath : `/${rawPath}`, call.lake.account);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal("InvalidSourceUri", error.message);
    throw error;
  }
}

/**
 * What a rename may meet at its new name.
 *   source   target
 *   any      nothing         its folder must exist
 *   file     file            replaced
 *   folder   empty folder    replaced
 *   folder   other folder    DirectoryNotEmpty
 *   other kinds              InvalidSourceOrDestinationResourceType
 */
function checkTarget(lake: Lake, place: Place, source: Item, target: Item | undefined): void {
  if (target === undefined) {
    const parent = find(lake, parentOf(place.path));
    if (parent === undefined) throw new Refusal("RenameDestinationParentPathNotFound");
    if (parent.kind === "file") throw new Refusal("PathConflict");
    return;
  }
  if (source.kind !== target.kind) throw new Refusal("InvalidSourceOrDestinationResourceType");
  if (target.kind === "folder" && !isEmpty(lake, place.path)) throw new Refusal("DirectoryNotEmpty");
}
