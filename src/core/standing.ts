import type { Bottleneck } from "./advice.ts";
import type { Run, RunStatus } from "./run.ts";
import { runAdvice } from "./runAdvice.ts";
import { movedIn, type Tally, totalOf } from "./tally.ts";

/** How a run stands, as a monitor wants to know it: sums since its beginning. */
export type Standing = {
  readonly run: string;
  readonly status: RunStatus;
  readonly lanes: number;
  readonly copied: number;
  readonly skipped: number;
  /** Files and folders. */
  readonly failed: number;
  readonly failedBecause: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** See movedIn: while it doesn't grow, nothing moves. */
  readonly settled: number;
  /** What has bound it so far; absent where that can't be told. */
  readonly bottleneck?: Bottleneck;
};

/** How a run stands by its rows. */
export function standingOf(run: Run, tally: Tally): Standing {
  const { id, status, wave } = run;
  const advice = runAdvice(run, tally);
  const { filesCopied, filesSkipped, filesFailed, foldersFailed } = tally;
  const because: Record<string, number> = {};
  for (const counts of [filesFailed, foldersFailed]) {
    for (const [kind, count] of Object.entries(counts)) because[kind] = (because[kind] ?? 0) + count;
  }
  return {
    run: id,
    status,
    lanes: wave?.lanes ?? 0,
    copied: filesCopied,
    skipped: totalOf(filesSkipped),
    failed: totalOf(because),
    failedBecause: because,
    bytes: tally.bytesCopied,
    settled: movedIn(tally),
    ...(advice === undefined ? {} : { bottleneck: advice.bottleneck }),
  };
}
