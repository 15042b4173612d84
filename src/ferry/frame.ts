import type { CutRange, Past } from "../core/cut.ts";
import type { Entry, Standing } from "../core/entry.ts";
import type { Known } from "../core/glance.ts";
import type { FolderOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import { LakeError } from "../core/error.ts";
import { type Ascent, openAscent } from "../core/order.ts";
import { type Interval, isBeyond, isOrderSafe } from "../core/range.ts";
import type { March } from "./march.ts";
import { type Inside, laterOf } from "../core/selection.ts";

/** Fewer names aren't worth a packet. */
export const fewEntries = 64;

/** A folder being walked. `after` is the last name that was started; `page` what was listed and not yet started. */
export type Frame = {
  readonly folder: LakePath;
  after: string | undefined;
  upTo: string | undefined;
  past: Past | undefined;
  /** What of it is selected; everything when that is absent. */
  readonly inside: Inside | undefined;
  /** How the folder was met, of one that is undecided. */
  met: Met | undefined;
  /** What became of the folder itself, until it is counted: with its first name, or when it turns out to be empty. */
  uncounted: FolderOutcome | undefined;
  page: readonly Entry[];
  at: number;
  /** Where on the page the next folder is, below zero when there is none; undefined until it is looked for. */
  ahead: number | undefined;
  isListed: boolean;
  isListing: boolean;
  /** The order of the source's names so far; unordered: they have none, and the folder can't be divided. */
  ascent: Ascent;
  isUnordered: boolean;
  /** The sink's side, once it was begun. */
  march: March | undefined;
  /** What only the sink has was told up to this place, between `after` and the next name. */
  told: string | undefined;
  /** What was taken out of the march isn't told yet. */
  isTelling: boolean;
};

/** How a walk has met a folder: its entry, and what is known of the folder that it stands in. */
export type Met = {
  readonly entry: Entry | undefined;
  readonly there: Standing;
  readonly mayBeOurs: boolean;
  readonly isRetaken: boolean;
};

/** What an earlier walk met is looked at again. */
export const metEarlier: Met = { entry: undefined, there: "unknown", mayBeOurs: true, isRetaken: true };

/** True for a folder that isn't made, nor counted, as long as nothing in it is selected. */
export function isUndecided({ past }: { readonly past?: Past | undefined }): boolean {
  return past === "undecided";
}

/** True for a folder of which more pages are to come, and that can be cut behind its present one. */
export function isWide({ isListed, isListing, isUnordered, page, past, upTo }: Frame): boolean {
  const last = page.at(-1)?.name;
  return (
    past !== "undecided" &&
    !isListed &&
    !isListing &&
    !isUnordered &&
    last !== undefined &&
    isOrderSafe(last) &&
    isEnd(upTo)
  );
}

/** True for a bound that both name orders agree on: it ends a listing; any other is only a filter. */
export function isEnd(upTo: string | undefined): boolean {
  return upTo === undefined || isOrderSafe(upTo);
}

/** How much of a page is in a range that ends on it; undefined when the range goes on. */
export function endOf(entries: readonly Entry[], upTo: string | undefined): number | undefined {
  if (upTo === undefined || !isEnd(upTo)) return undefined;
  // A range that was cut behind a page ends with the page's last name: nothing is asked for beyond it.
  if (entries.at(-1)?.name === upTo) return entries.length;
  const end = entries.findIndex(({ name }) => isBeyond(name, upTo));
  return end < 0 ? undefined : end;
}

/** The rest of a folder behind a name, as a frame of its own. */
export function tailOf({ folder, past, inside }: Frame, after: string, upTo: string | undefined): Frame {
  return newFrame(
    { folder, after, ...(upTo === undefined ? {} : { upTo }), ...(past === undefined ? {} : { past }) },
    undefined,
    inside,
  );
}

/**
 * Lets a frame end before an entry of its page, or with its page, and makes a frame of what comes behind; undefined where
 * it can't be cut.
 */
export function cutAt(frame: Frame, index: number): Frame | undefined {
  const name = frame.page[index - 1]?.name;
  if (name === undefined || !isOrderSafe(name) || !isEnd(frame.upTo) || isUndecided(frame)) return undefined;
  if (frame.isListing || frame.isUnordered || (frame.isListed && index === frame.page.length)) return undefined;
  const tail = { ...tailOf(frame, name, frame.upTo), page: frame.page.slice(index), isListed: frame.isListed };
  turnTo(frame, frame.page.slice(0, index));
  endAt(frame, name);
  return tail;
}

/**
 * Where to cut a frame whose next entry is a file, to come to its folders first: before the next one on the page, or
 * behind a page without any. Undefined when it isn't worth it.
 */
export function waysDown(frame: Frame): number | undefined {
  const { page, at, isListed } = frame;
  // Looked for once for all the files before it.
  if (frame.ahead === undefined || (frame.ahead >= 0 && frame.ahead <= at)) {
    frame.ahead = page.findIndex(({ kind }, index) => index > at && kind === "folder");
  }
  const folder = frame.ahead;
  if (folder < 0) return isListed ? undefined : page.length;
  return folder - at < fewEntries ? undefined : folder;
}

/** Gives a frame another page. */
export function turnTo(frame: Frame, page: readonly Entry[]): void {
  frame.page = page;
  frame.ahead = undefined;
}

/** Lets a frame end with this name, which is on its page. */
export function endAt(frame: Frame, name: string): void {
  frame.upTo = name;
  frame.isListed = true;
}

/** A frame that nobody has stood in yet; what isn't selected behind its last names, or before the first, isn't listed. */
export function newFrame(range: CutRange, uncounted: FolderOutcome | undefined, inside: Inside | undefined): Frame {
  const { folder, after, upTo, past, told } = range;
  return {
    folder,
    after,
    upTo: isEnd(upTo) ? nearer(upTo, inside?.names.upTo) : upTo,
    past,
    inside,
    met: isUndecided(range) ? metEarlier : undefined,
    uncounted,
    page: [],
    at: 0,
    ahead: undefined,
    isListed: false,
    isListing: false,
    ascent: openAscent(false),
    isUnordered: false,
    march: undefined,
    told,
    isTelling: false,
  };
}

/**
 * Takes note of the order of a page. A range is "everything after this name": names that don't ascend can be walked from
 * one end to the other, as the lake has its own order to go on in, but not in a range that ends at a name.
 */
export function watchOrder(frame: Frame, entries: readonly Entry[]): void {
  for (const entry of entries) if (!frame.ascent.take(entry)) frame.isUnordered = true;
  if (!frame.isUnordered) return;
  if (frame.upTo !== undefined) {
    const detail =
      "names don't ascend, so a part that ends at a name can't be told from the rest; ask for the whole folder";
    throw new LakeError("unexpected", { op: "LISTSTATUS", path: frame.folder, detail });
  }
  frame.march?.sourceHasNoOrder();
}

/** Names that a frame keeps in memory. */
export function heldBy({ page, at, march }: Frame): number {
  return page.length - at + (march?.held() ?? 0);
}

/** What is known of the names in frames that aren't started. */
export function knownOf(frames: Iterable<Frame>): Known {
  let [files, bytes] = [0, 0];
  for (const { page, at } of frames) {
    for (const entry of page.slice(at)) {
      if (entry.kind === "file") files++;
      bytes += entry.bytes;
    }
  }
  return { files, bytes };
}

/** Drops what was listed and not yet started; it is listed again when it is wanted. */
export function forget(frame: Frame): void {
  if (isLeft(frame)) frame.isListed = false;
  turnTo(frame, []);
  frame.at = 0;
  frame.march = undefined;
  frame.ascent = openAscent(false);
}

/** Where the selected names of a frame are that aren't started. */
export function intervalOf({ after: last, inside, upTo }: Frame): Interval {
  const after = laterOf(last, inside?.names.after);
  return { ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) };
}

