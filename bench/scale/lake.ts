import { hash } from "node:crypto";

/** A file of a computed lake. */
export type ComputedFile = { readonly number: number; readonly bytes: number; readonly modifiedMs: number };

/** A lake of which nothing is stored: names, lengths, times and content follow from the number of a file. */
export type ComputedLake = {
  readonly files: number;
  readonly bytes: number;
  /** The root is one of them. */
  readonly folders: number;
  readonly isFolder: (path: string) => boolean;
  /** Undefined when there is no such file. */
  readonly fileAt: (path: string) => ComputedFile | undefined;
  /** Ascending; undefined when there is no such folder. */
  readonly namesIn: (folder: string) => readonly string[] | undefined;
  /** Not to be written to: files share their bytes. */
  readonly contentOf: (file: ComputedFile) => Buffer;
  /** Every folder that holds files, with how many. */
  readonly holders: () => Iterable<{ readonly path: string; readonly files: number }>;
};

type Holder = { readonly path: string; readonly first: number; readonly files: number };

/** As many bytes as a file of the usual lake stays below. */
export const smallBytes = 1024;
const poolBytes = 1024 * 1024;
const digits = 8;
/** One folder has so much of the lake. */
const flatShare = 0.1;
const [leastInFolder, mostInFolder] = [1000, 10_000];
/** Folders in a folder, in each of the levels above those with files. */
const fanOut = 8;
/** The names of a flat folder are made once, and those of a few others. */
const keptListings = 16;
const firstMs = Date.UTC(2020, 0);

/**
 * A lake of so many files, each of less than `mostBytes`: one flat folder with a tenth of them, the others four levels deep in folders of
 * 1,000 to 10,000.
 */
export function computedLake(files: number, mostBytes: number = smallBytes): ComputedLake {
  const holders = new Map<string, Holder>();
  const parents = new Map<string, Set<string>>([["/", new Set()]]);
  const kept = new Map<string, readonly string[]>();
  let first = 0;

  function hold(path: string, count: number): void {
    holders.set(path, { path, first, files: count });
    first += count;
    for (let at = path; at !== "/"; ) {
      const above = at.slice(0, Math.max(1, at.lastIndexOf("/")));
      const names = parents.get(above) ?? new Set();
      parents.set(above, names.add(at.slice(at.lastIndexOf("/") + 1)));
      at = above;
    }
  }

  hold("/flat", Math.floor(files * flatShare));
  for (let leaf = 0; first < files; leaf++) {
    const wanted = leastInFolder + (mixed(leaf) % (mostInFolder - leastInFolder + 1));
    hold(pathOfLeaf(leaf), Math.min(wanted, files - first));
  }
  let bytes = 0;
  const bytesOf = (number: number) => mixed(number) % mostBytes;
  for (let number = 0; number < files; number++) bytes += bytesOf(number);

  const pool = poolOf(poolBytes + mostBytes);
  const isFolder = (path: string) => holders.has(path) || parents.has(path);
  return {
    files,
    bytes,
    folders: holders.size + parents.size,
    isFolder,
    fileAt: (path) => {
      const slash = path.lastIndexOf("/");
      const holder = holders.get(path.slice(0, slash));
      const index = holder === undefined ? -1 : indexOf(path.slice(slash + 1));
      if (holder === undefined || index < 0 || index >= holder.files) return undefined;
      const number = holder.first + index;
      return { number, bytes: bytesOf(number), modifiedMs: firstMs + mixed(number ^ 0x5bd1e995) };
    },
    namesIn: (folder) => {
      const known = kept.get(folder);
      if (known !== undefined) return known;
      const count = holders.get(folder)?.files;
      const folders = parents.get(folder);
      if (count === undefined) return folders && [...folders].toSorted();
      const names = Array.from({ length: count }, (_, index) => nameOf(index));
      kept.set(folder, names);
      for (const oldest of kept.keys()) if (kept.size > keptListings && oldest !== "/flat") kept.delete(oldest);
      return names;
    },
    contentOf: ({ number, bytes }) => {
      const at = mixed(number ^ 0x2545f491) % poolBytes;
      return pool.subarray(at, at + bytes);
    },
    holders: () => holders.values(),
  };
}

function pathOfLeaf(leaf: number): string {
  const level = (depth: number) => Math.floor(leaf / fanOut ** depth);
  const within = (depth: number) => level(depth) % fanOut;
  return `/area-${level(3)}/year-${within(2)}/month-${within(1)}/day-${within(0)}`;
}

/** The name of the file at this place of its folder. */
export function nameOf(index: number): string {
  return `f${String(index).padStart(digits, "0")}`;
}

function indexOf(name: string): number {
  return /^f\d{8}$/u.test(name) ? Number(name.slice(1)) : -1;
}

// A number spread over 32 bits (the end of murmur3).
function mixed(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function poolOf(bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0; length < bytes; length += 64) parts.push(hash("sha512", String(parts.length), "buffer"));
  return Buffer.concat(parts).subarray(0, bytes);
}
