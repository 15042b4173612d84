import type { Advice } from "./advice.ts";
import { emptyAssessed } from "./assessment.ts";
import type { Failure } from "./error.ts";
import { type Assessment, assessmentOf } from "./estimate.ts";
import type { JournalSeal } from "./journal.ts";
import type { MigrationRequest } from "./request.ts";
import { isOfSourceOnly, phaseOf, type Run, type RunStatus } from "./run.ts";
import { runAdvice } from "./runAdvice.ts";
import { requestsTo, type Tally, totalOf } from "./tally.ts";

/**
 * What a run has done, for people and programs. The first eight numbers carry Azure Data Factory's names; bytes unless
 * said otherwise, copyDuration in seconds, throughput in KiB/s.
 */
export type Report = {
  readonly id: string;
  readonly status: RunStatus;
  readonly filesRead: number;
  readonly filesWritten: number;
  readonly filesSkipped: number;
  readonly filesFailed: number;
  /** Files whose data was the same, and whose access or expiry was set. */
  readonly filesAccessSet: number;
  readonly dataRead: number;
  readonly dataWritten: number;
  readonly copyDuration: number;
  readonly throughput: number;
  /** Files dealt with, per second at work. */
  readonly filesPerSecond: number;
  readonly filesListed: number;
  readonly dataListed: number;
  /** Folders this run made; foldersFound stood at the sink already. */
  readonly foldersWritten: number;
  readonly foldersFound: number;
  readonly foldersSkipped: number;
  readonly foldersFailed: number;
  /** Folders counted as written or found of which the rest could not be listed. */
  readonly rangesFailed: number;
  /** What only the sink has, in folders that both lakes have; of a folder only itself is counted. */
  readonly extraFiles: number;
  readonly extraFolders: number;
  readonly extraBytes: number;
  /** What a dry run would have done; absent for any other. */
  readonly planned?: {
    readonly files: number;
    readonly bytes: number;
    readonly folders: number;
    readonly deletes: number;
  };
  /** What was deleted, and why other extra items weren't; absent unless `extra` is "delete". */
  readonly deleted?: Deleted;
  /** What an audit has found; absent before there was one. */
  readonly audit?: Audited;
  /** What an assessment has seen so far, and what a migration will take by that; absent in every other run. */
  readonly assessment?: Assessment;
  /** Files whose content was compared: `stored` with a checksum kept at the sink, `read` by reading both sides. */
  readonly contentCompared: { readonly stored: number; readonly read: number };
  /** Parts of folders whose two listings could not be merged side by side. */
  readonly joinedByHash: number;
  readonly askedByName: number;
  readonly skippedBecause: Readonly<Record<string, number>>;
  readonly failedBecause: Readonly<Record<string, number>>;
  /** How many files and folders came to their access in which way; "off" when inheritance was once not as predicted. */
  readonly access: Tally["access"] & { readonly prediction: "on" | "off" };
  readonly expiriesSet: number;
  /** What there is to know about the access of some items, and where the first of them are; the journal has them all. */
  readonly findings: Tally["findings"];
  readonly requests: { readonly source: number; readonly sink: number; readonly byOperation: Tally["requests"] };
  /** Requests that a store refused as too many. */
  readonly throttlingErrors: number;
  readonly throttlingErrorsBy: { readonly source: number; readonly sink: number };
  /** The most lanes that a wave had, by both of ADF's names for what works at the same time. */
  readonly usedParallelCopies: number;
  readonly usedDataIntegrationUnits: number;
  /** ADF's words; `checksums` says how each copied file was proven, `notProven` what no single walk can prove. */
  readonly dataConsistencyVerification: {
    readonly VerificationResult: "Verified" | "NotVerified";
    readonly InconsistentData: "Found" | "Skipped" | "None";
    readonly checksums: Tally["checksums"];
    /** Copied files that were read again in both lakes. */
    readonly readBack: { readonly files: number };
    readonly notProven: string;
  };
  /** Seconds by what was waited for; those of all that went on at the same time add up, so the largest is the bottleneck. */
  readonly workingDuration: Tally["spentMs"];
  /** What bounded the run as a whole; absent where nothing was waited for long enough to tell. */
  readonly advice?: Advice;
  /** The same as ADF's performance tuning tips. */
  readonly perfRecommendation: readonly { readonly Tip: string; readonly RuleName: string }[];
  readonly digest: string;
  /** Present once the run has ended: what its journal holds, sealed. */
  readonly journal?: JournalSeal;
  /** Present once the source could count itself; an estimate, as the lake may change. */
  readonly expected?: { readonly files: number; readonly bytes: number };
  readonly remainingSeconds?: number;
  readonly error?: Failure;
};

