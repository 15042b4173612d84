import type { BlockRange, Gift } from "../core/cut.ts";
import type { ListRange } from "../core/nameList.ts";
import { alphabetOf, cutsBetween, topOf } from "../core/pivot.ts";
import { isBeyond } from "../core/range.ts";
import type { Source } from "../lake/lake.ts";
import { bytesOf } from "./blockRun.ts";
import { cutAt, endAt, fewEntries, type Frame, isWide, knownOf, nearer, rangeOf, tailOf } from "./frame.ts";

/** A folder is worth as many files, as nobody knows yet what is in it. */
const filesPerFolder = 16;

/** No frame is larger than so many equal parts. */
const mostOfFair = 1.5;

type Sized = { readonly frame: Frame; worth: number; mayBeCut: boolean };

/**
 * Takes a share of what is left out of a walk, as frames for so many parts. `moving` are the frames that it stands in: what
 * they give are the last names of their pages, and what isn't listed yet of wide folders where there is too little else.
 * `standing` are all others, of which some are taken and may be divided: those that aren't listed first, then the largest.
 */
export function portionOf(standing: Frame[], moving: Iterable<Frame>, parts: number, share: number): readonly Frame[] {
  if (parts <= 0) return [];
  const movers = [...moving];
  for (const frame of movers) {
    const tail = standing.length < parts && isWide(frame) ? cutAt(frame, frame.page.length) : undefined;
    if (tail !== undefined) standing.unshift(tail);
  }
  const unlisted = standing.filter(({ isListed }) => !isListed);
  const listed = standing.filter(({ isListed }) => isListed).map(sizedOf);
  const sources = movers.map(sizedOf);
  const wanted = share * (worthOf(listed) + worthOf(sources));
  for (let held = worthOf(listed); held < wanted; held = worthOf(listed)) {
    if (!halve(sources, listed, 0)) break;
  }
  const most = (mostOfFair * wanted) / parts;
  while (halve(listed, listed, listed.length + unlisted.length < parts ? 0 : most));
  const taken = unlisted.slice(0, Math.ceil(share * unlisted.length));
  let sum = 0;
  const kept: Frame[] = unlisted.slice(taken.length);
  for (const { frame, worth } of listed.toSorted((a, b) => b.worth - a.worth)) {
    if (taken.length < parts || sum + worth / 2 < wanted) taken.push(frame);
    else kept.push(frame);
    sum += worth;
  }
  // In the order in which they stood, then those that are new.
  const order = new Map(standing.map((frame, index) => [frame, index]));
  kept.sort((a, b) => (order.get(a) ?? -1) - (order.get(b) ?? -1));
  standing.splice(0, standing.length, ...kept);
  return taken;
}

/**
 * Looks for places at which what isn't listed yet of a wide folder can be cut, so that there is more to give, and cuts it
 * there; false when there are none.
 */
export async function spreadOut(
  source: Source,
  standing: Frame[],
  moving: ReadonlySet<Frame>,
  parts: number,
  signal: AbortSignal,
): Promise<boolean> {
  const frame = [...moving, ...standing].find(isWide);
  const last = frame?.page.at(-1)?.name;
  if (frame === undefined || last === undefined) return false;
  const alphabet = alphabetOf(frame.page.map(({ name }) => name));
  const top = await topOf(last, alphabet, async (place) => {
    const name = await source.nameAfter(frame.folder, place, signal);
    return name !== undefined && !isBeyond(name, frame.upTo);
  });
  // Meanwhile the walk has gone on; what was found still holds if the folder is still here and was not listed on.
  if (!standing.includes(frame) && !moving.has(frame)) return false;
  if (!isWide(frame) || frame.page.at(-1)?.name !== last) return false;
  const cuts = cutsBetween(last, nearer(top, frame.upTo), alphabet, parts);
  const tails = [last, ...cuts].map((after, index) => tailOf(frame, after, cuts[index] ?? frame.upTo));
  endAt(frame, last);
  standing.unshift(...tails);
  return true;
}

/** What was taken out of a walk as at most so many gifts, each with its share of everything. */
export function giftsOf(
  frames: readonly Frame[],
  unsent: readonly BlockRange[],
  unread: readonly ListRange[],
  parts: number,
): readonly Gift[] {
  const count = Math.min(parts, frames.length + unsent.length + unread.length);
  return Array.from({ length: count }, (_, index) => {
    const given = everyNth(frames, index, count);
    const blocks = everyNth(unsent, index - frames.length, count);
    const { files, bytes } = knownOf(given);
    return {
      ranges: given.map(rangeOf),
      open: [],
      blocks,
      lists: everyNth(unread, index - frames.length - unsent.length, count),
      known: { files, bytes: bytes + bytesOf(blocks) },
    };
  });
}

function everyNth<T>(list: readonly T[], first: number, count: number): readonly T[] {
  const from = ((first % count) + count) % count;
  return list.filter((_item, index) => index % count === from);
}

// Adds the second half of the largest frame to others; false when none is larger than that, and worth it.
function halve(frames: readonly Sized[], others: Sized[], than: number): boolean {
  for (;;) {
    const largest = frames.reduce<Sized | undefined>(
      (a, b) => (!b.mayBeCut || (a !== undefined && a.worth >= b.worth) ? a : b),
      undefined,
    );
    if (largest === undefined || largest.worth < 2 * fewEntries || largest.worth <= than) return false;
    const tail = secondHalf(largest);
    if (tail !== undefined) {
      largest.worth = sizedOf(largest.frame).worth;
      others.push(sizedOf(tail));
      return true;
    }
    largest.mayBeCut = false;
  }
}

function secondHalf({ frame, worth }: Sized): Frame | undefined {
  let left = worth;
  for (let index = frame.at; index < frame.page.length; index++) {
    if (left <= worth / 2 && index > frame.at) return cutAt(frame, index);
    left -= worthAt(frame, index);
  }
  return undefined;
}

function sizedOf(frame: Frame): Sized {
  let worth = 0;
  for (let index = frame.at; index < frame.page.length; index++) worth += worthAt(frame, index);
  return { frame, worth, mayBeCut: true };
}

function worthOf(frames: readonly Sized[]): number {
  return frames.reduce((sum, { worth }) => sum + worth, 0);
}

function worthAt({ page }: Frame, index: number): number {
  return page[index]?.kind === "folder" ? filesPerFolder : 1;
}
