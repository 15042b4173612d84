import { isLive, type Lake, type Order } from "./lake.ts";
import { childOf, type Folder, type Item } from "./store.ts";

/** One item on a walk; `name` is its path below the folder that the walk started in. */
export type Listed = { readonly path: string; readonly name: string; readonly item: Item };

/** What a walk goes through. */
export type Walk = {
  readonly folder: string;
  readonly isRecursive: boolean;
  /** Where to start: the name of the first item wanted, or of one that is gone by now. */
  readonly from: string | undefined;
  /** Only children of `folder` whose names start with this, and what is below them. */
  readonly namePrefix: string;
  /** Sorts folders as if their names ended with a slash, as Blob prefixes do. */
  readonly marksFolders: boolean;
};

/** Walks a folder in the lake's order. */
export function* walk(lake: Lake, what: Walk): Generator<Listed> {
  const folder = lake.store.folder(what.folder);
  if (folder !== undefined)
    yield* walkFolder(
      lake,
      what,
      { folder, path: what.folder, name: "", prefix: what.namePrefix },
      what.from?.split("/"),
    );
}

/** Takes at most `size` items, and the name of the next one where there is one. */
export function takePage<T extends { readonly name: string }>(
  items: Iterable<T>,
  size: number,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const page: T[] = [];
  for (const item of items) {
    if (page.length === size) return { items: page, next: item.name };
    page.push(item);
  }
  return { items: page, next: undefined };
}

/** An opaque token for the name of the item that the next page starts with. */
export function tokenOf(name: string): string {
  return Buffer.from(name).toString("base64");
}

/** The name in a token. */
export function nameInToken(token: string): string {
  return Buffer.from(token, "base64").toString("utf8");
}

type Place = { readonly folder: Folder; readonly path: string; readonly name: string; readonly prefix: string };

// A folder gives two steps, itself and its inside, which only the order by segment keeps together.
type Step = { readonly key: string; readonly name: string; readonly isInside: boolean };

function* walkFolder(lake: Lake, what: Walk, at: Place, from: readonly string[] | undefined): Generator<Listed> {
  for (const step of stepsFrom(lake.order, what, at, from)) {
    const item = at.folder.get(step.name);
    if (item === undefined || !isLive(lake, item)) continue;
    const path = childOf(at.path, step.name);
    const name = childOf(at.name, step.name);
    if (!step.isInside) {
      yield { path, name, item };
      continue;
    }
    const folder = item.kind === "folder" ? lake.store.folder(path) : undefined;
    const rest = step.name === from?.[0] && from.length > 1 ? from.slice(1) : undefined;
    if (folder !== undefined) yield* walkFolder(lake, what, { folder, path, name, prefix: "" }, rest);
  }
}

function* stepsFrom(
  order: Order,
  what: Walk,
  { folder, prefix }: Place,
  from: readonly string[] | undefined,
): Generator<Step> {
  const [first, ...rest] = from ?? [];
  const names = namesFrom(folder.names(), order, first, prefix);
  if (order === "segment") {
    for (const name of names) {
      if (name !== first || rest.length === 0) yield { key: name, name, isInside: false };
      if (what.isRecursive) yield { key: name, name, isInside: true };
    }
    return;
  }
  const compare = order === "utf16" ? compareUtf16 : compareUtf8;
  const start =
    first === undefined
      ? ""
      : first + (rest.length > 0 || (what.marksFolders && folder.get(first)?.kind === "folder") ? "/" : "");
  const steps = names.flatMap((name): Step[] => {
    const isFolder = folder.get(name)?.kind === "folder";
    const self: Step = { key: isFolder && what.marksFolders ? `${name}/` : name, name, isInside: false };
    return isFolder && what.isRecursive ? [self, { key: `${name}/`, name, isInside: true }] : [self];
  });
  for (const step of steps.sort((a, b) => compare(a.key, b.key))) if (compare(step.key, start) >= 0) yield step;
}

function namesFrom(
  names: readonly string[],
  order: Order,
  first: string | undefined,
  prefix: string,
): readonly string[] {
  if (order !== "segment") return prefix === "" ? names : names.filter((name) => name.startsWith(prefix));
  const start = first === undefined || first < prefix ? prefix : first;
  const sliced = start === "" ? names : names.slice(indexFrom(names, start));
  if (prefix === "") return sliced;
  const end = sliced.findIndex((name) => !name.startsWith(prefix));
  return end < 0 ? sliced : sliced.slice(0, end);
}

/** Index of the first name that isn't below `start`. */
function indexFrom(names: readonly string[], start: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? "") < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareUtf16(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
