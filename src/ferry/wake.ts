import { failureOf } from "../core/error.ts";
import type { Run } from "../core/run.ts";
import { windowAt } from "../core/window.ts";
import type { Ferry } from "./ferry.ts";
import { announce, type Start } from "./launch.ts";

/** Resumes the runs that rested outside of their hours, once these have come. May be repeated. */
export async function wakeDue(ferry: Ferry, runs: readonly Run[], start: Start): Promise<void> {
  for (const run of runs.filter((run) => isDue(run, ferry.clock.nowMs()))) {
    try {
      await wake(ferry, run, start);
    } catch (error) {
      // The next look tries again.
      ferry.log("run.unwoken", { run: run.id, error: failureOf(error, "keeper", run.id) });
    }
  }
}

function isDue({ status, rest, request }: Run, nowMs: number): boolean {
  return status === "Paused" && rest?.because === "window" && windowAt(request.window, nowMs).isOpen;
}

// A start that is lost here leaves a run without an orchestration, which the keeper's later looks see.
async function wake(ferry: Ferry, run: Run, start: Start): Promise<void> {
  const nowMs = ferry.clock.nowMs();
  const woken = await ferry.runs.change(run.id, (now) => {
    if (now.epoch !== run.epoch || !isDue(now, nowMs)) return undefined;
    const { rest: _, ...known } = now;
    return { ...known, status: "Running", epoch: now.epoch + 1, resumedMs: nowMs };
  });
  if (woken.epoch === run.epoch) return;
  ferry.log("run.woken", { run: run.id, epoch: woken.epoch });
  await announce(ferry, run.id, nowMs);
  await start(woken);
}
