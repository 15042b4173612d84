/** What the sink keeps of a file or folder: of the content only its checksum, and itself where it is tiny. */
export type Item = {
  readonly isFolder: boolean;
  readonly bytes: number;
  /** CRC-32 of the content as it came. */
  readonly crc: number;
  readonly start: Buffer;
  readonly etag: string;
  readonly modified: string;
  readonly md5?: string;
  /** As headers: x-ms-meta-… */
  readonly metadata: Readonly<Record<string, string>>;
  readonly access: Access;
};

/** Owner, group and ACL, as headers say them. */
export type Access = {
  readonly owner: string;
  readonly group: string;
  readonly acl: string;
  readonly permissions: string;
};

type Folder = { readonly items: Map<string, Item>; readonly folders: Map<string, Folder>; sorted?: readonly string[] };

/** Names by folder. */
export type Tree = {
  readonly get: (path: string) => Item | undefined;
  /** Puts an item; its parents are made. */
  readonly put: (path: string, item: Item) => void;
  readonly remove: (path: string) => boolean;
  /** Up to `most` items under a prefix, ascending, after the path `marker`; one level, or all of them. */
  readonly list: (
    prefix: string,
    marker: string,
    most: number,
    isFlat: boolean,
  ) => readonly (readonly [string, Item])[];
  readonly files: () => number;
  /** All files with their paths. */
  readonly all: () => Iterable<readonly [string, Item]>;
};

/** The access that everything has until it is told another. */
export const firstAccess: Access = {
  owner: "$superuser",
  group: "$superuser",
  acl: "user::rwx,group::r-x,other::---",
  permissions: "rwxr-x---",
};

/** A tree without anything; `makeFolder` says what a parent becomes that nobody made. */
export function openTree(makeFolder: () => Item): Tree {
  const root: Folder = { items: new Map(), folders: new Map() };
  let files = 0;

  function folderAt(path: string, isMade: boolean): Folder | undefined {
    let folder = root;
    if (path === "") return folder;
    for (const name of path.split("/")) {
      let next = folder.folders.get(name);
      if (next === undefined) {
        if (!isMade) return undefined;
        next = { items: new Map(), folders: new Map() };
        folder.folders.set(name, next);
        if (!folder.items.has(name)) {
          folder.items.set(name, makeFolder());
          delete folder.sorted;
        }
      }
      folder = next;
    }
    return folder;
  }

  function* walk(folder: Folder, at: string, marker: string, isFlat: boolean): Generator<readonly [string, Item]> {
    folder.sorted ??= [...folder.items.keys()].toSorted();
    for (const name of folder.sorted) {
      const path = at + name;
      const item = folder.items.get(name);
      if (item === undefined) continue;
      if (path > marker) yield [path, item];
      if (!isFlat || !item.isFolder || (path < marker && !marker.startsWith(`${path}/`))) continue;
      const child = folder.folders.get(name);
      if (child !== undefined) yield* walk(child, `${path}/`, marker, isFlat);
    }
  }

  return {
    get: (path) => {
      const slash = path.lastIndexOf("/");
      return folderAt(slash < 0 ? "" : path.slice(0, slash), false)?.items.get(path.slice(slash + 1));
    },
    put: (path, item) => {
      const slash = path.lastIndexOf("/");
      const folder = folderAt(slash < 0 ? "" : path.slice(0, slash), true) ?? root;
      const name = path.slice(slash + 1);
      const before = folder.items.get(name);
      if (before === undefined) delete folder.sorted;
      if (!item.isFolder && before === undefined) files++;
      folder.items.set(name, item);
    },
    remove: (path) => {
      const slash = path.lastIndexOf("/");
      const folder = folderAt(slash < 0 ? "" : path.slice(0, slash), false);
      const name = path.slice(slash + 1);
      const item = folder?.items.get(name);
      if (folder === undefined || item === undefined) return false;
      if (!item.isFolder) files--;
      folder.folders.delete(name);
      delete folder.sorted;
      return folder.items.delete(name);
    },
    list: (prefix, marker, most, isFlat) => {
      const slash = prefix.lastIndexOf("/");
      const folder = folderAt(slash < 0 ? "" : prefix.slice(0, slash), false);
      const found: (readonly [string, Item])[] = [];
      if (folder === undefined) return found;
      for (const listed of walk(folder, prefix.slice(0, slash + 1), marker, isFlat)) {
        if (!listed[0].startsWith(prefix)) continue;
        found.push(listed);
        if (found.length >= most) break;
      }
      return found;
    },
    files: () => files,
    all: function* () {
      for (const listed of walk(root, "", "", true)) if (!listed[1].isFolder) yield listed;
    },
  };
}
