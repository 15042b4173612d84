import type { Folder, Item } from "./store.ts";

/** A folder's children in memory. */
export type Table = Folder & {
  readonly size: number;
  set(name: string, item: Item): void;
  delete(name: string): boolean;
};

/** An empty table of children; names are sorted when they are asked for. */
export function createTable(): Table {
  const items = new Map<string, Item>();
  let sorted: readonly string[] = [];
  let added: string[] = [];
  let hasGaps = false;
  return {
    get size() {
      return items.size;
    },
    get: (name) => items.get(name),
    set(name, item) {
      if (!items.has(name)) added.push(name);
      items.set(name, item);
    },
    delete(name) {
      const held = items.delete(name);
      hasGaps ||= held;
      return held;
    },
    names() {
      if (hasGaps) {
        sorted = sorted.filter((name) => items.has(name));
        added = added.filter((name) => items.has(name));
        hasGaps = false;
      }
      if (added.length > 0) {
        sorted = merged(sorted, added.sort());
        added = [];
      }
      return sorted;
    },
  };
}

// In linear time, so that a large folder may be listed while it is filled. A name that went and came back stands in both.
function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  const all: string[] = [];
  let at = 0;
  for (const name of b) {
    for (; at < a.length && (a[at] ?? "") < name; at++) all.push(a[at] ?? "");
    if (name !== a[at] && name !== all.at(-1)) all.push(name);
  }
  for (; at < a.length; at++) all.push(a[at] ?? "");
  return all;
}
