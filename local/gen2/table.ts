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
  let changed = false;
  return {
    get size() {
      return items.size;
    },
    get: (name) => items.get(name),
    set(name, item) {
      if (!items.has(name)) {
        added.push(name);
        changed = true;
      }
      items.set(name, item);
    },
    delete(name) {
      const held = items.delete(name);
      changed ||= held;
      return held;
    },
    names() {
      if (changed) {
        // Two sorted runs merge in linear time, so that a large folder may be listed while it is filled.
        const merged = [...sorted, ...added.sort()].sort();
        sorted = merged.filter((name, index) => name !== merged[index - 1] && items.has(name));
        added = [];
        changed = false;
      }
      return sorted;
    },
  };
}
