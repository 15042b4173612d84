import { openMemoryStore } from "../../local/gen2/memory-store.ts";
import { childOf, type Content, type FileItem, nameOf, parentOf, type Store } from "../../local/gen2/store.ts";
import type { ComputedFile, ComputedLake } from "./lake.ts";
import { openAdder, type Sums, sumsOf } from "./sums.ts";

/** What came of a computed lake: `again` counts files that came more than once, for which the sums can't vouch. */
export type Arrived = Sums & {
  readonly again: number;
  /** The content's sum, had each file that is there come as the lake has it. */
  readonly wanted: string;
};

/** A store of the Gen2 emulator that keeps, of the files of one computed lake, a bit each and running sums; other things whole. */
export type Arrivals = { readonly store: Store; readonly arrived: () => Arrived };

/** An empty store for the lake in one file system. */
export function openArrivals(lake: ComputedLake, fileSystem: string): Arrivals {
  const others = openMemoryStore();
  const bits = new Uint8Array(Math.ceil(lake.files / 8));
  const adder = openAdder();
  let again = 0;
  let last: FileItem | undefined;

  const lakePath = (path: string) => (path === fileSystem ? "/" : path.slice(fileSystem.length));
  const isOurs = (path: string) => path === fileSystem || path.startsWith(`${fileSystem}/`);
  const fileAt = (path: string) => (isOurs(path) ? lake.fileAt(lakePath(path)) : undefined);
  const isThere = (number: number) => ((bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;

  // As it came, if it came as it is in the lake; whether it did the sums tell.
  function itemOf({ number, bytes, modifiedMs }: ComputedFile): FileItem | undefined {
    if (last === undefined || !isThere(number)) return undefined;
    const metadata = { ...last.metadata, lakeferry_length: String(bytes), lakeferry_modified: String(modifiedMs) };
    return { ...last, bytes, etag: `0xF${number.toString(16).toUpperCase()}`, metadata, md5: undefined };
  }

  function get(path: string) {
    const file = fileAt(path);
    return file === undefined ? others.get(path) : itemOf(file);
  }

  function namesIn(path: string): readonly string[] {
    const all = isOurs(path) ? (lake.namesIn(lakePath(path)) ?? []) : [];
    const first = lake.fileAt(`${lakePath(path)}/${all[0] ?? ""}`)?.number;
    const files = first === undefined ? [] : all.filter((_, index) => isThere(first + index));
    const rest = others.folder(path)?.names() ?? [];
    return rest.length === 0 ? files : [...files, ...rest].toSorted();
  }

  const refuse = () => {
    throw new Error("what a sum has taken can't be taken back");
  };

  const store: Store = {
    ...others,
    get,
    folder: (path) => {
      const folder = others.folder(path);
      if (folder === undefined) return undefined;
      return { get: (name) => get(childOf(path, name)), names: () => namesIn(path) };
    },
    putFile: (path, item, content) => {
      const file = fileAt(path);
      if (file === undefined) return others.putFile(path, item, content);
      if (content === undefined) return;
      if (others.folder(parentOf(path)) === undefined) throw new Error(`no folder holds ${nameOf(path)}`);
      last = item;
      if (isThere(file.number)) {
        again++;
        return;
      }
      bits[file.number >> 3] = (bits[file.number >> 3] ?? 0) | (1 << (file.number & 7));
      adder.add(lakePath(path), bytesOf(content));
    },
    remove: (path) => (fileAt(path) === undefined ? others.remove(path) : refuse()),
    move: (from, to) => ((fileAt(from) ?? fileAt(to)) ? refuse() : others.move(from, to)),
  };
  return { store, arrived: () => ({ ...adder.sums(), again, wanted: sumsOf(lake, isThere).content }) };
}

function bytesOf(content: Content): Buffer {
  if (content.kind === "file") throw new Error("a file of a computed lake comes in memory");
  return content.chunks.length === 1 && content.chunks[0] !== undefined
    ? content.chunks[0]
    : Buffer.concat(content.chunks);
}
