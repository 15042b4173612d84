import type { SinkEntry, Standing } from "../core/entry.ts";
import { isLakeError, isOfLake } from "../core/error.ts";
import {
  type Ascent,
  isBeforeInAny,
  isBeforeInBytes,
  namesBehind,
  openAscent,
  orderKey,
  placeOf,
} from "../core/order.ts";
import { childPath, type LakePath } from "../core/path.ts";
import { type Interval, isOrderSafe } from "../core/range.ts";
import type { Sink } from "../lake/lake.ts";

/** As many items of one folder are held until the names they wait for come; a folder that wants more is asked name by name. */
const maxHeld = 200_000;

/** How a folder's two listings were joined. */
export type Joining =
  /** Side by side. */
  | "merged"
  /** Their orders differ, or one has none: all of the sink's part was read first. */
  | "hashed"
  /** The sink's couldn't be read, or not be held: the sink is asked for each name, and nothing is known of extra items. */
  | "asked";

/**
 * The sink's listing of a folder, read beside the source's and no further than needed. Whatever the two orders are, a name
 * is only said to be missing once the listing is past it in each order that a lake may have.
 */
export type March = {
  /** Reads what the first names need; may run beside the source's first page. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  /** What stands under a name; each is asked for once. */
  readonly at: (name: string, signal: AbortSignal) => Promise<Standing>;
  /** Told when the source's names don't ascend: everything of the sink is read then, and extras are known at the end. */
  readonly sourceHasNoOrder: () => void;
  /** What only the sink has and the source has come past with `name`; each is given once. */
  readonly passed: (name: string) => readonly SinkEntry[];
  /** Reads on to the end of the range, so that `rest` is known. */
  readonly finish: (upTo: string | undefined, signal: AbortSignal) => Promise<void>;
  /** What only the sink has, up to the end of the range. */
  readonly rest: (upTo: string | undefined) => readonly SinkEntry[];
  /** How it went, given the orders that the source has kept to. */
  readonly joining: (source: ReturnType<Ascent["keeps"]>) => Joining;
  /** True when nothing is left to be told of it. */
  readonly isSpent: () => boolean;
  /** Items in memory. */
  readonly held: () => number;
};

/** What a march needs to know of the folder's source. */
export type OfSource = {
  /** The sink's name for a name of the source. */
  readonly nameAt: (name: string) => string;
  /** Whether the source has something under a name of the sink. */
  readonly has: (name: string, signal: AbortSignal) => Promise<boolean>;
};

