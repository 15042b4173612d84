import type { Status } from "./api.ts";

/** A command line that can't be obeyed; the message says what and how. */
export class UsageError extends Error {}

/** Exit codes, the same for every command of this repository. */
export const exitCodes = {
  /** Done; of a migration: Succeeded. */
  ok: 0,
  /** Bad usage, or a request that the app refuses: nothing was done. */
  usage: 2,
  /** CompletedWithErrors. */
  withErrors: 3,
  /** Failed or Cancelled, or no answer. */
  failed: 4,
  /** Not at its end: left by Ctrl-C, paused, or stopped by its budget. */
  left: 130,
} as const;

/** The exit code of a command that has waited for a migration. */
export function exitCodeOf(status: Status): number {
  switch (status) {
    case "Succeeded":
      return exitCodes.ok;
    case "CompletedWithErrors":
      return exitCodes.withErrors;
    case "Failed":
    case "Cancelled":
      return exitCodes.failed;
    case "Queued":
    case "Running":
    case "Pausing":
    case "Paused":
    case "Cancelling":
    case "Stopped":
      return exitCodes.left;
  }
}

/** True when nothing will change by itself any more. */
export function isAtRest(status: Status): boolean {
  return !["Queued", "Running", "Pausing", "Cancelling"].includes(status);
}
