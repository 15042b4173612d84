import { cutoverSteps, runOfStep } from "../core/cutover.ts";
import { LakeError } from "../core/error.ts";
import type { Cutovers } from "./cutovers.ts";
import type { Schedules } from "./schedules.ts";

/**
 * The runs that are referred to by others: by schedules those at work or to be started and the last successes, by
 * cut-overs under way all theirs. Throws when one of those can't be read: what it refers to isn't known.
 */
export async function runsReferredTo(schedules: Schedules, cutovers: Cutovers): Promise<ReadonlySet<string>> {
  const [scheduled, cut] = await Promise.all([schedules.list(), cutovers.list()]);
  const [lost] = [...scheduled.unreadable, ...cut.unreadable];
  if (lost !== undefined) throw new LakeError("corrupt", { op: "references", path: lost.id, detail: lost.detail });
  return new Set([
    ...scheduled.records.flatMap(({ current, lastSuccess }) => [current?.run ?? [], lastSuccess ?? []].flat()),
    ...cut.records
      .filter(({ status }) => status === "Running")
      .flatMap((cutover) => [cutover.migration, ...cutoverSteps.map((step) => runOfStep(cutover, step))]),
  ]);
}
