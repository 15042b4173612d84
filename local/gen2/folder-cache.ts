import { readdirSync, statSync } from "node:fs";
import type { Dirent, Stats } from "node:fs";
import { join } from "node:path";
import { createLogWriter, formatLine, readLog, rewriteLog } from "./folder-log.ts";
import { localName, localPath, mirrorPath } from "./local-names.ts";
import { nameOf, parentOf } from "./store.ts";
import type { FolderItem, Item } from "./store.ts";
import { createTable } from "./table.ts";
import type { Table } from "./table.ts";

/** What is known of a file or folder that appeared without the emulator. */
export type Found = { readonly kind: "file" | "folder"; readonly bytes: number; readonly modifiedMs: number };

/** Where the cache finds plain files and logs, and how it describes what no log knows. */
export type FolderCacheOptions = {
  readonly contents: string;
  readonly logs: string;
  readonly maxItems: number;
  adopt(folder: FolderItem | undefined, found: Found): Item;
};

/** The folders in use, each loaded from its log and checked against the plain files. */
export type FolderCache = {
  open(path: string): Table | undefined;
  get(path: string): Item | undefined;
  set(path: string, item: Item): void;
  delete(path: string): void;
  /** Forgets a folder and everything in it. */
  forget(path: string): void;
  close(): void;
};

/** A cache that holds about `maxItems` items, and the folders in use whole. */
export function createFolderCache(options: FolderCacheOptions): FolderCache {
  const writer = createLogWriter(MAX_OPEN_LOGS);
  const loaded = new Map<string, Loaded>();
  let items = 0;

  const evict = (path: string): void => {
    items -= loaded.get(path)?.table.size ?? 0;
    loaded.delete(path);
  };
  const load = (path: string, self: FolderItem | undefined): Loaded => {
    // Loading may replace the log; an open file would go on writing to the old one.
    writer.releaseUnder(logOf(options, path));
    const folder = loadFolder(options, path, self);
    for (const oldest of loaded.keys()) {
      if (items + folder.table.size <= options.maxItems || loaded.size < LEAST_FOLDERS) break;
      evict(oldest);
    }
    items += folder.table.size;
    return folder;
  };
  const find = (path: string): Loaded | undefined => {
    let folder = loaded.get(path);
    if (folder === undefined) {
      const self = path === "" ? undefined : get(path);
      if (path !== "" && self?.kind !== "folder") return undefined;
      folder = load(path, self as FolderItem | undefined);
    } else {
      loaded.delete(path);
    }
    loaded.set(path, folder);
    return folder;
  };
  const get = (path: string): Item | undefined => find(parentOf(path))?.table.get(nameOf(path));
  const holder = (path: string): Loaded => {
    const folder = find(parentOf(path));
    if (folder === undefined) throw new Error(`no folder holds ${path}`);
    return folder;
  };
  const log = (folder: Loaded, text: string): void => {
    writer.append(folder.log, text);
    folder.lines++;
    if (folder.lines <= SPARE_LINES + LINES_PER_ITEM * folder.table.size) return;
    writer.releaseUnder(folder.log);
    compact(folder);
  };

  return {
    open: (path) => find(path)?.table,
    get,
    set(path, item) {
      const folder = holder(path);
      items -= folder.table.size;
      folder.table.set(nameOf(path), item);
      items += folder.table.size;
      log(folder, formatLine({ name: nameOf(path), item }));
    },
    delete(path) {
      const folder = holder(path);
      if (!folder.table.delete(nameOf(path))) return;
      items--;
      log(folder, formatLine({ name: nameOf(path) }));
    },
    forget(path) {
      writer.releaseUnder(join(options.logs, mirrorPath(path), "/"));
      evict(path);
      for (const held of loaded.keys()) if (held.startsWith(`${path}/`)) evict(held);
    },
    close: () => writer.releaseUnder(""),
  };
}

type Loaded = { readonly table: Table; readonly log: string; lines: number };

const MAX_OPEN_LOGS = 128;
// One request goes back and forth between a few folders, however large they are.
const LEAST_FOLDERS = 8;
const LINES_PER_ITEM = 3;
const SPARE_LINES = 200;

function loadFolder(options: FolderCacheOptions, path: string, self: FolderItem | undefined): Loaded {
  const log = logOf(options, path);
  const contents = join(options.contents, localPath(path));
  const known = readLog(log);
  const table = createTable();
  const unknown = new Map(plainChildren(contents, path === "").map((child) => [child.name, child]));
  let adopted = 0;
  for (const [name, item] of known.items) {
    const child = unknown.get(localName(name));
    if (child === undefined || !describes(item, child, join(contents, localName(name)))) continue;
    table.set(name, item);
    unknown.delete(localName(name));
  }
  for (const child of unknown.values()) {
    const stats = statOf(join(contents, child.name));
    if (stats === undefined) continue;
    const kind = child.isDirectory() ? "folder" : "file";
    table.set(child.name, options.adopt(self, { kind, bytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) }));
    adopted++;
  }
  const folder: Loaded = { table, log, lines: known.lines };
  if (adopted > 0 || !known.isWhole || known.lines > LINES_PER_ITEM * table.size) compact(folder);
  return folder;
}

function logOf({ logs }: FolderCacheOptions, path: string): string {
  return join(logs, mirrorPath(path), "@log");
}

// A length that differs tells of a write from outside; what the log says of it no longer holds.
function describes(item: Item, child: Dirent, file: string): boolean {
  if (item.kind === "folder") return child.isDirectory();
  return child.isFile() && statOf(file)?.size === item.bytes;
}

function compact(folder: Loaded): void {
  const { table } = folder;
  rewriteLog(
    folder.log,
    table.names().map((name) => [name, table.get(name) as Item]),
  );
  folder.lines = table.size;
}

function plainChildren(folder: string, isRoot: boolean): readonly Dirent[] {
  const children = readdirSync(folder, { withFileTypes: true });
  if (isRoot) return children.filter((child) => child.isDirectory() && !child.name.startsWith("."));
  return children.filter((child) => child.isDirectory() || child.isFile());
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