/** Opens the sink's side of a range of a folder. Without a wish for extra items nothing is read for their sake. */
export function openMarch(
  sink: Sink,
  folder: LakePath,
  range: Interval,
  { nameAt, has }: OfSource,
  wantsExtra: boolean,
): March {
  const { after } = range;
  const held = new Map<string, SinkEntry>();
  /** Under other names than the source's: no extras, wherever they come in the listing. */
  const renamed = new Set<string>();
  /** Of the source, though it may not ask for them any more: lakes disagree on which side of the range's beginning they are. */
  const atSource = new Set<string>();
  const start: Interval = { ...range, ...startOf(after) };
  const ascent = openAscent(true);
  let last: string | undefined;
  let next: string | undefined;
  let isOpen = true;
  let isBegun = false;
  let isOrdered = true;
  let isSourceOrdered = true;
  let isAsked = false;
  /** Something was said to be missing before the listing's end. */
  let hasConcluded = false;
  /** A source without order has shown only what came since this range was begun. */
  const isWhole = after === undefined;

  async function readPage(signal: AbortSignal): Promise<void> {
    try {
      const page = await sink.list(folder, next === undefined ? start : { token: next }, signal);
      for (const entry of page.entries) take(entry);
      for (const { name } of page.entries) {
        if (wantsExtra && isOnEitherSide(name, after) && (await has(name, signal))) atSource.add(name);
      }
      next = page.next;
      isOpen = next !== undefined && !isAsked;
    } catch (error) {
      if (signal.aborted || !isLakeError(error) || isOfLake(error)) throw error;
      giveUp();
    }
    if (isAsked) held.clear();
    else if (held.size > maxHeld) giveUp();
  }

  function giveUp(): void {
    isAsked = true;
    isOpen = false;
    held.clear();
  }

  function take(entry: SinkEntry): void {
    const { name } = entry;
    const before = held.get(name);
    // A folder may be listed twice, as an item and as a prefix that tells less.
    if (before?.kind === "folder") {
      if (before.etag === "") held.set(name, entry);
      return;
    }
    if (!ascent.take(entry)) loseOrder();
    last = name;
    const isBefore = name === after || (after !== undefined && orderKey(name) < orderKey(after));
    if (!isBefore && !renamed.has(name)) held.set(name, entry);
  }

  // What was said of names until then may have been wrong, which costs a write that is refused and no more. But such names
  // would look like extra items.
  function loseOrder(): void {
    isOrdered = false;
    if (hasConcluded) giveUp();
  }

  // Folders whose names stand before the range and whose places don't: the source's own are done, others are extra.
  async function lookBehind(signal: AbortSignal): Promise<void> {
    if (!wantsExtra || after === undefined) return;
    for (const name of namesBehind(after)) {
      if (!isOrderSafe(name) || isPast(range.upTo, `${name}/`)) continue;
      const there = await sink.stat(childPath(folder, name), signal);
      if (there?.kind === "folder" && !(await has(name, signal))) held.set(name, { name, ...there });
    }
  }

  async function begin(signal: AbortSignal): Promise<void> {
    if (isBegun) return;
    isBegun = true;
    await lookBehind(signal);
    await readPage(signal);
  }

  function isExtra({ name }: SinkEntry): boolean {
    return !atSource.has(name);
  }

  function isRead(name: string): boolean {
    if (!isOpen) return true;
    return isOrdered && isSourceOrdered && last !== undefined && isBeforeInAny(`${name}/`, last);
  }

  return {
    begin,

    sourceHasNoOrder: () => {
      isSourceOrdered = false;
    },

    at: async (name, signal) => {
      const there = nameAt(name);
      if (!isBegun) await begin(signal);
      // A name that was changed may stand anywhere, and isn't worth reading on for.
      while (!isAsked && there === name && !isRead(there)) await readPage(signal);
      if (isAsked) return "unknown";
      const item = held.get(there);
      held.delete(there);
      if (there !== name) {
        renamed.add(there);
        return item ?? "unknown";
      }
      if (item === undefined && isOpen) hasConcluded = true;
      return item ?? "nothing";
    },

    passed: (name) => {
      if (!isSourceOrdered) return [];
      const extras: SinkEntry[] = [];
      // In the order of the listing: behind the first that has not been passed for good, others may still have been.
      for (const entry of held.values()) {
        if (orderKey(placeOf(entry)) < orderKey(name)) extras.push(entry);
        else if (isOrdered && isBeforeInAny(`${name}/`, entry.name)) break;
      }
      for (const entry of extras) held.delete(entry.name);
      return wantsExtra ? extras.filter(isExtra) : [];
    },

    finish: async (upTo, signal) => {
      if (!wantsExtra || (!isSourceOrdered && !isWhole)) return;
      if (!isBegun) await begin(signal);
      while (isOpen && !(isOrdered && last !== undefined && upTo !== undefined && isBeforeInAny(`${upTo}/`, last))) {
        await readPage(signal);
      }
    },

    rest: (upTo) => {
      if (!wantsExtra || isAsked || (!isSourceOrdered && !isWhole)) return [];
      return [...held.values()].filter(
        (entry) => isExtra(entry) && (entry.name === upTo || !isPast(upTo, placeOf(entry))),
      );
    },

    joining: (source) => {
      if (isAsked || (!isSourceOrdered && !isWhole)) return "asked";
      const { units, bytes } = ascent.keeps();
      return isSourceOrdered && ((units && source.units) || (bytes && source.bytes)) ? "merged" : "hashed";
    },

    isSpent: () => !wantsExtra || isAsked || (!isSourceOrdered && !isWhole) || (!isOpen && held.size === 0),

    held: () => held.size,
  };
}

// A listing that begins at a name the lakes order differently would leave out names that come after it at the other.
function startOf(after: string | undefined): Interval {
  return after === undefined || isOrderSafe(after) ? {} : { after: orderKey(after).slice(0, -1) };
}

function isOnEitherSide(name: string, after: string | undefined): boolean {
  return after !== undefined && !isOrderSafe(after) && name !== after && orderKey(name) === orderKey(after);
}

function isPast(upTo: string | undefined, place: string): boolean {
  return upTo !== undefined && place > upTo && !isBeforeInBytes(place, upTo);
}
