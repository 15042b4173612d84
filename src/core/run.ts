import type { Reckoning } from "./assessRequest.ts";
import type { RunCaps } from "./caps.ts";
import type { Failure } from "./error.ts";
import type { JournalSeal } from "./journal.ts";
import type { Parallelism } from "./lanes.ts";
import type { MigrationRequest } from "./request.ts";
import type { Spent, StopAfter } from "./stopAfter.ts";

/**
 * Where a run stands. The upper row is live, the lower row is the end.
 *   Queued → Running → (Pausing → Paused → Running) → (Cancelling →)
 *   Succeeded | CompletedWithErrors | Failed | Cancelled | Stopped
 * A stopped run did what its budget allowed; it may be resumed.
 */
export type RunStatus =
  | "Queued"
  | "Running"
  | "Pausing"
  | "Paused"
  | "Cancelling"
  | "Succeeded"
  | "CompletedWithErrors"
  | "Failed"
  | "Cancelled"
  | "Stopped";

/** What an id of a run looks like: safe in table keys, URLs and file names. */
export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;

/** What a person may ask of a run. */
export type Command = "pause" | "resume" | "cancel";

/** Kinds of runs; all are walked by the same waves. */
export type Job = "copy" | "audit" | "look" | "assess";

/** The walks of a run, in this order: its job's own, and after a copy, where they were asked for, the other two. */
export type Phase = Job | "delete";

/** The walk that a run is at. */
export function phaseOf({ job = "copy", phase = job }: Pick<Run, "job" | "phase">): Phase {
  return phase;
}

/** How many lanes a run asks for in its present walk: one lane alone knows how much may still be deleted. */
export function lanesAsked(run: Pick<Run, "job" | "phase" | "request">): Parallelism {
  return phaseOf(run) === "delete" ? 1 : run.request.parallelism;
}

/** True for a run that changes nothing at the sink. */
export function isReading({ request, job = "copy" }: Pick<Run, "request" | "job">): boolean {
  return request.dryRun || job !== "copy";
}

/** True for a run that never asks the sink for anything. */
export function isOfSourceOnly({ job }: Pick<Run, "job">): boolean {
  return job === "assess";
}

/** One migration. Times are milliseconds since 1970. */
export type Run = {
  readonly id: string;
  readonly status: RunStatus;
  /** Counts the orchestrations of this run; work of an older epoch is refused. */
  readonly epoch: number;
  readonly request: MigrationRequest;
  /** What kind of run it is; absent: it copies. */
  readonly job?: Job;
  /** Which walk of several it is at; absent: the first. */
  readonly phase?: Phase;
  /** How many items its walk that deletes may delete. */
  readonly deletes?: number;
  /** What was changed after that an audit holds against nobody. */
  readonly cutOffMs?: number;
  /** Caps that have replaced those of the request. */
  readonly caps?: RunCaps;
  readonly createdMs: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** The time before anything was listed, by the source's own clock. */
  readonly sourceMs?: number;
  /** Milliseconds in earlier epochs and pauses not included: what copyDuration counts. */
  readonly workedMs: number;
  /** When the present epoch began to work. */
  readonly resumedMs?: number;
  readonly error?: Failure;
  /** The journal as it stood when the run ended. */
  readonly journal?: JournalSeal;
  /** The wave that was planned last. */
  readonly wave?: PlannedWave;
  /** The last waves, the present one included. */
  readonly waves?: readonly Pick<PlannedWave, "number" | "lanes" | "why" | "packets" | "plannedMs" | "deadlineMs">[];
  /** The most lanes that one of its waves had. */
  readonly mostLanes?: number;
  /** What is left of it is being removed; nobody resumes it any more. */
  readonly isPurged?: true;
  /** The schedule that started it. */
  readonly schedule?: string;
  /** The cut-over that started it. */
  readonly cutover?: string;
  /** When what failed in it was last asked to be worked on again: it is kept from then on as if it had ended then. */
  readonly retriedMs?: number;
  /** The run whose failed names it works on again. */
  readonly retryOf?: string;
  /** What a run that only looks at the source looks for, and since when a file counts as written to. */
  readonly look?: Look;
  /** What a run that assesses the source reckons with. */
  readonly assess?: Reckoning;
  /** Why the run rests or has stopped by its own request; absent when a person wanted it. */
  readonly rest?: Rest;
  /** What had been spent when a stopped run was resumed: its budget counts from there. */
  readonly spent?: Spent;
  /** How often the keeper has started the run again, and how many files and folders were counted at the last time. */
  readonly restarts?: { readonly count: number; readonly counted: number };
  /** The first file at the sink that had inherited another access than was predicted. */
  readonly mispredicted?: string;
  /** Counts of the source root, when the source could say them quickly; for the ETA only. */
  readonly expected?: { readonly files: number; readonly bytes: number };
};

