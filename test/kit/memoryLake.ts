import { hash } from "node:crypto";
import { type Access, inheritedAccess } from "../../src/core/access.ts";
import { aclOfMode, isExtended, modeBitsOf, printAcl, printMode } from "../../src/core/acl.ts";
import { addToCrc64, crc64Hex, emptyCrc64 } from "../../src/core/crc64.ts";
import type { Entry, Origin, SeenAccess, SinkEntry, SinkItem } from "../../src/core/entry.ts";
import { LakeError } from "../../src/core/error.ts";
import { childPath, type LakePath, rootPath, splitPath } from "../../src/core/path.ts";
import type { FileLabel, Guard, Receive, Sink, Source } from "../../src/lake/lake.ts";
import { applied, lettersOf } from "./acls.ts";

type File = { readonly bytes: Uint8Array; readonly modifiedMs: number };

/** A Gen1 lake in memory, with knobs a test can turn while it runs. */
export type MemorySource = Omit<Source, "nameAfter"> & {
  nameAfter: Source["nameAfter"];
  readonly write: (path: string, content: string | Uint8Array, modifiedMs?: number) => void;
  readonly makeFolder: (path: string) => void;
  /** Takes an item away; with a time, its folder was changed then. */
  readonly remove: (path: string, atMs?: number) => void;
  /** Gives an item other access than owner "owner", group "group" and mode 770. */
  readonly setAccess: (path: string, access: Partial<Access>) => void;
  readonly setExpiry: (path: string, expiresMs: number) => void;
  /** Paths of all files, with their content. */
  readonly files: () => ReadonlyMap<string, string>;
  readonly folders: () => ReadonlySet<string>;
  /** The lake's own clock; without one its pages have no time. */
  nowMs: (() => number) | undefined;
  /** Called before every operation; throws to make it fail. */
  onCall: (op: "stat" | "list" | "read" | "getAccess", path: LakePath) => Promise<void> | void;
};

/** A lake to read from, with pages of `pageSize` entries in an order of its own. */
export function memorySource(pageSize = 4000, order: (a: string, b: string) => number = inUnits): MemorySource {
  const files = new Map<string, File>();
  const folders = new Set<string>(["/"]);
  const accesses = new Map<string, Access>();
  const expiries = new Map<string, number>();
  const folderTimes = new Map<LakePath, number>();

  function makeFolder(path: string): void {
    for (let at = path as LakePath; !folders.has(at); at = splitPath(at).folder) folders.add(at);
  }

  function entryAt(path: LakePath, name: string): Entry | undefined {
    const file = files.get(path);
    if (file === undefined && !folders.has(path)) return undefined;
    const { owner, group, acl, isSticky } = accesses.get(path) ?? sourceAccess;
    const expiresMs = expiries.get(path);
    return {
      name,
      kind: file === undefined ? "folder" : "file",
      bytes: file?.bytes.byteLength ?? 0,
      modifiedMs: file?.modifiedMs ?? folderTimes.get(path) ?? 0,
      owner,
      group,
      permission: printMode({ bits: modeBitsOf(acl), isSticky }).replace(/^0/u, ""),
      hasAcl: isExtended(acl),
      ...(expiresMs === undefined ? {} : { expiresMs }),
    };
  }

  const lake: MemorySource = {
    nowMs: undefined,
    onCall: () => undefined,
    makeFolder,
    write: (path, content, modifiedMs = 1000) => {
      makeFolder(splitPath(path as LakePath).folder);
      files.set(path, { bytes: Buffer.from(content), modifiedMs });
    },
    setAccess: (path, access) => void accesses.set(path, { ...(accesses.get(path) ?? sourceAccess), ...access }),
    setExpiry: (path, expiresMs) => void expiries.set(path, expiresMs),
    remove: (path, atMs) => {
      if (atMs !== undefined) folderTimes.set(splitPath(path as LakePath).folder, atMs);
      for (const all of [files, folders, accesses, expiries] as const) {
        for (const key of all.keys()) if (key === path || key.startsWith(`${path}/`)) all.delete(key);
      }
    },
    files: () => new Map([...files].map(([path, { bytes }]) => [path, Buffer.from(bytes).toString("utf8")])),
    folders: () => folders,

    stat: async (path) => {
      await lake.onCall("stat", path);
      const entry = entryAt(path, "");
      if (entry === undefined) throw missing("GETFILESTATUS", path);
      return entry;
    },

    list: async (folder, after, _signal, most = pageSize) => {
      const size = Math.min(most, pageSize);
      await lake.onCall("list", folder);
      const own = entryAt(folder, "");
      if (own === undefined) throw missing("LISTSTATUS", folder);
      if (own.kind === "file") return { entries: [own] };
      const names = [...files.keys(), ...folders]
        .filter((path) => path !== "/" && splitPath(path as LakePath).folder === folder)
        .map((path) => splitPath(path as LakePath).name)
        .filter((name) => after === undefined || order(name, after) > 0)
        .toSorted(order);
      const entries = names.slice(0, size).flatMap((name) => entryAt(childPath(folder, name), name) ?? []);
      const last = entries.at(-1);
      const atMs = lake.nowMs?.();
      return {
        entries,
        ...(last !== undefined && entries.length === size ? { next: last.name } : {}),
        ...(atMs === undefined ? {} : { atMs: Math.floor(atMs / 1000) * 1000 }),
      };
    },

    nameAfter: async (folder, after) => {
      await lake.onCall("list", folder);
      if (entryAt(folder, "") === undefined) throw missing("LISTSTATUS", folder);
      const names = [...files.keys(), ...folders]
        .filter((path) => path !== "/")
        .map((path) => splitPath(path as LakePath));
      return names
        .filter(({ folder: parent, name }) => parent === folder && order(name, after) > 0)
        .map(({ name }) => name)
        .toSorted(order)[0];
    },

    read: async (path, offset, length, receive) => {
      await lake.onCall("read", path);
      const file = files.get(path);
      if (file === undefined && folders.has(path)) {
        throw new LakeError("changed", { op: "OPEN", path, detail: "it is a directory" });
      }
      if (file === undefined) throw missing("OPEN", path);
      return give(file.bytes.subarray(offset, offset + length), receive);
    },

    getAccess: async (path) => {
      await lake.onCall("getAccess", path);
      if (entryAt(path, "") === undefined) throw missing("GETACLSTATUS", path);
      return accesses.get(path) ?? sourceAccess;
    },

    summary: async (folder) => {
      const under = [...files].filter(([path]) => path.startsWith(folder === "/" ? "/" : `${folder}/`));
      return { files: under.length, bytes: under.reduce((sum, [, { bytes }]) => sum + bytes.byteLength, 0) };
    },
  };
  return lake;
}

