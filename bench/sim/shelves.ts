import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";

/** A folder whose children are computed from their number, so that ten millions of them take no memory. */
export type Shelf = {
  readonly count: number;
  /** The child of a number below `count`; names ascend with numbers. */
  readonly child: (index: number) => Child;
  /** Where a name probably stands; any number will do. */
  readonly guess?: (name: string) => number;
};

/** A file has a number that no other file of its lake has, a folder a shelf and a number among folders. */
export type Child =
  | { readonly name: string; readonly kind: "file"; readonly bytes: number; readonly number: number }
  | { readonly name: string; readonly kind: "folder"; readonly number: number; readonly shelf: () => Shelf };

/** A lake: its root, and what is in it. `slowdown` is how many bytes one byte of a large file stands for. */
export type SyntheticLake = {
  readonly root: Shelf;
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  readonly slowdown: number;
};

/** How many children have names up to this one, itself included. */
export function indexAfter({ count, child }: Shelf, name: string): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (child(middle).name <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child of a name. */
export function childNamed(shelf: Shelf, name: string): Child | undefined {
  const guess = shelf.guess?.(name) ?? -1;
  if (guess >= 0 && guess < shelf.count && shelf.child(guess).name === name) return shelf.child(guess);
  const index = indexAfter(shelf, name) - 1;
  if (index < 0) return undefined;
  const child = shelf.child(index);
  return child.name === name ? child : undefined;
}

/** Finds what stands at a path; folders that were found are remembered for a while. */
export function openFinder(root: Shelf): {
  readonly shelfAt: (folder: LakePath) => Shelf | undefined;
  readonly childAt: (path: LakePath) => Child | undefined;
} {
  const most = 4096;
  const found = new Map<LakePath, Shelf>();

  function shelfAt(folder: LakePath): Shelf | undefined {
    if (folder === rootPath) return root;
    const there = found.get(folder);
    if (there !== undefined) return there;
    const child = childAt(folder);
    if (child?.kind !== "folder") return undefined;
    const shelf = child.shelf();
    if (found.size >= most) found.clear();
    found.set(folder, shelf);
    return shelf;
  }

  function childAt(path: LakePath): Child | undefined {
    const slash = path.lastIndexOf("/");
    const shelf = shelfAt((slash === 0 ? rootPath : path.slice(0, slash)) as LakePath);
    return shelf === undefined ? undefined : childNamed(shelf, path.slice(slash + 1));
  }

  return { shelfAt, childAt };
}

/** Every file of a lake, with its path. */
export function* filesOf(
  shelf: Shelf,
  folder: LakePath = rootPath,
): Generator<{ readonly path: LakePath; readonly bytes: number }> {
  for (let index = 0; index < shelf.count; index++) {
    const child = shelf.child(index);
    const path = childPath(folder, child.name);
    if (child.kind === "file") yield { path, bytes: child.bytes };
    else yield* filesOf(child.shelf(), path);
  }
}