/** See Report. */
export type Deleted = {
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  readonly keptBecause: Readonly<Record<string, number>>;
};

/** See Report. `differences`: 0 means that both lakes were the same. */
export type Audited = {
  readonly checked: number;
  readonly differences: number;
  readonly by: Readonly<Record<string, number>>;
  /** Items that differ and don't count, as they were changed after the cut-off, or may have been deleted since. */
  readonly later: number;
};

/** Adds up a run as it stands at `nowMs`. */
export function reportOf(run: Run, tally: Tally, nowMs: number): Report {
  const workedMs = run.workedMs + (run.resumedMs === undefined ? 0 : Math.max(0, nowMs - run.resumedMs));
  const seconds = workedMs / 1000;
  const remaining = remainingSeconds(run, tally, seconds);
  const advice = runAdvice(run, tally);
  return {
    id: run.id,
    status: run.status,
    filesRead: tally.filesCopied,
    filesWritten: tally.filesCopied,
    filesSkipped: totalOf(tally.filesSkipped),
    filesFailed: totalOf(tally.filesFailed),
    filesAccessSet: tally.filesAccess,
    dataRead: tally.bytesRead,
    dataWritten: tally.bytesCopied,
    copyDuration: seconds,
    throughput: seconds === 0 ? 0 : round(tally.bytesRead / 1024 / seconds),
    filesPerSecond: seconds === 0 ? 0 : round(tally.filesListed / seconds),
    filesListed: tally.filesListed,
    dataListed: tally.bytesListed,
    foldersWritten: tally.foldersMade,
    foldersFound: tally.foldersFound,
    foldersSkipped: totalOf(tally.foldersSkipped),
    foldersFailed: totalOf(tally.foldersFailed),
    rangesFailed: tally.rangesFailed,
    extraFiles: tally.extraFiles,
    extraFolders: tally.extraFolders,
    extraBytes: tally.extraBytes,
    ...(run.request.dryRun ? { planned: plannedIn(tally) } : {}),
    ...(run.request.extra === "delete" ? { deleted: deletedIn(tally) } : {}),
    ...(phaseOf(run) === "audit" ? { audit: auditedIn(tally) } : {}),
    ...assessmentIn(run, tally),
    contentCompared: { stored: tally.proven.stored ?? 0, read: tally.proven.read ?? 0 },
    joinedByHash: tally.joined.hashed ?? 0,
    askedByName: tally.joined.asked ?? 0,
    skippedBecause: { ...tally.filesSkipped },
    failedBecause: { ...tally.filesFailed },
    access: { ...tally.access, prediction: (tally.access.mispredicted ?? 0) > 0 ? "off" : "on" },
    expiriesSet: tally.expiries,
    findings: tally.findings,
    requests: {
      source: requestsTo("source", tally.requests),
      sink: requestsTo("sink", tally.requests),
      byOperation: tally.requests,
    },
    throttlingErrors: tally.throttles,
    throttlingErrorsBy: { source: tally.waits?.source.refused ?? 0, sink: tally.waits?.sink.refused ?? 0 },
    usedParallelCopies: run.mostLanes ?? 0,
    usedDataIntegrationUnits: run.mostLanes ?? 0,
    dataConsistencyVerification: verificationIn(tally),
    workingDuration: inSeconds(tally.spentMs),
    ...(advice === undefined ? {} : { advice }),
    perfRecommendation: tipsOf(advice),
    digest: tally.digest,
    ...(run.journal === undefined ? {} : { journal: run.journal }),
    ...(run.expected === undefined ? {} : { expected: run.expected }),
    ...(remaining === undefined ? {} : { remainingSeconds: remaining }),
    ...(run.error === undefined ? {} : { error: run.error }),
  };
}

function verificationIn(tally: Tally): Report["dataConsistencyVerification"] {
  const { checksums, filesFailed, filesSkipped, filesReadBack } = tally;
  const isFound = (filesFailed.corrupt ?? 0) + (filesFailed.changed ?? 0) > 0;
  const isSkipped = (filesSkipped.dataInconsistency ?? 0) > 0;
  return {
    VerificationResult: (checksums.none ?? 0) === 0 ? "Verified" : "NotVerified",
    InconsistentData: isFound ? "Found" : isSkipped ? "Skipped" : "None",
    checksums: { ...checksums },
    readBack: { files: filesReadBack },
    notProven: notProvenIn(tally),
  };
}

