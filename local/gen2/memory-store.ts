import { Readable } from "node:stream";
import { childOf, nameOf, parentOf, SMALL_BYTES } from "./store.ts";
import type { Content, Part, Piece, Store } from "./store.ts";
import { createTable } from "./table.ts";
import type { Table } from "./table.ts";

/** A tree that lives and ends with the process. */
export function openMemoryStore(): Store {
  const folders = new Map<string, Table>([["", createTable()]]);
  const contents = new Map<string, readonly Buffer[]>();
  const parts = new Map<string, Map<string, Part>>();

  const tableOf = (path: string): Table => {
    const table = folders.get(parentOf(path));
    if (table === undefined) throw new Error(`no folder holds ${path}`);
    return table;
  };
  const remove = (path: string): void => {
    for (const name of folders.get(path)?.names() ?? []) remove(childOf(path, name));
    folders.delete(path);
    contents.delete(path);
    for (const held of parts.keys()) if (held === path || held.startsWith(`${path}/`)) parts.delete(held);
    tableOf(path).delete(nameOf(path));
  };
  const move = (from: string, to: string): void => {
    const item = tableOf(from).get(nameOf(from));
    if (item === undefined) throw new Error(`nothing to move at ${from}`);
    tableOf(to).set(nameOf(to), item);
    if (item.kind === "file") contents.set(to, chunksOf(contents, from));
    else folders.set(to, createTable());
    for (const name of folders.get(from)?.names() ?? []) move(childOf(from, name), childOf(to, name));
    remove(from);
  };

  return {
    get: (path) => folders.get(parentOf(path))?.get(nameOf(path)),
    folder: (path) => folders.get(path),
    putFolder(path, item) {
      tableOf(path).set(nameOf(path), item);
      if (!folders.has(path)) folders.set(path, createTable());
    },
    putFile(path, item, content) {
      tableOf(path).set(nameOf(path), item);
      if (content !== undefined) contents.set(path, memoryOf(content));
    },
    remove,
    move,
    read(path, start, end) {
      const found = slices(chunksOf(contents, path), start, end);
      return end - start > SMALL_BYTES ? Readable.from(found) : Buffer.concat(found);
    },
    intake() {
      const chunks: Buffer[] = [];
      let bytes = 0;
      return {
        write(chunk) {
          chunks.push(chunk);
          bytes += chunk.length;
        },
        finish: () => ({ kind: "memory", bytes, chunks }),
        abort() {
          chunks.length = 0;
        },
      };
    },
    join(pieces) {
      const chunks = pieces.flatMap((piece) =>
        slices(sourceOf(contents, piece), piece.start, piece.start + piece.bytes),
      );
      return Promise.resolve({ kind: "memory", bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), chunks });
    },
    discard() {},
    stage(path, part) {
      const staged = parts.get(path) ?? new Map<string, Part>();
      parts.set(path, staged.set(part.key, part));
    },
    staged: (path) => parts.get(path) ?? NOTHING,
    unstage(path, keeps) {
      if (!parts.has(path)) return;
      const kept = new Map([...(parts.get(path) ?? [])].filter(([key]) => keeps?.(key)));
      if (kept.size > 0) parts.set(path, kept);
      else parts.delete(path);
    },
    close: () => Promise.resolve(),
  };
}

const NOTHING: ReadonlyMap<string, Part> = new Map();

function chunksOf(contents: ReadonlyMap<string, readonly Buffer[]>, path: string): readonly Buffer[] {
  return contents.get(path) ?? [];
}

function sourceOf(contents: ReadonlyMap<string, readonly Buffer[]>, piece: Piece): readonly Buffer[] {
  return typeof piece.from === "string" ? chunksOf(contents, piece.from) : memoryOf(piece.from);
}

function memoryOf(content: Content): readonly Buffer[] {
  if (content.kind === "file") throw new Error("the memory store holds no files");
  return content.chunks;
}

function slices(chunks: readonly Buffer[], start: number, end: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  for (const chunk of chunks) {
    if (at < end && at + chunk.length > start) found.push(chunk.subarray(Math.max(0, start - at), end - at));
    at += chunk.length;
  }
  return found;
}
