import { mayDelete } from "../core/comparison.ts";
import type { Failure } from "../core/error.ts";
import { type Phase, phaseOf, type Run } from "../core/run.ts";
import { skippedByRule, type Tally, totalOf } from "../core/tally.ts";
import type { LaneAccount } from "../state/workRows.ts";

/** What comes after a walk whose packets are all done: another walk, or the end, maybe with something that is wrong. */
export type Next =
  | { readonly do: "walk"; readonly phase: Phase; readonly deletes?: number }
  | { readonly do: "end"; readonly error?: Failure };

/**
 * What a run does next.
 *   copy, extra "delete", no failure, some extra, not more than maxDeletes   delete
 *   the same, more than maxDeletes                                          end, TooManyDeletes
 *   copy with failures, or delete                                           audit, if asked for; else end
 *   any other                                                               end
 */
export function nextWalk(run: Run, { tally, failed }: LaneAccount): Next {
  const { request } = run;
  const phase = phaseOf(run);
  if (phase !== "copy" && phase !== "delete") return { do: "end" };
  if (phase === "copy" && request.extra === "delete" && failed === 0 && skippedByRule(tally) === 0) {
    const wanted = tally.extraFiles + tally.extraFolders;
    const allowed = mayDelete(request.maxDeletes, wanted + tally.filesListed + tally.foldersListed);
    if (wanted > allowed) return { do: "end", error: tooMany(wanted, allowed, request.maxDeletes) };
    if (wanted > 0) return { do: "walk", phase: "delete", deletes: allowed };
  }
  return request.audit ? { do: "walk", phase: "audit" } : { do: "end" };
}

/** True when a run that ended has left something that a person should look at. */
export function isUnclean(tally: Tally): boolean {
  const unresolved = (tally.filesSkipped.swap ?? 0) + (tally.foldersSkipped.swap ?? 0) + (tally.kept.limit ?? 0);
  return skippedByRule(tally) + unresolved + totalOf(tally.differences) > 0;
}

function tooMany(wanted: number, allowed: number, limit: number | string | undefined): Failure {
  const detail = `nothing was deleted: only the sink has ${wanted} items, and maxDeletes ${limit} allows ${allowed}; look at the journal's extra items, and run again with another limit`;
  return { kind: "unprocessable", op: "delete", path: "/", detail, code: "TooManyDeletes" };
}