function notProvenIn({ filesCopied, filesReadBack }: Tally): string {
  const onceRead =
    "that the source would give the same bytes again, as its protocol has no checksum, nor that the sink does; and a change that leaves length and time as they are is not seen";
  if (filesReadBack === 0) return onceRead;
  const readBack = "what the source gives wrongly in the same way twice, and what is changed after the second reading";
  if (filesReadBack === filesCopied) return readBack;
  return `of the files that were read back: ${readBack}; of the others: ${onceRead}`;
}

function inSeconds({ listing, reading, writing, waiting }: Tally["spentMs"]): Tally["spentMs"] {
  const seconds = (ms: number) => round(ms / 1000);
  return { listing: seconds(listing), reading: seconds(reading), writing: seconds(writing), waiting: seconds(waiting) };
}

// "sink request-bound" as ADF would name a rule: SinkRequestBound.
function tipsOf(advice: Advice | undefined): Report["perfRecommendation"] {
  if (advice === undefined) return [];
  const RuleName = advice.bottleneck.replaceAll(/(?:^|[ -])([A-Za-z])/gu, (_, letter: string) => letter.toUpperCase());
  return advice.change.map((Tip) => ({ Tip, RuleName }));
}

/** What a run was asked for, in one line: from where to where. */
export function describeRun(run: Pick<Run, "request" | "job">): string {
  return isOfSourceOnly(run) ? describeSource(run.request) : describeRequest(run.request);
}

function describeSource({ source }: MigrationRequest): string {
  const from = source.fileName === undefined ? source.folderPath : `${source.folderPath}/${source.fileName}`;
  return `${source.connection}:${from}`;
}

/** What is asked for, in one line. */
export function describeRequest(request: MigrationRequest): string {
  const { sink } = request;
  return `${describeSource(request)} -> ${sink.connection}:${sink.fileSystem}:${sink.folderPath}`;
}

function plannedIn({ filesPlanned, bytesPlanned, foldersPlanned, deletesPlanned }: Tally) {
  return { files: filesPlanned, bytes: bytesPlanned, folders: foldersPlanned, deletes: deletesPlanned };
}

function deletedIn({ filesDeleted, foldersDeleted, bytesDeleted, kept }: Tally): Deleted {
  return { files: filesDeleted, folders: foldersDeleted, bytes: bytesDeleted, keptBecause: { ...kept } };
}

function assessmentIn(
  { assess, mostLanes = 1, request: { parallelism } }: Run,
  tally: Tally,
): Pick<Report, "assessment"> {
  if (assess === undefined) return {};
  const unreadable = totalOf(tally.filesFailed) + totalOf(tally.foldersFailed) + tally.rangesFailed;
  const aclsOverLimit = tally.findings.tooManyEntries ?? { items: 0, paths: [] };
  const among = { parallelism, mostLanes };
  const counted = { bytes: tally.bytesListed, unreadable, aclsOverLimit };
  return { assessment: assessmentOf(tally.assessed ?? emptyAssessed, counted, assess, among) };
}

function auditedIn({ checked, differences, later }: Tally): Audited {
  return { checked, differences: totalOf(differences), by: { ...differences }, later };
}

// Files and bytes each tell a share of the way; the slower one is believed, once there is enough to tell from. Blocks of a
// large file count as they are sent.
function remainingSeconds(run: Run, tally: Tally, seconds: number): number | undefined {
  if (run.expected === undefined || run.resumedMs === undefined || tally.filesListed === 0) return undefined;
  // What a retry is about was never counted, nor were the walks after the first.
  if (run.retryOf !== undefined || phaseOf(run) !== (run.job ?? "copy")) return undefined;
  const bytes = Math.max(tally.bytesListed, tally.bytesRead);
  const done = Math.min(share(tally.filesListed, run.expected.files), share(bytes, run.expected.bytes));
  if (done === 0 || (done < enoughShare && seconds < enoughSeconds)) return undefined;
  return round((seconds * (1 - done)) / done);
}

const enoughShare = 0.02;
const enoughSeconds = 20;

function share(done: number, all: number): number {
  return all === 0 ? 1 : Math.min(1, done / all);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
