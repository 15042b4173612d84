import type { Entry } from "../core/entry.ts";
import { type Failure, failureOf, isKind, isLakeError, LakeError } from "../core/error.ts";
import { whyGen2Refuses } from "../core/names.ts";
import { type FileOutcome, type FolderOutcome, tallyOfFile, tallyOfFolder } from "../core/outcome.ts";
import { type LakePath, pathFrom, rebasePath } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { type Crossing, copyFile } from "./copy.ts";
import { digestOf } from "./hash.ts";
import type { Source } from "../lake/lake.ts";
import type { Ledger } from "./ledger.ts";
import type { Visitor } from "./walk.ts";

/** This many files in a row that no patience could bring over mean that a lake is gone, not that the files are bad. */
const lostInARow = 32;
/** As many files a slice leaves for a later one; more would swell its saved cut. */
const maxPostponed = 200;

/**
 * The copying visitor: files are brought over, folders made first; what fails is a line in the ledger. A file that the
 * lakes would not serve after all tries is left for a later slice while `isPatient`, and is a failure after that.
 */
export function copying(request: MigrationRequest, crossing: Crossing, ledger: Ledger, isPatient: boolean): Visitor {
  const sourceRoot = pathFrom(request.source.folderPath);
  const sinkRoot = pathFrom(request.sink.folderPath);
  let lost = 0;
  let postponed = 0;

  function target(path: LakePath): LakePath {
    const to = rebasePath(path, sourceRoot, sinkRoot);
    const why = whyGen2Refuses(to);
    if (why === undefined) return to;
    throw new LakeError("invalid", { op: "name", path: to, detail: why, code: "InvalidFileName" });
  }

  // A file is to blame only while both lakes answer for it; otherwise the slice ends and its names stay open.
  async function bothAnswer(path: LakePath, signal: AbortSignal): Promise<void> {
    for (const ask of [() => crossing.source.stat(path, signal), () => crossing.sink.stat(target(path), signal)]) {
      try {
        await ask();
      } catch (error) {
        if (isLakeError(error) && error.retry === "exhausted") throw error;
      }
    }
  }

  return {
    file: async (path, listed, isFresh, signal) => {
      await ledger.room();
      let entry = listed;
      try {
        entry ??= await crossing.source.stat(path, signal);
        const outcome = await copyFile(crossing, path, target(path), entry, isFresh, signal);
        lost = 0;
        return outcome;
      } catch (error) {
        // A stopped copy is neither done nor failed: its name stays open.
        if (signal.aborted) throw error;
        lost = isLakeError(error) && error.retry === "exhausted" ? lost + 1 : 0;
        if (lost >= lostInARow) throw error;
        if (lost > 0 && isPatient && postponed < maxPostponed) {
          postponed++;
          return "postponed";
        }
        if (lost > 0) await bothAnswer(path, signal);
        return failed(error, path, entry, crossing.source, signal);
      }
    },

    folder: async (path, signal): Promise<FolderOutcome> => {
      if (!request.source.recursive) return { do: "skipped", because: "not-recursive" };
      try {
        return { do: await crossing.sink.makeFolder(target(path), signal) };
      } catch (error) {
        if (signal.aborted || !isLakeError(error) || error.retry === "exhausted") throw error;
        return { do: "failed", failure: failureOf(error, "makeFolder", path) };
      }
    },

    fileDone: (_, outcome) => ledger.add(tallyOfFile(outcome), failureIn(outcome)),
    folderDone: (_, outcome) => ledger.add(tallyOfFolder(outcome), failureIn(outcome)),
  };
}

async function failed(
  error: unknown,
  path: LakePath,
  entry: Entry | undefined,
  source: Source,
  signal: AbortSignal,
): Promise<FileOutcome> {
  const bytes = entry?.bytes ?? 0;
  const digest = digestOf(path, entry ?? { bytes: 0, modifiedMs: 0 });
  if (isKind(error, "not-found") && (await isGone(path, source, signal))) {
    return { do: "skipped", because: "vanished", bytes, digest };
  }
  return { do: "failed", failure: failureOf(error, "copy", path), bytes, digest };
}

// Listed, and gone before it could be read, is the source's own change and no failure. Only the source's own word for
// it counts: a sink whose file system is gone says "not found" as well.
async function isGone(path: LakePath, source: Source, signal: AbortSignal): Promise<boolean> {
  try {
    await source.stat(path, signal);
    return false;
  } catch (error) {
    if (signal.aborted) throw error;
    return isKind(error, "not-found");
  }
}

function failureIn(outcome: FileOutcome | FolderOutcome): Failure | undefined {
  if (outcome.do !== "failed") return undefined;
  const { failure } = outcome;
  if (failure.kind !== "denied") return failure;
  return { ...failure, detail: `the app's identity needs ${rightFor(failure.op)} (${failure.detail})` };
}

function rightFor(op: string): string {
  switch (op) {
    case "LISTSTATUS":
      return "Read and Execute on this folder of the source and Execute on every folder above";
    case "OPEN":
      return "Read on this file of the source and Execute on every folder above";
    case "GETFILESTATUS":
      return "Execute on every folder above in the source";
    default:
      return "the role Storage Blob Data Contributor on the sink";
  }
}
