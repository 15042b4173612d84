import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createFolderCache } from "./folder-cache.ts";
import type { Found } from "./folder-cache.ts";
import { readLog, rewriteLog } from "./folder-log.ts";
import { openIntentNote, readIntent } from "./intent.ts";
import { localPath, mirrorPath } from "./local-names.ts";
import { openParts, writeNew } from "./parts.ts";
import { nameOf, parentOf, SMALL_BYTES } from "./store.ts";
import type { FolderItem, Item, Store } from "./store.ts";

/** Where a files store lies, how many items it may hold in memory, and how it describes files that it didn't write. */
export type FilesStoreOptions = {
  readonly root: string;
  readonly maxItems: number;
  adopt(folder: FolderItem | undefined, found: Found): Item;
};

/** A tree of plain files under `root`, with all that is not content under `root/.lakeferry-gen2`. */
export function openFilesStore(options: FilesStoreOptions): Store {
  const own = join(options.root, ".lakeferry-gen2");
  const trash = join(own, "@trash");
  mkdirSync(trash, { recursive: true });
  completePut(options.root, own);
  const intent = openIntentNote(join(own, "@intent"));
  const parts = openParts(join(own, "@parts"));
  const cache = createFolderCache({
    contents: options.root,
    logs: own,
    maxItems: options.maxItems,
    adopt: (folder, found) => options.adopt(folder, found),
  });
  const removals = new Set<Promise<void>>();
  let thrown = 0;

  const contentOf = (path: string): string => `${options.root}/${localPath(path)}`;
  const logsOf = (path: string): string => join(own, mirrorPath(path));
  const empty = (file: string): void => {
    const removal = rm(file, { recursive: true, force: true }).finally(() => removals.delete(removal));
    removals.add(removal);
  };
  // A tree leaves its place by one rename; taking it apart can wait.
  const throwAway = (file: string): void => {
    const thing = join(trash, `${process.pid}-${Date.now()}-${thrown++}`);
    if (tryRename(file, thing)) empty(thing);
  };
  for (const name of readdirSync(trash)) empty(join(trash, name));

  return {
    get: (path) => cache.get(path),
    folder: (path) => cache.open(path),
    putFolder(path, item) {
      if (cache.get(path) === undefined) {
        // Logs of an earlier folder of this name would describe the new one's files.
        throwAway(logsOf(path));
        mkdirSync(contentOf(path), { recursive: true });
      }
      cache.set(path, item);
    },
    putFile(path, item, content) {
      if (content !== undefined) {
        const file = contentOf(path);
        const atMs = Date.now();
        if (content.kind === "memory" && cache.get(path) === undefined && !existsSync(file)) {
          // What is new needs no second file to stand in for it until it is whole: nobody misses it before it is acknowledged.
          intent.write({ path, item, atMs });
          writeNew(file, content.chunks);
        } else {
          const from = parts.fileOf(content);
          intent.write({ path, item, from: basename(from), atMs });
          renameSync(from, file);
        }
      }
      cache.set(path, item);
    },
    remove(path) {
      intent.clear();
      if (cache.get(path)?.kind === "folder") {
        cache.forget(path);
        throwAway(contentOf(path));
        throwAway(logsOf(path));
      } else {
        rmSync(contentOf(path), { force: true });
      }
      cache.delete(path);
      parts.unstageAll(path);
    },
    move(from, to) {
      const item = cache.get(from);
      if (item === undefined) throw new Error(`nothing to move at ${from}`);
      intent.clear();
      cache.forget(from);
      if (item.kind === "folder" && cache.get(to) === undefined) throwAway(logsOf(to));
      renameSync(contentOf(from), contentOf(to));
      if (item.kind === "folder") {
        mkdirSync(dirname(logsOf(to)), { recursive: true });
        tryRename(logsOf(from), logsOf(to));
      }
      cache.set(to, item);
      cache.delete(from);
      parts.unstageAll(from);
    },
    read: (path, start, end) => readFile(contentOf(path), start, end),
    intake: () => parts.intake(),
    join: (pieces) => parts.join(pieces, contentOf),
    discard: (content) => parts.discard(content),
    stage: (path, part) => parts.stage(path, part),
    staged: (path) => parts.staged(path),
    unstage: (path, keeps) => parts.unstage(path, keeps),
    async close() {
      cache.close();
      intent.close();
      await Promise.all(removals);
    },
  };
}

/**
 * Finishes or forgets the put that an earlier process was interrupted in.
 *   the log knows it                         -
 *   content still waits to be moved          -        what waits is swept away
 *   content is there, whole                  its line is added
 *   a new file, there in part                the part is removed
 */
function completePut(root: string, own: string): void {
  const intent = readIntent(join(own, "@intent"));
  if (intent === undefined) return;
  const { path, item, from, atMs } = intent;
  const file = join(root, localPath(path));
  const content = statSync(file, { throwIfNoEntry: false });
  if (!content?.isFile() || (from !== undefined && existsSync(join(own, "@parts", from)))) return;
  const log = join(own, mirrorPath(parentOf(path)), "@log");
  const { items } = readLog(log);
  // ETags ascend: what the log says last is at least as new.
  if ((items.get(nameOf(path))?.etag ?? "") >= item.etag) return;
  if (content.size === item.bytes) rewriteLog(log, items.set(nameOf(path), item));
  // A file of that name that someone else put there later is none of the store's.
  else if (from === undefined && content.size < item.bytes && Math.abs(content.mtimeMs - atMs) < LONGEST_WRITE_MS)
    rmSync(file);
}

const LONGEST_WRITE_MS = 10_000;

// The file is open before this returns, so a later rename over it doesn't change what is read.
function readFile(file: string, start: number, end: number): Buffer | AsyncIterable<Buffer> {
  if (end <= start) return Buffer.alloc(0);
  const fd = openSync(file, "r");
  if (end - start > SMALL_BYTES) return createReadStream(file, { fd, start, end: end - 1, highWaterMark: SMALL_BYTES });
  try {
    const bytes = Buffer.allocUnsafe(end - start);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start));
  } finally {
    closeSync(fd);
  }
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
