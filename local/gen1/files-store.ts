import {
  appendFileSync,
  closeSync,
  constants,
  type Dirent,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  type Stats,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open, rm } from "node:fs/promises";
import { folderNames, kindOfEntry } from "./folder-names.ts";
import { childOf, parentOf } from "./names.ts";
import { compareIn, type NameOrder } from "./order.ts";
import { placesUnder } from "./places.ts";
import { type Node, type Store, StoreRefusal } from "./store.ts";

// Stats and small reads are synchronous: on a warm page cache they take microseconds, a round through the thread pool
// takes ten times that, and one process must keep up with a ferry.

/** A store that serves the folder `root` as it is, and writes to it only when it is told to. */
export function filesStore(root: string, order: NameOrder, onWarning?: (line: string) => void): Store {
  const places = placesUnder(realFolder(root));
  const warnings = new Set<string>();

  const judge = (path: string, entry: Dirent): string | undefined => {
    const kind = kindOfEntry(entry, `${entry.parentPath}/${entry.name}`);
    if (kind === "special") return "it is neither a file nor a folder";
    if (kind !== "link") return undefined;
    const place = places.find(childOf(path, entry.name));
    if (place.kind === "absent") return "it is a link to nothing";
    if (place.kind === "refused") return place.why;
    return nodeOf(statSync(place.real)) === undefined ? "it is a link to neither a file nor a folder" : undefined;
  };
  const names = folderNames(compareIn(order), judge, (path, name, why) => {
    const line = `not listed: ${childOf(path, name)}: ${why}`;
    if (warnings.has(line)) return;
    warnings.add(line);
    onWarning?.(line);
  });

  const existing = (path: string): string => {
    const place = places.find(path);
    if (place.kind === "there") return place.real;
    throw new StoreRefusal(place.kind === "refused" ? place.why : "it does not exist");
  };
  const free = (path: string): string => {
    const place = places.entry(path);
    if (place.kind !== "absent") throw new StoreRefusal("its name is taken by something that is not served");
    return `${existing(parentOf(path))}${path.slice(path.lastIndexOf("/"))}`;
  };
  const entry = (path: string): string => {
    const place = places.entry(path);
    if (place.kind !== "there") throw new StoreRefusal("it does not exist");
    return place.real;
  };

  return {
    stat(path) {
      const place = places.find(path);
      return place.kind === "there" ? lookAt(place.real) : undefined;
    },
    async children(path) {
      const real = existing(path);
      return { names: await names.read(path, real), node: (name) => lookAt(`${real}/${name}`) };
    },
    read: (path, offset, length) =>
      length <= smallBytes ? readSmall(existing(path), offset, length) : readLarge(existing(path), offset, length),
    makeFolder(path) {
      mkdirSync(free(path));
      names.forget(parentOf(path));
    },
    makeFile(path) {
      const place = places.find(path);
      writeFileSync(place.kind === "there" ? place.real : free(path), "");
      names.forget(parentOf(path));
    },
    async append(path, content) {
      const real = existing(path);
      if (Buffer.isBuffer(content)) return appendFileSync(real, content);
      const file = await open(real, "a");
      try {
        for await (const chunk of content) await file.writeFile(chunk);
      } finally {
        await file.close();
      }
    },
    async remove(path) {
      names.forget(parentOf(path));
      await rm(entry(path), { recursive: true });
    },
    rename(from, to) {
      renameSync(entry(from), free(to));
      names.forget(parentOf(from));
      names.forget(parentOf(to));
    },
    setTimes: (path, modifiedMs, accessedMs) => utimesSync(existing(path), accessedMs / 1000, modifiedMs / 1000),
    warnings: () => [...warnings],
  };
}

function realFolder(root: string): string {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${root} is not a folder`);
  return realpathSync.native(root);
}

const smallBytes = 256 * 1024;

function lookAt(real: string): Node | undefined {
  const stats = statSync(real, { throwIfNoEntry: false });
  return stats === undefined ? undefined : nodeOf(stats);
}

function nodeOf(stats: Stats): Node | undefined {
  const isFile = stats.isFile();
  if (!isFile && !stats.isDirectory()) return undefined;
  return {
    kind: isFile ? "file" : "folder",
    bytes: isFile ? stats.size : 0,
    modifiedMs: Math.round(stats.mtimeMs),
    accessedMs: Math.round(stats.atimeMs),
    createdMs: Math.round(stats.birthtimeMs),
  };
}

function readSmall(real: string, offset: number, length: number): Buffer {
  const file = openSync(real, constants.O_RDONLY);
  try {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const got = readSync(file, buffer, filled, length - filled, offset + filled);
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

async function* readLarge(real: string, offset: number, length: number): AsyncIterable<Buffer> {
  const file = await open(real);
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(smallBytes, length));
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - done), offset + done);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
}
