import type { SinkEntry } from "../core/entry.ts";
import { asciiJson } from "../core/json.ts";
import { namesBehind, orderKey, placeOf } from "../core/order.ts";
import { childPath, type LakePath } from "../core/path.ts";
import { isOrderSafe } from "../core/range.ts";
import type { Sink } from "../lake/lake.ts";

/** Children of a folder of the sink, ascending by place; `told` is the place up to which all were given by now. */
export type Portion = { readonly items: readonly SinkEntry[]; readonly told: string | undefined };

/** A folder of the sink, gone through from a place on. */
export type Children = {
  /** The next files, as many as can be written down in so many characters, or the next folder alone; none at the end. */
  readonly next: (units: number, signal: AbortSignal) => Promise<Portion>;
  /** Items in memory. */
  readonly held: () => number;
};

/** Places in the one order in which portions are given: by keys that all lakes order alike, and where these are equal by units. */
function comparePlaces(a: string, b: string): number {
  const [one, other] = [orderKey(a), orderKey(b)];
  if (one !== other) return one < other ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of items in portions. */
export function byPlace(a: SinkEntry, b: SinkEntry): number {
  return comparePlaces(placeOf(a), placeOf(b));
}

/** True for an item that was given by whoever had come up to a place. */
export function isTold(item: SinkEntry, told: string | undefined): boolean {
  return told !== undefined && comparePlaces(placeOf(item), told) <= 0;
}

/** The key of an item's place. */
export function placeKey(item: Pick<SinkEntry, "name" | "kind">): string {
  return orderKey(placeOf(item));
}

/** The name at which a listing has to begin that is to show all behind a place; the folders behind it may stand before. */
export function nameAtPlace(told: string | undefined): string | undefined {
  return told === undefined || !isOrderSafe(told) ? undefined : told.replace(/\/$/u, "");
}

/** The folders that a listing which begins at a name may have passed by, though their places come behind that name's. */
export async function foldersBehind(
  sink: Sink,
  folder: LakePath,
  name: string,
  signal: AbortSignal,
): Promise<readonly SinkEntry[]> {
  const found: SinkEntry[] = [];
  for (const one of namesBehind(name).filter(isOrderSafe)) {
    const there = await sink.stat(childPath(folder, one), signal);
    if (there?.kind === "folder") found.push({ name: one, ...there });
  }
  return found;
}

/** Takes so many items from the front. */
export function portionOf(queue: SinkEntry[], count: number, told: string | undefined): Portion {
  const items = queue.splice(0, count);
  const last = items.at(-1);
  return { items, told: last === undefined ? told : placeOf(last) };
}

/** Opens a folder behind a place. */
export function openChildren(sink: Sink, folder: LakePath, from: string | undefined): Children {
  const start = nameAtPlace(from);
  const held = new Map<string, SinkEntry>();
  const given = new Set<string>();
  const queue: SinkEntry[] = [];
  let told = from;
  let token: string | undefined;
  let isOpen = true;
  let isBegun = false;

  function take(entry: SinkEntry): void {
    // A folder may be listed twice, as an item and as a prefix that tells less.
    if (given.has(entry.name) || isTold(entry, from)) return;
    if (entry.etag !== "" || !held.has(entry.name)) held.set(entry.name, entry);
  }

  async function readPage(signal: AbortSignal): Promise<void> {
    if (!isBegun && start !== undefined)
      for (const entry of await foldersBehind(sink, folder, start, signal)) take(entry);
    isBegun = true;
    const where = token === undefined ? (start === undefined ? {} : { after: start }) : { token };
    const page = await sink.list(folder, where, signal);
    for (const entry of page.entries) take(entry);
    token = page.next;
    isOpen = token !== undefined;
    // What comes on later pages stands behind the last name of this one.
    const last = page.entries.at(-1);
    const end = isOpen && last !== undefined ? orderKey(last.name) : undefined;
    const ready = [...held.values()].filter((entry) => end === undefined || placeKey(entry) < end).toSorted(byPlace);
    given.clear();
    for (const entry of ready) {
      held.delete(entry.name);
      given.add(entry.name);
    }
    queue.push(...ready);
  }

  return {
    next: async (units, signal) => {
      while (queue.length === 0 && isOpen) await readPage(signal);
      const portion = portionOf(queue, countWithin(queue, units), told);
      told = portion.told;
      return portion;
    },
    held: () => held.size + queue.length,
  };
}

/** What an item's kind, length, times and ETag take beside its name. */
const unitsBeside = 80;

// At least one; a folder stands alone.
function countWithin(queue: readonly SinkEntry[], units: number): number {
  let left = units;
  const end = queue.findIndex(({ name, kind }, index) => {
    left -= asciiJson(name).length + unitsBeside;
    return index > 0 && (kind === "folder" || queue[0]?.kind === "folder" || left < 0);
  });
  return end < 0 ? queue.length : end;
}