/** See Run. */
export type Look = { readonly access: "listed" | "full"; readonly sinceMs?: number };

/** Outside of its hours until then, or at the end of its budget. */
export type Rest =
  | { readonly because: "window"; readonly untilMs: number }
  | { readonly because: "stopAfter"; readonly reached: keyof StopAfter };

/** A wave as it was planned: with so many lanes, for that reason, over so many packets. */
export type PlannedWave = {
  readonly epoch: number;
  readonly number: number;
  readonly lanes: number;
  readonly why: string;
  /** Slots that were taken when more had been asked for. */
  readonly slots?: number;
  readonly packets: number;
  readonly plannedMs: number;
  readonly deadlineMs: number;
  readonly isPatient: boolean;
  readonly mayGrow: boolean;
  readonly progress: Progress;
  readonly totals: Totals;
};

/** What a run has counted, for those who watch its orchestration. */
export type Totals = { readonly files: number; readonly bytes: number; readonly failed: number };

/**
 * How far the rows say a run had come at its last wave, and how many waves had moved nothing since: `waits` are those in
 * which a lake didn't accept who asks.
 */
export type Progress = { readonly counted: number; readonly stalls: number; readonly waits?: number };

/** The progress of a run before its first wave. */
export const noProgress: Progress = { counted: 0, stalls: 0 };

/** The orchestration of a run's present epoch. Ids of runs hold no colon, so no two runs share one. */
export function instanceOf({ id, epoch }: Pick<Run, "id" | "epoch">): string {
  return epoch === 1 ? id : `${id}:${epoch}`;
}

/** True while the run holds its sink root. */
export function isLive(status: RunStatus): boolean {
  switch (status) {
    case "Queued":
    case "Running":
    case "Pausing":
    case "Paused":
    case "Cancelling":
      return true;
    case "Succeeded":
    case "CompletedWithErrors":
    case "Failed":
    case "Cancelled":
    case "Stopped":
      return false;
  }
}

/**
 * The status after a command, or undefined when the command makes no sense there.
 *   command   Queued      Running     Pausing     Paused     Cancelling   Stopped   ended
 *   pause     Pausing     Pausing     Pausing     Paused     -            -         -
 *   resume    -           -           -           Running    -            Running   -
 *   cancel    Cancelling  Cancelling  Cancelling  Cancelled  Cancelling   -         -
 */
export function statusAfter(command: Command, status: RunStatus): RunStatus | undefined {
  if (!isLive(status)) return command === "resume" && status === "Stopped" ? "Running" : undefined;
  switch (command) {
    case "pause":
      if (status === "Cancelling") return undefined;
      return status === "Paused" ? "Paused" : "Pausing";
    case "resume":
      return status === "Paused" ? "Running" : undefined;
    case "cancel":
      return status === "Paused" ? "Cancelled" : "Cancelling";
  }
}

/** Where a run ends whose slices have stopped because of this status; undefined while it goes on. */
export function restingStatus(status: RunStatus): RunStatus | undefined {
  if (status === "Pausing") return "Paused";
  if (status === "Cancelling") return "Cancelled";
  return status === "Queued" || status === "Running" ? undefined : status;
}
