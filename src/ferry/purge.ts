import { failureOf } from "../core/error.ts";
import { instanceOf, isLive, type Run, type RunStatus, statusAfter } from "../core/run.ts";
import type { Blobs } from "../state/blobs.ts";
import type { Ferry } from "./ferry.ts";

/** What purging needs besides the ferry. */
export type Purge = {
  readonly ferry: Ferry;
  readonly blobs: Blobs;
  /** Runs that others still refer to. */
  readonly kept: () => Promise<ReadonlySet<string>>;
  /** Forgets an orchestration; one that is gone is no error. */
  readonly forget: (instanceId: string) => Promise<void>;
  readonly afterMs: number;
  /** How long one look may take; the next one goes on. */
  readonly patienceMs: number;
};

/**
 * Removes what is left of runs that ended long ago, the oldest first: orchestrations, journal, rows of the work, and at last
 * the run's own row, so that a look that is lost in between is made up for by the next. Live runs stay, and those that
 * others refer to.
 */
export async function purgeEnded(means: Purge): Promise<void> {
  const { ferry, afterMs, patienceMs } = means;
  const startedMs = ferry.clock.nowMs();
  const kept = await means.kept();
  const isOld = ({ status, endedMs, createdMs, retriedMs = 0 }: Run) =>
    !isLive(status) && startedMs - Math.max(endedMs ?? createdMs, retriedMs) >= afterMs;
  // Of all runs no more than that is held.
  const { records } = await ferry.runs.each((run) => ({
    id: run.id,
    createdMs: run.createdMs,
    isOld: isOld(run),
    retries: mayGoOn(run.status) ? run.retryOf : undefined,
  }));
  const retried = new Set(records.map(({ retries }) => retries));
  const old = records.filter((run) => run.isOld && !kept.has(run.id) && !retried.has(run.id));
  for (const run of old.toSorted((a, b) => a.createdMs - b.createdMs)) {
    if (ferry.closing.aborted || ferry.clock.nowMs() - startedMs >= patienceMs) return;
    try {
      // From here on nobody resumes it: half of its work would be gone.
      const marked = await ferry.runs.change(run.id, (now) => (isOld(now) ? { ...now, isPurged: true } : undefined));
      if (marked.isPurged === true) await purge(means, marked);
    } catch (error) {
      ferry.log("run.unpurged", { run: run.id, error: failureOf(error, "purge", run.id) });
    }
  }
}

function mayGoOn(status: RunStatus): boolean {
  return isLive(status) || statusAfter("resume", status) !== undefined;
}

async function purge({ ferry, blobs, forget }: Purge, { id, epoch, request }: Run): Promise<void> {
  for (let at = 1; at <= epoch; at++) await forget(instanceOf({ id, epoch: at }));
  await blobs.removeUnder(`${id}/`);
  await ferry.work(id).clear();
  await ferry.roots.release(ferry.rootsKey(request), id);
  await ferry.runs.remove(id);
  ferry.log("run.purged", { run: id });
}