const sourceAccess: Access = { owner: "owner", group: "group", acl: aclOfMode(0o770), isSticky: false };

/** A Gen2 file system in memory, with what a test needs to see. */
export type MemorySink = Sink & {
  readonly files: () => ReadonlyMap<string, string>;
  readonly folders: () => ReadonlySet<string>;
  readonly origins: () => ReadonlyMap<string, Origin | undefined>;
  /** Puts a file there that lakeferry didn't write. */
  readonly plant: (path: string, content: string) => void;
  /** Called before each page of a listing; throws to make it fail. */
  onList: (folder: LakePath) => void;
  /** How many times each file got new content. */
  readonly writes: () => ReadonlyMap<string, number>;
  readonly accesses: () => ReadonlyMap<string, Access>;
  /** Source times that other tools find. */
  readonly mtimes: () => ReadonlyMap<string, number>;
  /** Changes an item's access behind everybody's back. */
  readonly knead: (path: string, access: Partial<Access>) => void;
  /** Called before and after every write; throws to make it fail before, or lose its reply after. */
  onWrite: (
    when: "before" | "after",
    op: "putFile" | "stageBlock" | "commitBlocks" | "makeFolder" | "setAccess" | "setExpiry" | "remove",
    path: LakePath,
  ) => void;
};

