import { blocksIn, type Cut, type Gift, halved, maxCutBytes, splitCut } from "../core/cut.ts";

/** Packets in one step, so that it fits into one transaction. */
export const maxGiven = 40;

/**
 * The same work in rows that fit into one transaction; they are larger than wanted only when they would be too many. What
 * is known of it is said of the first.
 */
export function splitToFit({ known, ...cut }: Gift, most = maxGiven): readonly Gift[] {
  for (let maxBytes = maxCutBytes; ; maxBytes *= 2) {
    const [first = cut, ...more] = splitCut(cut, maxBytes);
    if (more.length < most) return [known === undefined ? first : { ...first, known }, ...more];
  }
}

/** Ranges dealt out one by one, so that each part has some of the large ones, which stand at the beginning. */
export function dealt(cut: Cut, most: number): readonly Cut[] {
  const blocks = halved(blocksIn(cut), most - cut.ranges.length);
  const count = Math.min(most, cut.ranges.length + blocks.length);
  if (count < 2) return [cut];
  return Array.from({ length: count }, (_, part) => ({
    ranges: cut.ranges.filter((_range, index) => index % count === part),
    open: part === 0 ? cut.open : [],
    // Behind the ranges, so that who has fewer of those has some of these.
    blocks: blocks.filter((_blocks, index) => (cut.ranges.length + index) % count === part),
  }));
}

/** How many pieces of work there are in a cut. */
export function pieces({ ranges, blocks = [] }: Cut): number {
  return ranges.length + blocks.reduce((sum, { from, to }) => sum + to - from, 0);
}
