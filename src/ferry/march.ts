import type { SinkEntry, Standing } from "../core/entry.ts";
import { isLakeError, isOfLake } from "../core/error.ts";
import { type Ascent, isBeforeInAny, isBeforeInBytes, openAscent, orderKey, placeOf } from "../core/order.ts";
import type { LakePath } from "../core/path.ts";
import { type Interval, isOrderSafe } from "../core/range.ts";
import { laterOf } from "../core/selection.ts";
import type { Sink } from "../lake/lake.ts";
import { byPlace, foldersBehind, isTold, nameAtPlace, placeKey, type Portion, portionOf } from "./children.ts";

/** With more items of one folder than that, those that nobody waits for are told before the listing is read on. */
const enoughHeld = 1000;
/** As many items of one folder are held until the names they wait for come; a folder that wants more is asked name by name. */
const maxHeld = 200_000;
/** Names that the source is asked for side by side. */
const asksAtOnce = 16;
/** Items that only the sink has, told at a time. */
const portionItems = 64;

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
  /** What stands under a name; each is asked for once. "more": `passed` has something to tell, then it is asked again. */
  readonly at: (name: string, signal: AbortSignal) => Promise<Standing | "more">;
  /** Told when the source's names don't ascend: everything of the sink is read then, and extras are known at the end. */
  readonly sourceHasNoOrder: () => void;
  /** A portion of what only the sink has and the source has come past with `name`; each item is given once. */
  readonly passed: (name: string) => Portion;
  /** Reads on to the end of the range, so that `rest` is known; or says that there is more, once some of it was told. */
  readonly finish: (upTo: string | undefined, signal: AbortSignal) => Promise<"all" | "more">;
  /** A portion of what only the sink has, up to the end of the range. */
  readonly rest: (upTo: string | undefined) => Portion;
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

/** A range of a folder, and the place up to which a walk before has told what only the sink has in it. */
export type Stretch = Interval & { readonly told?: string | undefined };

/** The sink's side of a range of a source folder that this run didn't make. */
export type Beside = (folder: LakePath, stretch: Stretch) => March;

