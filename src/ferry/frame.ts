import type { CutRange, Past } from "../core/cut.ts";
import type { Entry } from "../core/entry.ts";
import type { FolderOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import { isBeyond, isOrderSafe } from "../core/range.ts";

/** A folder being walked. `after` is the last name that was started; `page` what was listed and not yet started. */
export type Frame = {
  readonly folder: LakePath;
  after: string | undefined;
  upTo: string | undefined;
  readonly past: Past | undefined;
  /** What became of the folder itself, until it is counted: with its first name, or when it turns out to be empty. */
  uncounted: FolderOutcome | undefined;
  page: readonly Entry[];
  at: number;
  isListed: boolean;
  isListing: boolean;
};

/** True for a folder of which more pages are to come, and that can be cut behind its present one. */
export function isWide({ isListed, isListing, page, upTo }: Frame): boolean {
  const last = page.at(-1)?.name;
  return !isListed && !isListing && last !== undefined && isOrderSafe(last) && isEnd(upTo);
}

/** True for a bound that both name orders agree on: it ends a listing; any other is only a filter. */
export function isEnd(upTo: string | undefined): boolean {
  return upTo === undefined || isOrderSafe(upTo);
}

/** Where a page goes beyond its range; undefined when it doesn't. */
export function endOf(entries: readonly Entry[], upTo: string | undefined): number | undefined {
  if (upTo === undefined || !isEnd(upTo)) return undefined;
  const end = entries.findIndex(({ name }) => isBeyond(name, upTo));
  return end < 0 ? undefined : end;
}

/** The rest of a folder behind a name, as a frame of its own. */
export function tailOf({ folder, past }: Frame, after: string, upTo: string | undefined): Frame {
  return newFrame(
    { folder, after, ...(upTo === undefined ? {} : { upTo }), ...(past === undefined ? {} : { past }) },
    undefined,
  );
}

/** Lets a frame end with this name, which is on its page. */
export function endAt(frame: Frame, name: string): void {
  frame.upTo = name;
  frame.isListed = true;
}

/** A frame that nobody has stood in yet. */
export function newFrame(range: CutRange, uncounted: FolderOutcome | undefined): Frame {
  const { folder, after, upTo, past } = range;
  return { folder, after, upTo, past, uncounted, page: [], at: 0, isListed: false, isListing: false };
}

/** What is known of a folder at the sink that was just prepared; `isRetaken`: a worker that was lost had its parent. */
export function pastAfter(outcome: FolderOutcome, isRetaken: boolean): Pick<CutRange, "past"> {
  if (outcome.do === "made") return { past: outcome.before === true ? "made" : "fresh" };
  return isRetaken ? { past: "found" } : {};
}

/** True when a worker that was lost may have been in the folder. */
export function isTakenOver(past: Past | undefined): boolean {
  return past === "made" || past === "found";
}

/** True while there is something to do in a frame. */
export function isLeft({ isListed, at, page, uncounted }: Frame): boolean {
  return !isListed || at < page.length || uncounted !== undefined;
}

/** What is left of a frame. */
export function rangeOf({ folder, after, upTo, past }: Frame): CutRange {
  return {
    folder,
    ...(after === undefined ? {} : { after }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(past === undefined ? {} : { past }),
  };
}
