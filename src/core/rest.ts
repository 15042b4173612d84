import type { Rest, Run } from "./run.ts";
import { minutesEndMs, type Spent, spentPart } from "./stopAfter.ts";
import { windowAt } from "./window.ts";

/** Why a run rests now by its own request: outside of its hours, or with its budget spent. */
export function ownRest(run: Pick<Run, "request" | "spent">, spent: Spent, nowMs: number): Rest | undefined {
  const { isOpen, untilMs } = windowAt(run.request.window, nowMs);
  if (!isOpen) return { because: "window", untilMs };
  const reached = spentPart(run, spent);
  return reached === undefined ? undefined : { because: "stopAfter", reached };
}

/** When a run's own request ends its work, if it goes on until then. */
export function ownEndMs(run: Pick<Run, "request" | "spent" | "workedMs" | "resumedMs">, nowMs: number): number {
  return Math.min(windowAt(run.request.window, nowMs).untilMs, minutesEndMs(run, nowMs));
}
