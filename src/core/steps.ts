import type { Failure } from "./error.ts";
import type { WaveSeen } from "./lanes.ts";
import type { Progress, RunStatus, Totals } from "./run.ts";

/** What the orchestrator tells planWave. */
export type WaveInput = {
  readonly run: string;
  readonly epoch: number;
  readonly wave: number;
  readonly progress: Progress;
  /** What the last wave showed of its lanes. */
  readonly seen?: WaveSeen;
  /** What a slice of the last wave said it stumbled over. */
  readonly lastError?: Failure;
};

/** What the orchestrator does next; "again" when the state could not be read or written. */
export type WavePlan =
  | { readonly do: "end"; readonly status: RunStatus | "fenced"; readonly totals?: Totals }
  | {
      readonly do: "ferry";
      readonly lanes: number;
      readonly plannedMs: number;
      readonly deadlineMs: number;
      /** Names that the lakes would not serve are left for a later wave; without patience they are failures. */
      readonly isPatient: boolean;
      readonly mayGrow: boolean;
      readonly progress: Progress;
      readonly totals: Totals;
      readonly status: RunStatus;
    }
  | { readonly do: "again"; readonly error: Failure };

/** What one slice is asked to do. */
export type SliceInput = {
  readonly run: string;
  readonly epoch: number;
  readonly lane: number;
  /** How many lanes this wave has. */
  readonly lanes: number;
  /** When the wave was planned, in milliseconds since 1970. */
  readonly plannedMs: number;
  /** When to stop, in milliseconds since 1970. */
  readonly deadlineMs: number;
  readonly isPatient: boolean;
  /** There are fewer lanes than there could be: when all of them find work, the wave may end early for more. */
  readonly mayGrow: boolean;
};

/** A hint about what a slice did; the rows are the truth. */
export type SliceResult = {
  readonly ended: "drained" | "postponed" | "deadline" | "asked" | "fenced" | "failed";
  /** It got its slot so late that the wave was half over, or nobody could give it work at the end. */
  readonly isLate?: true;
  readonly isIdle?: true;
  /** Files, folders and pieces of large files dealt with. */
  readonly items: number;
  readonly error?: Failure;
};
