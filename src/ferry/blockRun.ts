import { type BlockRange, middleOf } from "../core/cut.ts";

/**
 * Blocks of a large file in the hands of a walk: those before `from` are counted, those before `busy` on their way. A run
 * of none from the beginning stands for what comes after the last block.
 */
export type BlockRun = {
  readonly path: BlockRange["path"];
  readonly file: string;
  readonly blockBytes: number | undefined;
  readonly isCommit: boolean;
  from: number;
  busy: number;
  to: number;
};

/** A run that nobody sends yet. */
export function runOf({ path, file, from, to, blockBytes }: BlockRange): BlockRun {
  return { path, file, blockBytes, isCommit: from === to, from, busy: from, to };
}

/** What is left of a run. */
export function rangeOfRun({ path, file, from, to, blockBytes }: BlockRun): BlockRange {
  return { path, file, from, to, ...(blockBytes === undefined ? {} : { blockBytes }) };
}

/** The bytes of blocks that aren't counted yet, as far as they are known. */
export function bytesOf(runs: Iterable<BlockRange | BlockRun>): number {
  let bytes = 0;
  for (const { from, to, blockBytes = 0 } of runs) bytes += (to - from) * blockBytes;
  return bytes;
}

/** True while there is something to do for a run. */
export function isLeftOf({ isCommit, from, to }: BlockRun): boolean {
  return isCommit || from < to;
}

/** Takes the second half of the largest run, of what isn't on its way; undefined when none is worth it. */
export function partedRun(runs: Iterable<BlockRun>): BlockRun | undefined {
  let largest: BlockRun | undefined;
  for (const run of runs) {
    if (largest === undefined || run.to - run.busy > largest.to - largest.busy) largest = run;
  }
  const middle = largest === undefined ? undefined : middleOf(largest.busy, largest.to);
  if (largest === undefined || middle === undefined) return undefined;
  const rest = runOf(rangeOfRun({ ...largest, from: middle }));
  largest.to = middle;
  return rest;
}
