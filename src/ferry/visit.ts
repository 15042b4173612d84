import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import { isLakeError, LakeError } from "../core/error.ts";
import type { LargeFileState } from "../core/largeFile.ts";
import { addEfforts, type Effort, type FileOutcome, type FolderOutcome, type Sent } from "../core/outcome.ts";
import { type LakePath, pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { type Meter, watch } from "../wire/meter.ts";
import { openBlame } from "./blame.ts";
import { confirmSent } from "./confirm.ts";
import type { Crossing, Parted } from "./copy.ts";
import type { Extras } from "./extras.ts";
import { largeVisits } from "./largeVisit.ts";
import type { Ledger } from "./ledger.ts";
import { openListed } from "./listed.ts";
import { bringFile } from "./readBack.ts";
import { repairFile, repairFolder } from "./repair.ts";
import { rulesOf, verdicts } from "./verdict.ts";
import type { Visitor } from "./visitor.ts";

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
  const { source, sink, access, labels, way } = crossing;
  const { moved } = way;
  const verdict = verdicts(source, rulesOf(request), nowMs);
  const sourceRoot = pathFrom(request.source.folderPath);
  const blame = openBlame(crossing, sourceRoot, isPatient);
  const large = largeVisits({ crossing, ledger, target, blame, verdict, largeFile: means.largeFile });

  function target(path: LakePath): LakePath {
    const to = moved(path);
    const why = way.refusal(path);
    if (why === undefined) return to;
    throw new LakeError("invalid", { op: "name", path: to, detail: why, code: "InvalidFileName", at: "name" });
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
      blame.cleared();
      return outcome;
    } catch (error) {
      if ((await blame.of(error, signal)) === "postponed") return "postponed";
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

  async function confirm(path: LakePath, sent: Sent, signal: AbortSignal): Promise<FileOutcome | Parted | "postponed"> {
    try {
      const outcome = await confirmSent(crossing, path, target(path), sent, signal);
      blame.cleared();
      return outcome;
    } catch (error) {
      if ((await blame.of(error, signal)) === "postponed") return "postponed";
      return verdict.file(error, path, sent.copied, signal);
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
      blame.cleared();
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
    blame.cleared();
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
        if (outcome.do === "parted") return await large.roomFor(outcome, signal);
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
        if (outcome.do === "parted") return await large.roomFor(outcome, signal);
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

    blocks: large.blocks,
    fileOpened: large.fileOpened,
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
        (await blame.of(error, signal)) === "postponed" ? "postponed" : verdict.file(error, path, undefined, signal),
    }),
  };

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
    if ((await blame.of(error, signal)) === "postponed") return "postponed";
    return verdict.folder(error, op, path, signal);
  }
}

// The listing told of the folder all that is asked of it: whose it is, where a lost worker may have made it.
function isTold(there: Standing, isTakenOver: boolean): there is SinkItem {
  return typeof there === "object" && there.kind === "folder" && (!isTakenOver || there.origin !== undefined);
}
