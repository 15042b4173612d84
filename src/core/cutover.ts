import * as z from "zod";
import { comparison } from "./comparison.ts";
import type { Digest } from "./digest.ts";
import type { MigrationRequest } from "./request.ts";
import { type Difference as DifferenceKind, totalOf } from "./tally.ts";
import { isLive, type Run, type RunStatus } from "./run.ts";
import type { Selecting } from "./selection.ts";

const dayMinutes = 24 * 60;
const fewMinutes = `expected 0 to ${dayMinutes} minutes`;

/** What POST /api/migrations/{id}/cutover takes; all of it may be left out. */
export const cutoverRequest = z
  .strictObject({
    /** Between the end of the first look and the beginning of the second. */
    quietMinutes: z.int(fewMinutes).min(0, fewMinutes).max(dayMinutes, fewMinutes).default(5),
    /** What of access must not change: what listings tell, or also each access control list, at a request each. */
    access: z.enum(["listed", "full"], "expected listed or full").default("full"),
    /**
     * What becomes of what only the sink has: told, and no signature (report); kept, and signed all the same (keep); deleted
     * in the last pass. Absent: as the migration says.
     */
    extra: comparison.extra.unwrap().optional(),
    maxDeletes: comparison.maxDeletes,
  })
  .refine(({ extra, maxDeletes }) => (extra === "delete") === (maxDeletes !== undefined), {
    path: ["maxDeletes"],
    message: 'extra "delete" wants maxDeletes, how many items may go, as 1000 or "1%"; and nothing else does',
  });

/** See cutoverRequest. */
export type CutoverRequest = z.infer<typeof cutoverRequest>;

/** What an id of a cut-over looks like. */
export const cutoverIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,57}$/u;

/** The runs of a cut-over, in their order: two looks, the last pass with its audit, and a look after all. */
export const cutoverSteps = ["look1", "look2", "delta", "look3"] as const;

/** See cutoverSteps. */
export type CutoverStep = (typeof cutoverSteps)[number];

/** The last pass of a migration, and the proof that it was the last. Times are milliseconds since 1970. */
export type Cutover = Pick<CutoverRequest, "quietMinutes" | "access"> & {
  readonly id: string;
  /** The migration that is cut over, and its request as the runs of the cut-over have it. */
  readonly migration: string;
  readonly request: MigrationRequest;
  readonly createdMs: number;
  readonly status: "Running" | "Signed" | "Refused" | "Failed" | "Cancelled";
  /** The run that is under way, or to be started. */
  readonly step: CutoverStep;
  readonly notBeforeMs: number;
  readonly seen: Readonly<Partial<Record<CutoverStep, Seen>>>;
  readonly endedMs?: number;
  /** Why it ended without a signature, or what it waits for. */
  readonly detail?: string;
  /** What two runs have seen differently. */
  readonly evidence?: readonly Difference[];
  /** Some of the paths that were written to between the first look and the one that was refused. */
  readonly samples?: readonly string[];
};

/** What a run of a cut-over has seen of the source; and, of the last pass, what it did and what its audit found. */
export type Seen = {
  readonly run: string;
  readonly status: RunStatus;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** By the source's clock. */
  readonly sourceMs?: number;
  /** Over path, length and time of all files; over path and access of all files and folders. */
  readonly digest: Digest;
  readonly accessDigest: Digest;
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  readonly failed: number;
  /** Left out as a fault rule said. */
  readonly bornByRule: number;
  readonly copied: number;
  /** How items differ, as the audit says it. */
  readonly differences: Readonly<Partial<Record<DifferenceKind, number>>>;
  /** The seal of its journal. */
  readonly seal?: string;
};

/** One thing that two runs have seen differently. */
export type Difference = {
  readonly what: "digest" | "accessDigest" | "files" | "folders" | "bytes";
  readonly before: string | number;
  readonly after: string | number;
  readonly runs: readonly [string, string];
};

const minuteMs = 60_000;

/** The id of a step's run. */
export function runOfStep({ id }: Pick<Cutover, "id">, step: CutoverStep): string {
  return `${id}-${step}`;
}

/** True when the run of the present step is to be started. */
export function isToStart({ status, notBeforeMs }: Cutover, run: Run | undefined, nowMs: number): boolean {
  return status === "Running" && run === undefined && nowMs >= notBeforeMs;
}

