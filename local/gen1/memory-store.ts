import type { VirtualClock } from "../kit/clock.ts";
import { nameOf, parentOf } from "./names.ts";
import { compareIn, type NameOrder } from "./order.ts";
import type { Content, Node, Store } from "./store.ts";

/** A store in memory, empty at first. Buffers that are appended whole are kept, not copied. */
export function memoryStore(clock: VirtualClock, order: NameOrder): Store {
  const compare = compareIn(order);
  const root = newFolder(clock.nowMs());

  const find = (path: string): Item | undefined => {
    let item: Item | undefined = root;
    for (const name of path.split("/"))
      if (name !== "") item = item?.kind === "folder" ? item.items.get(name) : undefined;
    return item;
  };
  const folder = (path: string): Folder => {
    const item = find(path);
    if (item?.kind !== "folder") throw new Error(`${path} is no folder`);
    return item;
  };
  const file = (path: string): File => {
    const item = find(path);
    if (item?.kind !== "file") throw new Error(`${path} is no file`);
    return item;
  };
  const put = (path: string, item: Item) => {
    const parent = folder(parentOf(path));
    if (!parent.items.has(nameOf(path))) parent.sorted = undefined;
    parent.items.set(nameOf(path), item);
    parent.modifiedMs = clock.nowMs();
  };
  const take = (path: string) => {
    const parent = folder(parentOf(path));
    parent.items.delete(nameOf(path));
    parent.sorted = undefined;
    parent.modifiedMs = clock.nowMs();
  };

  return {
    stat: find,
    children: async (path) => {
      const parent = folder(path);
      parent.sorted ??= [...parent.items.keys()].sort(compare);
      return { names: parent.sorted, node: (name) => parent.items.get(name) };
    },
    read: (path, offset, length) => whole(file(path)).subarray(offset, offset + length),
    makeFolder: (path) => put(path, newFolder(clock.nowMs())),
    makeFile: (path) => put(path, newFile(clock.nowMs())),
    append: async (path, content) => {
      const target = file(path);
      for await (const chunk of chunksOf(content)) {
        target.chunks.push(chunk);
        target.bytes += chunk.length;
      }
      target.modifiedMs = clock.nowMs();
    },
    remove: async (path) => take(path),
    rename: (from, to) => {
      const item = find(from);
      if (item === undefined) throw new Error(`${from} does not exist`);
      take(from);
      put(to, item);
    },
    setTimes: (path, modifiedMs, accessedMs) => {
      const item = find(path);
      if (item === undefined) throw new Error(`${path} does not exist`);
      item.modifiedMs = modifiedMs;
      item.accessedMs = accessedMs;
    },
    warnings: () => [],
  };
}

type Times = { modifiedMs: number; accessedMs: number; readonly createdMs: number };
type File = Times & { readonly kind: "file"; bytes: number; chunks: Buffer[] };
type Folder = Times & {
  readonly kind: "folder";
  readonly bytes: 0;
  readonly items: Map<string, Item>;
  sorted: readonly string[] | undefined;
};
type Item = (File | Folder) & Node;

function newFolder(nowMs: number): Folder {
  return { kind: "folder", bytes: 0, items: new Map(), sorted: undefined, ...timesAt(nowMs) };
}

function newFile(nowMs: number): File {
  return { kind: "file", bytes: 0, chunks: [], ...timesAt(nowMs) };
}

function timesAt(nowMs: number): Times {
  return { modifiedMs: nowMs, accessedMs: nowMs, createdMs: nowMs };
}

function whole(file: File): Buffer {
  if (file.chunks.length !== 1) file.chunks = [Buffer.concat(file.chunks)];
  return file.chunks[0] ?? Buffer.alloc(0);
}

async function* chunksOf(content: Content): AsyncIterable<Buffer> {
  if (Buffer.isBuffer(content)) yield content;
  else yield* content;
}
