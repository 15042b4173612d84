import { cutAt, fewEntries, type Frame, isWide } from "./frame.ts";

/** A folder is worth as many files, as nobody knows yet what is in it. */
const filesPerFolder = 16;

/**
 * Makes more frames out of some that have names at hand: what isn't listed yet of a wide folder first, then halves of
 * pages, the one with the most on it each time. There are `least` then, if that can be, and no page has more than two of
 * `most` parts of a `share` of it all; never more than `most`. The frames themselves keep the first parts.
 */
export function parted(frames: readonly Frame[], least: number, most: number, share: number): readonly Frame[] {
  const tails: Frame[] = [];
  for (const frame of frames) {
    const tail = tails.length < least && isWide(frame) ? cutAt(frame, frame.page.length) : undefined;
    if (tail !== undefined) tails.push(tail);
  }
  const sized: Sized[] = frames.map(sizedOf);
  const fair = (share * sized.reduce((sum, { worth }) => sum + worth, 0)) / most;
  while (tails.length < most) {
    const largest = sized.reduce<Sized | undefined>(
      (a, b) => (a !== undefined && a.worth >= b.worth ? a : b),
      undefined,
    );
    if (largest === undefined || largest.worth < 2 * fewEntries) break;
    if (tails.length >= least && largest.worth <= 2 * fair) break;
    const tail = secondHalf(largest);
    largest.worth = tail === undefined ? 0 : worthOf(largest.frame);
    if (tail === undefined) continue;
    tails.push(tail);
    sized.push(sizedOf(tail));
  }
  return tails;
}

/** Takes so many frames out of a list, those of which nobody knows how much is in them first, then the largest. */
export function takeLargest(frames: Frame[], count: number): readonly Frame[] {
  const sizeOf = (frame: Frame) => (frame.isListed ? worthOf(frame) : Number.POSITIVE_INFINITY);
  const taken = frames
    .map((frame) => ({ frame, size: sizeOf(frame) }))
    .toSorted((a, b) => (a.size === b.size ? 0 : b.size - a.size))
    .slice(0, count)
    .map(({ frame }) => frame);
  const rest = frames.filter((frame) => !taken.includes(frame));
  frames.splice(0, frames.length, ...rest);
  return taken;
}

type Sized = { readonly frame: Frame; worth: number };

function sizedOf(frame: Frame): Sized {
  return { frame, worth: worthOf(frame) };
}

function secondHalf({ frame, worth }: Sized): Frame | undefined {
  let left = worth;
  for (let index = frame.at; index < frame.page.length; index++) {
    if (left <= worth / 2 && index > frame.at) return cutAt(frame, index);
    left -= worthAt(frame, index);
  }
  return undefined;
}

function worthOf(frame: Frame): number {
  let worth = 0;
  for (let index = frame.at; index < frame.page.length; index++) worth += worthAt(frame, index);
  return worth;
}

function worthAt({ page }: Frame, index: number): number {
  return page[index]?.kind === "folder" ? filesPerFolder : 1;
}
