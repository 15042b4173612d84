import { inheritedAccess } from "./access.ts";
import type { Leases } from "./leases.ts";
import { checkDepth, type Place } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { type FolderItem, type Item, parentOf, type Store } from "./store.ts";

/** The account as the operations see it. */
export type Lake = {
  readonly store: Store;
  readonly leases: Leases;
  readonly account: string;
  readonly maxAppendBytes: number;
  readonly order: Order;
  readonly blobPrefixProperties: boolean;
  nowMs(): number;
  /** An ETag that no item had before, without quotes. */
  newEtag(): string;
};

/** How listings are sorted: by segment (a folder's subtree is unbroken), or whole names as UTF-16 or UTF-8 strings. */
export type Order = "segment" | "utf16" | "utf8";

/** Who owns what is created with an account key. */
export const SUPERUSER = "$superuser";

/** The item at a place; an expired file is gone. */
export function find(lake: Lake, path: string): Item | undefined {
  const item = lake.store.get(path);
  if (item === undefined || isLive(lake, item)) return item;
  lake.store.remove(path);
  return undefined;
}

/** The item at a place; refuses when there is none. */
export function need(lake: Lake, place: Place): Item {
  needFileSystem(lake, place);
  const item = find(lake, place.path);
  if (item === undefined) throw new Refusal("PathNotFound");
  return item;
}

/** Refuses a place in a file system that doesn't exist. */
export function needFileSystem(lake: Lake, place: Place): void {
  if (place.fileSystem === "" || lake.store.get(place.fileSystem) === undefined)
    throw new Refusal("FilesystemNotFound");
}

/** Whether an item still counts: folders do, files until they expire. */
export function isLive(lake: Lake, item: Item): boolean {
  return item.kind === "folder" || item.expiresMs === undefined || item.expiresMs > lake.nowMs();
}

/** Whether a folder holds anything. */
export function isEmpty(lake: Lake, path: string): boolean {
  const folder = lake.store.folder(path);
  return !folder?.names().some((name) => {
    const item = folder.get(name);
    return item !== undefined && isLive(lake, item);
  });
}

/** The folder that a new item at this place will lie in; it and those above it are made when they are missing. */
export function makeParents(lake: Lake, place: Place): FolderItem {
  checkDepth(place);
  return makeFolder(lake, parentOf(place.path));
}

/** The fields that every new item starts with, in the folder it is created in. */
export function newborn(
  lake: Lake,
  parent: FolderItem,
): Pick<Item, "etag" | "createdMs" | "modifiedMs" | "owner" | "group" | "metadata"> {
  const nowMs = lake.nowMs();
  return {
    etag: lake.newEtag(),
    createdMs: nowMs,
    modifiedMs: nowMs,
    owner: SUPERUSER,
    group: parent.group,
    metadata: NO_METADATA,
  };
}

const NO_METADATA: Item["metadata"] = {};

function makeFolder(lake: Lake, path: string): FolderItem {
  const existing = find(lake, path);
  if (existing?.kind === "folder") return existing;
  if (existing !== undefined) throw new Refusal("PathConflict");
  const above = parentOf(path);
  if (above === "") throw new Refusal("FilesystemNotFound");
  const parent = makeFolder(lake, above);
  const folder: FolderItem = { kind: "folder", ...newborn(lake, parent), ...inheritedAccess(parent, "folder") };
  lake.store.putFolder(path, folder);
  return folder;
}