/** What is known of a folder at the sink that was just prepared; `isRetaken`: a worker that was lost had its parent. */
export function pastAfter(outcome: FolderOutcome, isRetaken: boolean): Pick<CutRange, "past"> {
  if (outcome.do === "planned") return { past: "fresh" };
  if (outcome.do === "made") return { past: outcome.before === true ? "made" : "fresh" };
  return isRetaken ? { past: "found" } : {};
}

/** True when a worker that was lost may have been in the folder. */
export function isTakenOver(past: Past | undefined): boolean {
  return past === "made" || past === "found";
}

/** True while there is something to do in a frame, or something that only the sink has to be counted. */
export function isLeft({ isListed, at, page, past, uncounted, march, isTelling }: Frame): boolean {
  const isTold = !isTelling && march?.isSpent() !== false;
  return !isListed || at < page.length || uncounted !== undefined || past === "undecided" || !isTold;
}

/** What is left of a frame. */
export function rangeOf({ folder, after, upTo, past, uncounted, told }: Frame): CutRange {
  const carried = uncounted !== undefined && "carried" in uncounted ? uncounted.carried : undefined;
  return {
    folder,
    ...(after === undefined ? {} : { after }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(past === undefined ? {} : { past }),
    ...(carried === undefined ? {} : { carried }),
    ...(told === undefined ? {} : { told }),
  };
}

/** The nearer of two ends. */
export function nearer(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
