import { failureOf } from "../core/error.ts";
import { pathFrom } from "../core/path.ts";
import { instanceOf, isLive, restingStatus, type Run } from "../core/run.ts";
import { movedIn } from "../core/tally.ts";
import { rootTaken } from "../state/roots.ts";
import type { Ferry } from "./ferry.ts";
import { claimRoot, type Start } from "./launch.ts";
import { tellStandings } from "./seen.ts";
import { wakeDue } from "./wake.ts";

/** What the keeper sees of the orchestrations, and how it starts one. */
export type Orchestrations = {
  /** The instances that still go on, and those that a person suspended or terminated. */
  readonly look: () => Promise<{
    readonly live: ReadonlySet<string>;
    readonly suspended: ReadonlySet<string>;
    readonly terminated: ReadonlySet<string>;
  }>;
  readonly start: Start;
};

const maxRestarts = 5;
/** So many waves after its last deadline an orchestration stands still, whatever its status says. */
const silentWaves = 3;

/**
 * Wakes the runs whose hours have come, and looks after those whose orchestration is gone or stands still: one that was to
 * stop is at rest then, a terminated one is paused, any other is started again with a new epoch. Five starts without a file
 * or a folder in between end the run. A run that can't be looked after, or not even read, is logged and stands in no other's
 * way. May be repeated.
 */
export async function keep(ferry: Ferry, orchestrations: Orchestrations): Promise<void> {
  const { runs, unreadable } = await ferry.runs.list("live");
  for (const { id, detail } of unreadable) ferry.log("run.unreadable", { run: id, detail });
  await wakeDue(ferry, runs, orchestrations.start);
  const live = runs.filter(({ status }) => status !== "Paused");
  if (live.length === 0) return;
  await tellStandings(ferry, live);
  const seen = await orchestrations.look();
  for (const run of live) {
    const instance = instanceOf(run);
    if (ferry.clock.nowMs() - beganMs(run) < ferry.pace.keeperGraceMs || seen.suspended.has(instance)) continue;
    if (seen.live.has(instance) && !isStill(ferry, run)) continue;
    try {
      await mend(ferry, orchestrations, run, seen.terminated.has(instanceOf(run)));
    } catch (error) {
      // The next look tries again.
      ferry.log("run.unmended", { run: run.id, error: failureOf(error, "keeper", run.id) });
    }
  }
}

function beganMs({ createdMs, resumedMs }: Run): number {
  return Math.max(createdMs, resumedMs ?? 0);
}

// A message that was lost for good, or an activity that never returns where the host knows no time-out.
function isStill({ clock, pace }: Ferry, run: Run): boolean {
  const lastMs = run.wave?.epoch === run.epoch ? run.wave.deadlineMs : beganMs(run);
  return clock.nowMs() - lastMs > pace.deadlineGraceMs + silentWaves * pace.waveMs;
}

async function mend(ferry: Ferry, orchestrations: Orchestrations, run: Run, isTerminated: boolean): Promise<void> {
  const { tally } = await ferry.work(run.id).account();
  const counted = movedIn(tally);
  const nowMs = ferry.clock.nowMs();
  // A process that died between a run's row and its claim left a run that doesn't hold its root yet.
  const root = pathFrom(run.request.sink.folderPath);
  const other = await claimRoot(ferry, run);
  const mended = await ferry.runs.change(run.id, (now) => {
    if (now.epoch !== run.epoch || !isLive(now.status) || now.status === "Paused") return undefined;
    const { resumedMs, ...rest } = now;
    const workedMs = now.workedMs + (resumedMs === undefined ? 0 : nowMs - resumedMs);
    const resting = restingStatus(now.status) ?? (isTerminated ? "Paused" : undefined);
    if (resting !== undefined) {
      return { ...rest, workedMs, status: resting, ...(isLive(resting) ? {} : { endedMs: nowMs }) };
    }
    if (other !== undefined) {
      const error = failureOf(rootTaken(root, other), "keeper", root);
      return { ...rest, workedMs, status: "Failed", error, endedMs: nowMs };
    }
    const count = now.restarts?.counted === counted ? now.restarts.count + 1 : 1;
    if (count > maxRestarts) {
      const detail = `stalled: its orchestration was lost ${maxRestarts} times without a file or a folder in between`;
      const error = { kind: "unexpected", op: "keeper", path: "/", detail } as const;
      return { ...rest, workedMs, status: "Failed", error, endedMs: nowMs };
    }
    return { ...now, workedMs, epoch: now.epoch + 1, resumedMs: nowMs, restarts: { count, counted } };
  });
  ferry.log("run.mended", { run: run.id, status: mended.status, epoch: mended.epoch });
  if (!isLive(mended.status)) await ferry.roots.release(ferry.rootsKey(run.request), run.id);
  // A start that is lost here is made up for by the next look, with the next epoch.
  if (mended.epoch > run.epoch) await orchestrations.start(mended);
}
