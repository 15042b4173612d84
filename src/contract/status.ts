import type { RunStatus } from "../core/run.ts";

/** Where a migration can stand. */
export const statuses = [
  "Queued",
  "Running",
  "Pausing",
  "Paused",
  "Cancelling",
  "Succeeded",
  "CompletedWithErrors",
  "Failed",
  "Cancelled",
  "Stopped",
] as const satisfies readonly RunStatus[];
