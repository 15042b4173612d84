import type { Entry } from "../core/entry.ts";
import { type Failure, failureOf, isKind } from "../core/error.ts";
import { type FaultRules, ruleFor } from "../core/faultRules.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { isoTime } from "../core/time.ts";
import type { Source } from "../lake/lake.ts";
import { listedAs } from "./hash.ts";

/** What becomes of an item that went wrong: a failure, or what the run's fault rules make of it. */
export type Verdicts = {
  readonly file: (
    error: unknown,
    path: LakePath,
    entry: Pick<Entry, "bytes" | "modifiedMs"> | undefined,
    signal: AbortSignal,
  ) => Promise<FileOutcome>;
  /** A folder that may not be listed is a failure under every rule: nobody knows what is in it. */
  readonly folder: (error: unknown, op: string, path: LakePath, signal: AbortSignal) => Promise<FolderOutcome>;
};

/** The fault rules of a request; skipping names that Gen2 can't hold is one by another word. */
export function rulesOf({ skipErrorFile, names }: Pick<MigrationRequest, "skipErrorFile" | "names">): FaultRules {
  return names === "skip" ? { ...skipErrorFile, invalidFileName: true } : skipErrorFile;
}

/** Verdicts under these rules. */
export function verdicts(source: Source, rules: FaultRules, nowMs: () => number): Verdicts {
  // Listed, and gone before it could be read: only the source's own word for it counts, as a sink whose file system is
  // gone says "not found" as well.
  async function isGone(path: LakePath, signal: AbortSignal): Promise<boolean> {
    try {
      await source.stat(path, signal);
      return false;
    } catch (error) {
      if (signal.aborted) throw error;
      return isKind(error, "not-found");
    }
  }

  async function placed(error: unknown, op: string, path: LakePath, signal: AbortSignal): Promise<Failure> {
    const failure = { ...helpful(failureOf(error, op, path)), time: isoTime(nowMs()) };
    if (failure.kind !== "not-found") return failure;
    const { at: _, ...elsewhere } = failure;
    return (await isGone(path, signal)) ? { ...failure, at: "source" } : elsewhere;
  }

  return {
    file: async (error, path, entry, signal) => {
      const failure = await placed(error, "copy", path, signal);
      const rule = ruleFor(failure);
      const listed = listedAs(path, entry);
      if (rule === undefined || !rules[rule]) return { do: "failed", failure, ...listed };
      return { do: "skipped", because: rule, failure, ...listed };
    },

    folder: async (error, op, path, signal) => {
      const failure = await placed(error, op, path, signal);
      const rule = ruleFor(failure);
      const isBorne = (rule === "fileMissing" || rule === "invalidFileName") && rules[rule];
      return isBorne ? { do: "skipped", because: rule, failure } : { do: "failed", failure };
    },
  };
}

function helpful(failure: Failure): Failure {
  if (failure.kind !== "denied") return failure;
  return { ...failure, detail: `the app's identity needs ${rightFor(failure.op)} (${failure.detail})` };
}

function rightFor(op: string): string {
  switch (op) {
    case "LISTSTATUS":
      return "Read and Execute on this folder of the source and Execute on every folder above";
    case "OPEN":
      return "Read on this file of the source and Execute on every folder above";
    case "GETACLSTATUS":
    case "GETFILESTATUS":
      return "Execute on every folder above in the source";
    case "Set Access Control":
      return "the role Storage Blob Data Owner on the sink, as nobody else may give items to other owners";
    default:
      return "the role Storage Blob Data Contributor on the sink";
  }
}
