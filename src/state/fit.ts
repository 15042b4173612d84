import { type Cut, type Gift, maxCutBytes, splitCut } from "../core/cut.ts";

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

/** How many pieces of work there are in a cut. */
export function pieces({ ranges, blocks = [] }: Cut): number {
  return ranges.length + blocks.reduce((sum, { from, to }) => sum + to - from, 0);
}
