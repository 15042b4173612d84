import { emptyCrc64 } from "../core/crc64.ts";
import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import { type Failure, failureOf, isKind, isLakeError, isOfLake, LakeError } from "../core/error.ts";
import { begun, type LargeFileState } from "../core/largeFile.ts";
import { addEfforts, type Effort, type FileOutcome, type FolderOutcome, type Sent } from "../core/outcome.ts";
import { type LakePath, pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { blocksPerRead } from "../core/blocks.ts";
import { type Meter, watch } from "../wire/meter.ts";
import { confirmSent } from "./confirm.ts";
import type { Crossing, Parted } from "./copy.ts";
import { commitLarge, sendPiece } from "./large.ts";
import type { Extras } from "./extras.ts";
import type { Ledger } from "./ledger.ts";
import type { BlockRun } from "./blockRun.ts";
import { bringFile } from "./readBack.ts";
import { repairFile, repairFolder } from "./repair.ts";
import { openListed } from "./listed.ts";
import { rulesOf, verdicts } from "./verdict.ts";
import type { Visitor } from "./visitor.ts";

/** This many items in a row that no patience could bring over mean that a lake is gone, not that the items are bad. */
const lostInARow = 32;
/** As many items a walk leaves for a later one; more would swell its saved cut. */
const maxPostponed = 200;
/** Large files of which a walk remembers how it began them, until their rows say so. */
const maxBegun = 1000;

/** What a copying visitor needs besides the crossing. */
export type Copying = {
  readonly request: MigrationRequest;
  readonly crossing: Crossing;
  readonly ledger: Ledger;
  readonly meter: Meter;
  readonly nowMs: () => number;
  /** What the lakes would not serve after all tries is left for a later walk; without patience it is a failure. */
  readonly isPatient: boolean;
  /** What people call the list that names what is copied, where there is one. */
  readonly listName: string | undefined;
  /** A large file that another walk has begun. */
  readonly largeFile: (id: string) => Promise<LargeFileState | undefined>;
  readonly extras: Extras;
};

/** The copying visitor: files are brought over, folders made first; what fails is a line in the ledger. */
export function copying(means: Copying): Visitor {
  const { request, crossing, ledger, meter, nowMs, isPatient } = means;
  /** Large files that this walk has begun. */
  const begunHere = new Map<string, LargeFileState>();
  const { source, sink, access, labels, way } = crossing;
  const { moved } = way;
  const verdict = verdicts(source, rulesOf(request), nowMs);
  const sourceRoot = pathFrom(request.source.folderPath);
  let lost = 0;
  let postponed = 0;

  function target(path: LakePath): LakePath {
    const to = moved(path);
    const why = way.refusal(path);
    if (why === undefined) return to;
    throw new LakeError("invalid", { op: "name", path: to, detail: why, code: "InvalidFileName", at: "name" });
  }

  // Decides whose fault it is: a lake's (the walk ends and its names stay open), nobody's yet, or the item's own.
  async function blame(error: unknown, path: LakePath, signal: AbortSignal): Promise<"postponed" | "item"> {
    // A stopped item is neither done nor failed: its name stays open.
    if (signal.aborted) throw error;
    lost = isOfLake(error) ? lost + 1 : 0;
    if (lost === 0) return "item";
    if (isKind(error, "unauthenticated")) await bothAnswer(signal);
    if (lost >= lostInARow) throw error;
    if (isPatient && postponed < maxPostponed) {
      postponed++;
      return "postponed";
    }
    await bothAnswer(signal);
    return "item";
  }

  // An item is to blame only while both lakes answer for their roots.
  async function bothAnswer(signal: AbortSignal): Promise<void> {
    for (const ask of [() => source.stat(sourceRoot, signal), () => sink.stat(moved(sourceRoot), signal)]) {
      try {
        await ask();
      } catch (error) {
        if (isOfLake(error)) throw error;
      }
    }
  }

  async function copy(
    path: LakePath,
    listed: Entry | undefined,
    there: Standing,
    signal: AbortSignal,
  ): Promise<FileOutcome | Sent | Parted | "postponed" | "folder"> {
    let entry = listed;
    try {
      entry ??= await source.stat(path, signal);
      // A name that an earlier walk had started, of either kind.
      if (listed === undefined && entry.kind === "folder") return "folder";
      const outcome = await bring(path, entry, there, signal);
      lost = 0;
      return outcome;
    } catch (error) {
      if ((await blame(error, path, signal)) === "postponed") return "postponed";
      return verdict.file(error, path, entry, signal);
    }
  }

  function bring(
    path: LakePath,
    entry: Entry,
    there: Standing,
    signal: AbortSignal,
  ): Promise<FileOutcome | Sent | Parted> {
    const to = target(path);
    if (request.mode === "access") return repairFile(crossing, path, to, entry, there, signal);
    return bringFile(crossing, path, to, entry, there, signal);
  }

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
        lost = 0;
        ledger.staged({ file: file.id, blocks: run.busy - run.from, crc64 }, bytes);
        run.from = run.busy;
      } catch (error) {
        run.busy = run.from;
        // It may have waited for memory until now; whatever it was, it is for a later walk.
        if (ending.aborted && !signal.aborted) break;
        if ((await blame(error, run.path, signal)) === "postponed") return "postponed";
        passOver(run, failureOf(error, "copy", run.path));
      }
    }
    return "done";
  }

  function passOver(run: BlockRun, failure: Failure): void {
    ledger.staged({ file: run.file, blocks: run.to - run.from, crc64: emptyCrc64, failure }, 0);
    run.from = run.to;
  }

  async function confirm(path: LakePath, sent: Sent, signal: AbortSignal): Promise<FileOutcome | Parted | "postponed"> {
    try {
      const outcome = await confirmSent(crossing, path, target(path), sent, signal);
      lost = 0;
      return outcome;
    } catch (error) {
      if ((await blame(error, path, signal)) === "postponed") return "postponed";
      return verdict.file(error, path, sent.copied, signal);
    }
  }

  async function commit(file: LargeFileState, signal: AbortSignal): Promise<FileOutcome | Sent | Parted | "postponed"> {
    const { path } = file;
    try {
      const outcome = await commitLarge(crossing, file, target(path), signal);
      lost = 0;
      return outcome;
    } catch (error) {
      if ((await blame(error, path, signal)) === "postponed") return "postponed";
      return verdict.file(error, path, file, signal);
    }
  }

  // It has its final access before anything in it is begun.
  async function make(
    path: LakePath,
    entry: Entry,
    isTakenOver: boolean,
    there: Standing,
    signal: AbortSignal,
  ): Promise<FolderOutcome> {
    const to = target(path);
    if (request.mode === "access") {
      const outcome = await repairFolder(crossing, path, to, entry, there, signal);
      lost = 0;
      return outcome;
    }
    const wanted = await access.wanted(path, entry, signal);
    const label = labels.folder(path, entry.modifiedMs);
    const { found, carried } = await access.makeFolder(
      to,
      wanted,
      (given) =>
        isTold(there, isTakenOver)
          ? Promise.resolve(there)
          : sink.makeFolder(to, given === undefined ? label : { ...label, access: given }, signal),
      signal,
    );
    lost = 0;
    if (found === undefined) return { do: "made", carried };
    const isOurs = isTakenOver && found.origin?.run === crossing.run;
    return isOurs ? { do: "made", before: true, carried } : { do: "found", carried };
  }

  // Begins to measure what one item costs; the result ends that, and may be called again.
  function measured(path: LakePath): () => Effort {
    const startedMs = nowMs();
    const requestsOf = watch(meter, path, moved(path));
    return () => ({ milliseconds: nowMs() - startedMs, requests: requestsOf() });
  }

  return {
    file: async (path, listed, there, signal) => {
      if (ledger.isFull()) await ledger.room(signal);
      const effortOf = measured(path);
      try {
        const outcome = await copy(path, listed, there, signal);
        if (typeof outcome === "string") return outcome;
        if (outcome.do === "parted") return await roomFor(outcome, signal);
        const effort = effortOf();
        return outcome.do === "sent" ? { do: "sent", copied: { ...outcome.copied, effort } } : { ...outcome, effort };
      } finally {
        effortOf();
      }
    },

    confirm: async (path, sent, signal) => {
      const effortOf = measured(path);
      try {
        const outcome = await confirm(path, sent, signal);
        if (outcome === "postponed") return outcome;
        if (outcome.do === "parted") return await roomFor(outcome, signal);
        return { ...outcome, effort: addEfforts(sent.copied.effort, effortOf()) };
      } finally {
        effortOf();
      }
    },

    folder: async (path, listed, isTakenOver, there, signal) => {
      try {
        return await make(path, listed ?? (await source.stat(path, signal)), isTakenOver, there, signal);
      } catch (error) {
        return folderFailed(error, "makeFolder", path, signal);
      }
    },

    blocks: async (run, { ending, givenUp }, signal) => {
      await ledger.room(signal);
      const release = await ledger.large(signal);
      try {
        const known = begunHere.get(run.file) ?? (await means.largeFile(run.file));
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

    unlisted: (path, error, signal) => folderFailed(error, "LISTSTATUS", path, signal),
    fileDone: ledger.file,
    folderDone: ledger.folder,
    extra: (folder, items, signal) => {
      // Without their content, folders of the sink are nobody's business.
      const meant = request.source.recursive ? items : items.filter(({ kind }) => kind === "file");
      return means.extras.deal(folder, meant, signal);
    },
    extraDone: ledger.extra,
    errand: (errand, running, signal) => {
      if (errand.do === "bring") throw new Error(`nothing but a walk that deletes brings ${errand.path} over later`);
      return means.extras.errand(errand, running, blameExtra, signal);
    },
    joined: ledger.joined,
    listed: openListed({
      name: means.listName ?? "",
      root: sourceRoot,
      stat: source.stat,
      failed: async (error, path, signal) =>
        (await blame(error, path, signal)) === "postponed" ? "postponed" : verdict.file(error, path, undefined, signal),
    }),
  };

  // Its place in the ledger is free again with the save that tells of it.
  async function roomFor(parted: Parted, signal: AbortSignal): Promise<Parted> {
    const release = await ledger.large(signal);
    release();
    return parted;
  }

  function blameExtra(path: LakePath, error: unknown, signal: AbortSignal): Promise<FolderOutcome | "postponed"> {
    return folderFailed(error, "extra", path, signal);
  }

  async function folderFailed(
    error: unknown,
    op: string,
    path: LakePath,
    signal: AbortSignal,
  ): Promise<FolderOutcome | "postponed"> {
    if (!isLakeError(error)) throw error;
    if ((await blame(error, path, signal)) === "postponed") return "postponed";
    return verdict.folder(error, op, path, signal);
  }
}

// The listing told of the folder all that is asked of it: whose it is, where a lost worker may have made it.
function isTold(there: Standing, isTakenOver: boolean): there is SinkItem {
  return typeof there === "object" && there.kind === "folder" && (!isTakenOver || there.origin !== undefined);
}

function unknownFile({ file, path }: BlockRun): LakeError {
  const detail = `row file-${file} is missing from the state table; cancel this run and start another one`;
  return new LakeError("unexpected", { op: "ferryPacket", path, detail });
}
