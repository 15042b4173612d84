import type { BlockRange } from "../core/cut.ts";
import { allBlocks, type LargeFile } from "../core/largeFile.ts";
import type { FileOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import { type BlockRun, bytesOf, isLeftOf, partedRun, rangeOfRun, runOf } from "./blockRun.ts";
import type { Parted } from "./copy.ts";

/** Runs of blocks that one walk sends at a time: the second one fills the pauses of the first. */
const runsAtOnce = 2;

/** The part of a walk that sends blocks of large files. */
export type BlockWalk = {
  /** What isn't sent, or not made the content of its file. */
  readonly left: () => readonly BlockRange[];
  /** Takes on a file that was just parted. */
  readonly add: (file: LargeFile) => void;
  /** Runs that nobody sends yet. */
  readonly spare: () => number;
  /** Makes one more run of the largest, if that is worth it. */
  readonly part: () => boolean;
  /** Takes the first half of the runs that nobody sends out of the walk, or as many as are wanted. */
  readonly give: (least: number) => readonly BlockRange[];
  /** Begins to send, as many runs at a time as may be. */
  readonly start: () => void;
  /** A file that is being sent. */
  readonly path: () => LakePath | undefined;
  /** Bytes of blocks that aren't sent. */
  readonly bytes: () => number;
};

/** What a walk of blocks needs of the walk that it is part of. */
export type BlockMeans = {
  readonly isStopped: () => boolean;
  /** A slot for one run; none once the walk is stopped. */
  readonly slot: () => Promise<(() => void) | undefined>;
  readonly send: (run: BlockRun) => Promise<FileOutcome | Parted | "done" | "postponed">;
  /** Told of a file that is over, in the same instant as nothing is left of it here. */
  readonly finish: (path: LakePath, outcome: FileOutcome | Parted) => void;
  /** Takes note of what is under way and of its failure, and calls back when it is over. */
  readonly track: (sending: Promise<void>, over: () => void) => void;
};

/** Opens the blocks of a cut. */
export function openBlockWalk(blocks: readonly BlockRange[], means: BlockMeans): BlockWalk {
  const waiting: BlockRun[] = blocks.map(runOf);
  const sending = new Set<BlockRun>();
  /** Left for a later walk. */
  const postponed: BlockRun[] = [];

  // One that is alone is divided.
  function start(): void {
    while (!means.isStopped() && sending.size < runsAtOnce) {
      const run = waiting.shift() ?? partedRun(sending);
      if (run === undefined) return;
      sending.add(run);
      means.track(sendRun(run), start);
    }
  }

  async function sendRun(run: BlockRun): Promise<void> {
    const release = await means.slot();
    if (release === undefined) return;
    try {
      const outcome = await means.send(run);
      // What isn't sent stays part of the cut.
      if (outcome === "done" && isLeftOf(run)) return;
      sending.delete(run);
      if (outcome === "postponed") postponed.push(run);
      else if (outcome !== "done") means.finish(run.path, outcome);
    } finally {
      release();
    }
  }

  return {
    left: () => [...waiting, ...sending, ...postponed].filter(isLeftOf).map(rangeOfRun),
    add: (file) => {
      waiting.push(runOf(allBlocks(file)));
      start();
    },
    spare: () => waiting.length,
    part: () => {
      const run = partedRun([...sending, ...waiting]);
      if (run !== undefined) waiting.push(run);
      return run !== undefined;
    },
    give: (least) =>
      least <= 0 ? [] : waiting.splice(0, Math.max(least, Math.ceil(waiting.length / 2))).map(rangeOfRun),
    start,
    path: () => [...sending][0]?.path,
    bytes: () => bytesOf([...waiting, ...sending, ...postponed]),
  };
}
