import * as z from "zod";
import type { Run } from "./run.ts";
import { type Tally, totalOf } from "./tally.ts";

const most = Number.MAX_SAFE_INTEGER;
const amount = (what: string) => {
  const message = `expected a whole number of ${what}, at least 1`;
  return z.int(message).min(1, message).max(most, message).optional();
};

/** How much work a run may do until it stops by itself; whatever comes first. */
export const stopAfterRequest = z
  .strictObject({ minutes: amount("minutes"), files: amount("files"), bytes: amount("bytes") })
  .refine((budget) => Object.keys(budget).length > 0, "expected minutes, files or bytes");

/** See stopAfterRequest. */
export type StopAfter = z.infer<typeof stopAfterRequest>;

/** What a run has spent of its budget: minutes of work, files dealt with, bytes read; a dry run's are those that it plans to read. */
export type Spent = { readonly workedMs: number; readonly files: number; readonly bytes: number };

const nothingSpent: Spent = { workedMs: 0, files: 0, bytes: 0 };

const minuteMs = 60_000;

/** What a run has spent in all. */
export function spentBy(run: Pick<Run, "job" | "workedMs" | "resumedMs">, tally: Tally, nowMs: number): Spent {
  const bytes = tally.bytesRead + tally.bytesPlanned;
  return { workedMs: workedBy(run, nowMs), files: filesDealtWith(run, tally), bytes };
}

// Who only looks has dealt with what was looked at. Elsewhere files that were found to be the same cost no budget: a delta
// would be over before it began.
function filesDealtWith({ job = "copy" }: Pick<Run, "job">, tally: Tally): number {
  if (job === "audit") return tally.checked;
  if (job !== "copy") return tally.filesListed;
  return tally.filesCopied + tally.filesAccess + tally.filesPlanned + totalOf(tally.filesFailed);
}

/** Which part of a run's budget is spent since it began, or went on. */
export function spentPart(
  { request, spent = nothingSpent }: Pick<Run, "request" | "spent">,
  now: Spent,
): keyof StopAfter | undefined {
  const { minutes, files, bytes } = request.stopAfter ?? {};
  if (minutes !== undefined && now.workedMs - spent.workedMs >= minutes * minuteMs) return "minutes";
  if (files !== undefined && now.files - spent.files >= files) return "files";
  if (bytes !== undefined && now.bytes - spent.bytes >= bytes) return "bytes";
  return undefined;
}

/** When the minutes of a run's budget are over, if it goes on working. */
export function minutesEndMs(run: Pick<Run, "request" | "spent" | "workedMs" | "resumedMs">, nowMs: number): number {
  const { minutes } = run.request.stopAfter ?? {};
  if (minutes === undefined) return Number.POSITIVE_INFINITY;
  const used = workedBy(run, nowMs) - (run.spent ?? nothingSpent).workedMs;
  return nowMs + Math.max(0, minutes * minuteMs - used);
}

function workedBy({ workedMs, resumedMs }: Pick<Run, "workedMs" | "resumedMs">, nowMs: number): number {
  return workedMs + (resumedMs === undefined ? 0 : Math.max(0, nowMs - resumedMs));
}
