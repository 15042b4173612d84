import { blocksPerRead } from "../core/blocks.ts";
import { emptyCrc64 } from "../core/crc64.ts";
import { type Failure, failureOf, LakeError } from "../core/error.ts";
import { begun, type LargeFileState } from "../core/largeFile.ts";
import type { FileOutcome, Sent } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Blame } from "./blame.ts";
import type { BlockRun } from "./blockRun.ts";
import type { Crossing, Parted } from "./copy.ts";
import { commitLarge, sendPiece } from "./large.ts";
import type { Ledger } from "./ledger.ts";
import type { Verdicts } from "./verdict.ts";
import type { Visitor } from "./visitor.ts";

/** Large files of which a walk remembers how it began them, until their rows say so. */
const maxBegun = 1000;

/** The part of a copying visitor that deals with large files. */
export type LargeVisits = Pick<Visitor, "blocks" | "fileOpened"> & {
  /** Waits for a place in the ledger for a file that is parted. */
  readonly roomFor: (parted: Parted, signal: AbortSignal) => Promise<Parted>;
};

/** What visits of large files need of the visitor that they are part of. */
export type LargeMeans = {
  readonly crossing: Crossing;
  readonly ledger: Ledger;
  /** Where a file goes; throws where the sink can't hold it. */
  readonly target: (path: LakePath) => LakePath;
  readonly blame: Blame;
  readonly verdict: Verdicts;
  /** A large file that another walk has begun. */
  readonly largeFile: (id: string) => Promise<LargeFileState | undefined>;
};

/** Visits of large files: their blocks are sent, and made their content. */
export function largeVisits({ crossing, ledger, target, blame, verdict, largeFile }: LargeMeans): LargeVisits {
  /** Large files that this walk has begun. */
  const begunHere = new Map<string, LargeFileState>();

  // A file's blocks one read after the other; what can't be sent leaves the verdict to whoever commits.
  async function sendRun(
    run: BlockRun,
    file: LargeFileState,
    ending: AbortSignal,
    signal: AbortSignal,
  ): Promise<"done" | "postponed"> {
    const to = target(run.path);
    while (run.from < run.to && !ending.aborted) {
      if (file.failure !== undefined) {
        passOver(run, file.failure);
        break;
      }
      run.busy = Math.min(run.from + blocksPerRead(crossing.sizes, file.blockBytes), run.to);
      try {
        const { crc64, bytes } = await sendPiece(crossing, file, to, run.from, run.busy, signal, ending);
        blame.cleared();
        ledger.staged({ file: file.id, blocks: run.busy - run.from, crc64 }, bytes);
        run.from = run.busy;
      } catch (error) {
        run.busy = run.from;
        // It may have waited for memory until now; whatever it was, it is for a later walk.
        if (ending.aborted && !signal.aborted) break;
        if ((await blame.of(error, signal)) === "postponed") return "postponed";
        passOver(run, failureOf(error, "copy", run.path));
      }
    }
    return "done";
  }

  function passOver(run: BlockRun, failure: Failure): void {
    ledger.staged({ file: run.file, blocks: run.to - run.from, crc64: emptyCrc64, failure }, 0);
    run.from = run.to;
  }

  async function commit(file: LargeFileState, signal: AbortSignal): Promise<FileOutcome | Sent | Parted | "postponed"> {
    const { path } = file;
    try {
      const outcome = await commitLarge(crossing, file, target(path), signal);
      blame.cleared();
      return outcome;
    } catch (error) {
      if ((await blame.of(error, signal)) === "postponed") return "postponed";
      return verdict.file(error, path, file, signal);
    }
  }

  // Its place in the ledger is free again with the save that tells of it.
  async function roomFor(parted: Parted, signal: AbortSignal): Promise<Parted> {
    const release = await ledger.large(signal);
    release();
    return parted;
  }

  return {
    blocks: async (run, { ending, givenUp }, signal) => {
      await ledger.room(signal);
      const release = await ledger.large(signal);
      try {
        const known = begunHere.get(run.file) ?? (await largeFile(run.file));
        if (known === undefined) throw unknownFile(run);
        const file = givenUp === undefined ? known : { ...known, failure: givenUp };
        if (!run.isCommit) return await sendRun(run, file, ending, signal);
        const outcome = await commit(file, signal);
        return outcome !== "postponed" && outcome.do === "parted" ? await roomFor(outcome, signal) : outcome;
      } finally {
        release();
      }
    },

    fileOpened: (file) => {
      begunHere.set(file.id, begun(file));
      // The oldest have been saved long since.
      for (const id of begunHere.keys()) {
        if (begunHere.size <= maxBegun) break;
        begunHere.delete(id);
      }
      ledger.opened(file);
    },

    roomFor,
  };
}

function unknownFile({ file, path }: BlockRun): LakeError {
  const detail = `row file-${file} is missing from the state table; cancel this run and start another one`;
  return new LakeError("unexpected", { op: "ferryPacket", path, detail });
}