/**
 * Where a cut-over goes once the run of its step has ended.
 *   look1   looked at everything            wait, look2
 *   look2   saw what look1 saw              delta
 *   delta   succeeded, audit and all,
 *           and saw what look2 saw          look3
 *   look3   saw what look2 saw              Signed
 *   any     saw something else              Refused, with the evidence
 *   a look  missed something                Failed
 */
export function steppedOn(cutover: Cutover, seen: Seen, nowMs: number): Cutover {
  const { step } = cutover;
  if (cutover.status !== "Running" || isLive(seen.status)) return cutover;
  const { detail: _, ...known } = cutover;
  const noted: Cutover = { ...known, seen: { ...cutover.seen, [step]: seen } };
  const ended = (status: Cutover["status"], detail: string, evidence: readonly Difference[] = []): Cutover => ({
    ...noted,
    status,
    endedMs: nowMs,
    detail,
    ...(evidence.length === 0 ? {} : { evidence }),
  });
  if (seen.status === "Cancelled") return ended("Cancelled", `its run ${seen.run} was cancelled`);
  if (seen.status !== "Succeeded" && !isBut(seen, cutover.request)) {
    const differences = Object.entries(seen.differences).map(([kind, count]) => `${count} ${kind}`);
    const found = differences.length === 0 ? "no differences" : `differences: ${differences.join(", ")}`;
    const detail = `its run ${seen.run} ended ${seen.status}, with ${seen.failed} failures and ${found}`;
    return ended(step === "delta" ? "Refused" : "Failed", detail);
  }
  const before = beforeOf(noted, step);
  const evidence = before === undefined ? [] : differencesOf(before, seen, step === "delta");
  if (evidence.length > 0) return ended("Refused", "the source is still written to", evidence);
  switch (step) {
    case "look1":
      return { ...noted, step: "look2", notBeforeMs: nowMs + cutover.quietMinutes * minuteMs };
    case "look2":
      return { ...noted, step: "delta" };
    case "delta":
      return { ...noted, step: "look3" };
    case "look3":
      return { ...noted, status: "Signed", endedMs: nowMs };
  }
}

/** A cut-over that can't go on. */
export function failedBy(cutover: Cutover, detail: string, nowMs: number): Cutover {
  return { ...cutover, status: "Failed", endedMs: nowMs, detail };
}

// Nothing but what only the sink has, which somebody wants to stay there.
function isBut({ status, failed, bornByRule, differences }: Seen, { extra }: MigrationRequest): boolean {
  const isExtraOnly = totalOf(differences) > 0 && totalOf(differences) === differences.extra;
  return status === "CompletedWithErrors" && extra === "keep" && failed === 0 && bornByRule === 0 && isExtraOnly;
}

function beforeOf({ seen }: Cutover, step: CutoverStep): Seen | undefined {
  return step === "look1" ? undefined : step === "look2" ? seen.look1 : seen.look2;
}

// The last pass sees access as it carries it over, which is its audit's to judge.
function differencesOf(before: Seen, after: Seen, isPass: boolean): readonly Difference[] {
  const runs = [before.run, after.run] as const;
  const all = ["digest", "accessDigest", "files", "folders", "bytes"] as const;
  return all
    .filter((what) => before[what] !== after[what] && !(isPass && what === "accessDigest"))
    .map((what) => ({ what, before: before[what], after: after[what], runs }));
}

/**
 * The request of a cut-over: the migration's, without its frames and without what a schedule had narrowed it to; or why it
 * can't be cut over.
 */
export function cutoverOf(
  { request, schedule, job = "copy" }: Run,
  asked: Pick<CutoverRequest, "extra" | "maxDeletes"> = {},
): MigrationRequest | { readonly why: string } {
  const { stopAfter: _, window: _hours, id: _id, ...own } = request;
  const { extra, maxDeletes } = asked;
  const rest = extra === undefined ? own : { ...own, extra, maxDeletes };
  const source: Narrowed = rest.source;
  if (job !== "copy" || request.dryRun) return { why: "it copied nothing; cut over a migration that did" };
  if (request.mode !== "copy") return { why: "it was for access alone; cut over the migration that brought the files" };
  if (schedule === undefined) return { ...rest, audit: true };
  if (source.timePattern !== undefined) {
    return { why: "it selects one window of a schedule; post a migration of the whole folder, and cut that one over" };
  }
  const { modifiedDatetimeStart: _start, modifiedDatetimeEnd: _end, ...all } = source;
  return { ...rest, source: all, audit: true };
}

type Narrowed = MigrationRequest["source"] &
  Pick<Selecting, "timePattern" | "modifiedDatetimeStart" | "modifiedDatetimeEnd">;