/** Opens the sink's side of a range of a folder. Without a wish for extra items nothing is read for their sake. */
export function openMarch(
  sink: Sink,
  folder: LakePath,
  { told: toldBefore, ...range }: Stretch,
  { nameAt, has }: OfSource,
  wantsExtra: boolean,
): March {
  /** Between what was told and the source's next name there is nothing of the source. */
  const after = laterOf(range.after, nameAtPlace(toldBefore));
  const held = new Map<string, SinkEntry>();
  /** Only at the sink, and to be told next. */
  const extras: SinkEntry[] = [];
  let told = toldBefore;
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
  const isWhole = range.after === undefined;

  async function readPage(signal: AbortSignal): Promise<void> {
    try {
      const page = await sink.list(folder, next === undefined ? start : { token: next }, signal);
      for (const entry of page.entries) take(entry);
      if (wantsExtra)
        await askFor(
          page.entries.map(({ name }) => name).filter((name) => isOnEitherSide(name, after)),
          signal,
        );
      next = page.next;
      isOpen = next !== undefined && !isAsked;
    } catch (error) {
      if (signal.aborted || !isLakeError(error) || isOfLake(error)) throw error;
      giveUp();
    }
    if (isAsked) held.clear();
    else if (held.size > maxHeld) giveUp();
  }

  // The orders of both lakes may differ about these: the source's walk has passed some of them before.
  async function askFor(names: readonly string[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < names.length; at += asksAtOnce) {
      const some = names.slice(at, at + asksAtOnce);
      const answers = await Promise.all(some.map((name) => has(name, signal)));
      for (const [index, name] of some.entries()) if (answers[index] === true) atSource.add(name);
    }
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
    const isBefore = name === range.after || (range.after !== undefined && orderKey(name) < orderKey(range.after));
    if (!isBefore && !isTold(entry, toldBefore) && !renamed.has(name)) held.set(name, entry);
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
    for (const entry of await foldersBehind(sink, folder, after, signal)) {
      const isOut = isPast(range.upTo, placeOf(entry)) || isTold(entry, toldBefore);
      if (!isOut && !(await has(entry.name, signal))) held.set(entry.name, entry);
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

  // Items that are told now, should any of them stand before `end`: what comes later in the listing doesn't.
  function tell(end: string | undefined, isMeant: (entry: SinkEntry) => boolean): Portion {
    if (extras.length === 0 && (isOrdered || !isOpen)) {
      const ready: SinkEntry[] = [];
      // In the order of the listing: behind the first that has not been passed for good, others may still have been.
      for (const entry of held.values()) {
        if (isReady(entry, end) && isMeant(entry)) ready.push(entry);
        else if (isOrdered && end !== undefined && isBeforeInAny(`${end}/`, entry.name)) break;
      }
      for (const { name } of ready) held.delete(name);
      if (wantsExtra) extras.push(...ready.filter(isExtra).toSorted(byPlace));
    }
    if (extras.length === 0) return nothingTold;
    const portion = portionOf(extras, portionItems, told);
    told = portion.told;
    return portion;
  }

  // Before `end`, and no page to come has anything that stands before it.
  function isReady(entry: SinkEntry, end: string | undefined): boolean {
    const key = placeKey(entry);
    if (isOpen && last !== undefined && key >= orderKey(last)) return false;
    return end === undefined || key < orderKey(end);
  }

  // Whether what is held has to be told before more is read.
  function isEnough(canTell: (entry: SinkEntry) => boolean): boolean {
    if (!wantsExtra || !isOrdered || !isSourceOrdered || isAsked) return false;
    return extras.length > 0 || (held.size > enoughHeld && [...held.values()].some(canTell));
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
      // A name that was changed may stand anywhere, and isn't worth reading on for; what only the sink has before it is.
      while (!isAsked && (there === name || wantsExtra) && !isRead(name)) {
        if (isEnough((entry) => isReady(entry, name))) return "more";
        await readPage(signal);
      }
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

    passed: (name) => (isSourceOrdered ? tell(name, () => true) : nothingTold),

    finish: async (upTo, signal) => {
      if (!wantsExtra || (!isSourceOrdered && !isWhole)) return "all";
      if (!isBegun) await begin(signal);
      while (isOpen && !(isOrdered && last !== undefined && upTo !== undefined && isBeforeInAny(`${upTo}/`, last))) {
        if (isEnough((entry) => isReady(entry, undefined) && isIn(entry, upTo))) return "more";
        await readPage(signal);
      }
      return "all";
    },

    rest: (upTo) => {
      if (!wantsExtra || (!isSourceOrdered && !isWhole)) return nothingTold;
      return tell(undefined, (entry) => isIn(entry, upTo));
    },

    joining: (source) => {
      if (isAsked || (!isSourceOrdered && !isWhole)) return "asked";
      const { units, bytes } = ascent.keeps();
      return isSourceOrdered && ((units && source.units) || (bytes && source.bytes)) ? "merged" : "hashed";
    },

    isSpent: () =>
      extras.length === 0 && (!wantsExtra || isAsked || (!isSourceOrdered && !isWhole) || (!isOpen && held.size === 0)),

    held: () => held.size + extras.length,
  };
}

const nothingTold: Portion = { items: [], told: undefined };

// True for what belongs to a range that ends at a name, which is in it.
function isIn(entry: SinkEntry, upTo: string | undefined): boolean {
  return entry.name === upTo || !isPast(upTo, placeOf(entry));
}

// A listing that begins at a name the lakes order differently would leave out names that come after it at the other.
function startOf(after: string | undefined): Interval {
  if (after === undefined) return {};
  return { after: isOrderSafe(after) ? after : orderKey(after).slice(0, -1) };
}

function isOnEitherSide(name: string, after: string | undefined): boolean {
  return after !== undefined && !isOrderSafe(after) && name !== after && orderKey(name) === orderKey(after);
}

function isPast(upTo: string | undefined, place: string): boolean {
  return upTo !== undefined && place > upTo && !isBeforeInBytes(place, upTo);
}
