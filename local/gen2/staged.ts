import type { Lake } from "./lake.ts";
import type { Content, Part } from "./store.ts";

/** A part with what its key says: the id of a block, or the position of an append. */
export type Named = { readonly name: string; readonly bytes: number; readonly content: Content };

/** The key under which a part is staged; blocks and appends of a path never meet. */
export function partKey(kind: "block" | "append", name: string): string {
  return `${kind} ${name}`;
}

/** The parts of a path that have not outlived their week, in the order they came. */
export function stagedParts(lake: Lake, path: string, kind: "block" | "append"): readonly Named[] {
  const staged = lake.store.staged(path);
  if (staged.size === 0) return [];
  const prefix = partKey(kind, "");
  const expiredMs = lake.nowMs() - LIFE_MS;
  return [...staged.values()]
    .filter((part: Part) => part.key.startsWith(prefix) && part.stagedMs > expiredMs)
    .map(({ key, bytes, content }) => ({ name: key.slice(prefix.length), bytes, content }));
}

const LIFE_MS = 7 * 24 * 3600 * 1000;