/** In plain UTF-16 order. */
export function inUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A lake to write to, with pages of `pageSize` items in an order of its own; folders are ordered with a slash behind. */
export function memorySink(pageSize = 5000, order: (a: string, b: string) => number = inUnits): MemorySink {
  const items = new Map<string, SunkFile>();
  const folders = new Set<string>(["/"]);
  const folderOrigins = new Map<string, Origin>();
  const accesses = new Map<string, Access>([["/", sinkRootAccess]]);
  const mtimes = new Map<string, number>();
  const blocks = new Map<string, Map<string, Uint8Array>>();
  const writes = new Map<string, number>();
  let isMade = false;
  let version = 0;

  function addFolder(path: LakePath): void {
    if (folders.has(path)) return;
    const parent = splitPath(path).folder;
    if (items.has(path)) throw new LakeError("conflict", { op: "write", path, detail: `${path} is a file` });
    addFolder(parent);
    folders.add(path);
    accesses.set(path, inherited(parent, "folder"));
  }

  function accessAt(op: string, path: LakePath): Access {
    const access = accesses.get(path);
    if (access === undefined) throw missing(op, path);
    return access;
  }

  function inherited(parent: LakePath, kind: "file" | "folder"): Access {
    return inheritedAccess(accessAt("write", parent), kind, sinkRootAccess.owner);
  }

  function put(
    op: "putFile" | "commitBlocks",
    path: LakePath,
    bytes: Uint8Array,
    label: FileLabel,
    guard: Guard,
  ): string {
    sink.onWrite("before", op, path);
    if (!isMade) throw new LakeError("not-found", { op, path, detail: "no file system" });
    const there = items.get(path);
    const isAsGuarded = guard.replaces === "nothing" ? there === undefined : there?.etag === guard.etag;
    if (!isAsGuarded || folders.has(path)) {
      throw new LakeError("conflict", { op, path, detail: "something else stands there" });
    }
    const parent = splitPath(path).folder;
    addFolder(parent);
    const { accessTier, mtimeMs } = label;
    const tier = accessTier === undefined ? {} : { accessTier };
    const etag = `"${++version}"`;
    const md5 = op === "putFile" ? { md5: md5Of(bytes) } : {};
    items.set(path, { bytes: Uint8Array.from(bytes), etag, origin: originIn(label), ...tier, ...md5 });
    if (mtimeMs === undefined) mtimes.delete(path);
    else mtimes.set(path, mtimeMs);
    accesses.set(path, inherited(parent, "file"));
    blocks.delete(path);
    writes.set(path, (writes.get(path) ?? 0) + 1);
    sink.onWrite("after", op, path);
    return etag;
  }

  function seenAt(path: LakePath): SeenAccess {
    const { owner, group, acl, isSticky } = accessAt("stat", path);
    return { owner, group, permissions: lettersOf(acl, isSticky), acl: printAcl(acl) };
  }

  function folderAt(path: LakePath): SinkItem {
    const origin = folderOrigins.get(path);
    const about = { kind: "folder", bytes: 0, etag: "", ...(origin === undefined ? {} : { origin }) } as const;
    return path === rootPath ? about : { ...about, access: seenAt(path) };
  }

  const sink: MemorySink = {
    onWrite: () => undefined,
    onList: () => undefined,
    files: () => new Map([...items].map(([path, { bytes }]) => [path, Buffer.from(bytes).toString("utf8")])),
    folders: () => folders,
    origins: () => new Map([...items].map(([path, { origin }]) => [path, origin])),
    writes: () => writes,
    accesses: () => accesses,
    mtimes: () => mtimes,
    knead: (path, access) => void accesses.set(path, { ...accessAt("knead", path as LakePath), ...access }),
    plant: (path, content) => {
      isMade = true;
      addFolder(splitPath(path as LakePath).folder);
      const bytes = Buffer.from(content);
      items.set(path, { bytes, etag: `"${++version}"`, md5: md5Of(bytes) });
      accesses.set(path, inherited(splitPath(path as LakePath).folder, "file"));
    },

    makeFileSystem: async (label) => {
      const was = isMade;
      isMade = true;
      if (!was) folderOrigins.set("/", originIn(label));
      return was ? "found" : "made";
    },

    list: async (folder, from) => {
      sink.onList(folder);
      const after = "token" in from ? from.token : (from.after ?? "");
      const keyed = [...items.keys(), ...folders]
        .filter((path) => path !== "/" && splitPath(path as LakePath).folder === folder)
        .map((path) => ({
          path: path as LakePath,
          key: splitPath(path as LakePath).name + (folders.has(path) ? "/" : ""),
        }))
        .filter(({ key }) => order(key, after) >= 0)
        .toSorted((a, b) => order(a.key, b.key));
      const entries: SinkEntry[] = [];
      for (const { path } of keyed.slice(0, pageSize)) {
        const item = await sink.stat(path);
        if (item !== undefined) entries.push({ name: splitPath(path).name, ...item });
      }
      const next = keyed[pageSize]?.key;
      return next === undefined ? { entries } : { entries, next };
    },

    stat: async (path): Promise<SinkItem | undefined> => {
      const item = items.get(path);
      if (item !== undefined) {
        const { bytes, ...about } = item;
        return { kind: "file", bytes: bytes.byteLength, ...about, access: seenAt(path) };
      }
      if (!folders.has(path)) return undefined;
      return folderAt(path);
    },

    read: async (path, offset, length, receive) => {
      const item = items.get(path);
      if (item === undefined) throw missing("read", path);
      return give(item.bytes.subarray(offset, offset + length), receive);
    },

    makeFolder: async (path, { access, ...label }) => {
      if (path === rootPath || folders.has(path)) return folderAt(path);
      sink.onWrite("before", "makeFolder", path);
      addFolder(path);
      folderOrigins.set(path, originIn(label));
      if (access !== undefined) accesses.set(path, applied(accessAt("makeFolder", path), access));
      sink.onWrite("after", "makeFolder", path);
      return "made";
    },

    putFile: async (path, content, label, guard) => {
      return { md5: md5Of(content), etag: put("putFile", path, content, label, guard) };
    },

    stageBlock: async (path, blockId, content, _signal, crc64) => {
      sink.onWrite("before", "stageBlock", path);
      const taken = addToCrc64(emptyCrc64, content);
      if (crc64 !== undefined && crc64Hex(crc64) !== crc64Hex(taken)) {
        throw new LakeError("corrupt", {
          op: "stageBlock",
          path,
          detail: "these bytes have another CRC-64",
          at: "sink",
        });
      }
      const staged = blocks.get(path) ?? new Map<string, Uint8Array>();
      staged.set(blockId, Uint8Array.from(content));
      blocks.set(path, staged);
      sink.onWrite("after", "stageBlock", path);
      return taken;
    },

    commitBlocks: async (path, blockIds, label, guard) => {
      const staged = blocks.get(path);
      const parts = blockIds.map((id) => staged?.get(id));
      if (parts.some((part) => part === undefined)) {
        throw new LakeError("changed", { op: "commitBlocks", path, detail: "a block is gone" });
      }
      return { etag: put("commitBlocks", path, Buffer.concat(parts as Uint8Array[]), label, guard) };
    },

    getAccess: async (path) => accessAt("getAccess", path),

    setAccess: async (path, change, etag) => {
      sink.onWrite("before", "setAccess", path);
      const access = accessAt("setAccess", path);
      if (etag !== undefined && items.get(path)?.etag !== etag) {
        throw new LakeError("conflict", { op: "setAccess", path, detail: "something else stands there" });
      }
      accesses.set(path, applied(access, change));
      sink.onWrite("after", "setAccess", path);
    },

    remove: async (path, etag) => {
      if (!items.has(path) && !folders.has(path)) return;
      sink.onWrite("before", "remove", path);
      const hasChildren = [...items.keys(), ...folders].some((other) => other.startsWith(`${path}/`));
      if (hasChildren || (etag !== undefined && items.get(path)?.etag !== etag)) {
        throw new LakeError("conflict", { op: "remove", path, detail: "it is another, or not empty" });
      }
      items.delete(path);
      folders.delete(path);
      folderOrigins.delete(path);
      accesses.delete(path);
      sink.onWrite("after", "remove", path);
    },

    setExpiry: async (path, expiresMs, etag) => {
      sink.onWrite("before", "setExpiry", path);
      const item = items.get(path);
      if (item === undefined) throw missing("setExpiry", path);
      if (item.etag !== etag) throw new LakeError("conflict", { op: "setExpiry", path, detail: "it is another" });
      const { expiresMs: _, ...rest } = item;
      const expiry = expiresMs === undefined ? {} : { expiresMs: Math.ceil(expiresMs / 1000) * 1000 };
      items.set(path, { ...rest, ...expiry, etag: `"${++version}"` });
      sink.onWrite("after", "setExpiry", path);
    },
  };
  return sink;
}

type SunkFile = Omit<SinkItem, "kind" | "bytes"> & { readonly bytes: Uint8Array };

const sinkRootAccess: Access = { owner: "$superuser", group: "$superuser", acl: aclOfMode(0o750), isSticky: false };

function originIn({ run, bytes, modifiedMs, name, crc64 }: Origin): Origin {
  const about = { run, bytes, modifiedMs, ...(name === undefined ? {} : { name }) };
  return crc64 === undefined ? about : { ...about, crc64 };
}

// Two chunks, as a network would give; what they are made of is used again.
async function give(content: Uint8Array, receive: Receive): Promise<number> {
  for (const part of [content.subarray(0, 3), content.subarray(3)]) {
    if (part.byteLength === 0) continue;
    const chunk = Uint8Array.from(part);
    const busy = receive(chunk);
    chunk.fill(0);
    await busy;
  }
  return content.byteLength;
}

function md5Of(content: Uint8Array): string {
  return hash("md5", content, "hex");
}

function missing(op: string, path: LakePath): LakeError {
  return new LakeError("not-found", { op, path, detail: "does not exist" });
}
