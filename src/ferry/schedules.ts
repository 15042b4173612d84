import { failureOf } from "../core/error.ts";
import { pathFrom } from "../core/path.ts";
import type { Run } from "../core/run.ts";
import { advanced, refused, type Schedule, type Started } from "../core/schedule.ts";
import { requestOfSlot } from "../core/scheduleRequest.ts";
import { rootTaken } from "../state/roots.ts";
import type { Schedules } from "../state/schedules.ts";
import type { Ferry } from "./ferry.ts";
import { launch, type Start } from "./launch.ts";

/**
 * Starts what is due, and notes what has ended. A schedule that can't be looked after stands in no other's way. Two
 * executions at the same time, or one after another was lost anywhere, start each run once: what is to be started
 * is in the schedule's row before, under an id that is the slot's.
 */
export async function startDue(ferry: Ferry, schedules: Schedules, start: Start): Promise<void> {
  const { records, unreadable } = await schedules.list();
  for (const { id, detail } of unreadable) ferry.log("schedule.unreadable", { schedule: id, detail });
  for (const schedule of records) {
    const { name } = schedule;
    try {
      await tend({ ferry, schedules, start }, schedule);
    } catch (error) {
      // The next look tries again.
      ferry.log("schedule.failed", { schedule: name, error: failureOf(error, "schedule", name) });
    }
  }
}

type Means = { readonly ferry: Ferry; readonly schedules: Schedules; readonly start: Start };

async function tend(means: Means, known: Schedule): Promise<void> {
  const { ferry, schedules } = means;
  const { name, current: last } = known;
  const run = last === undefined ? undefined : await ferry.runs.get(last.run);
  if (last !== undefined && run !== undefined && run.schedule !== name) {
    return refuse(means, name, last.run, "another migration has the id of this slot's run");
  }
  if (advanced(known, run, ferry.clock.nowMs()) === known && (last === undefined || run !== undefined)) return;
  const schedule = await schedules.change(name, (now) => {
    // Somebody else was faster; what was seen is not about its run.
    if (now.current?.run !== last?.run) return undefined;
    const next = advanced(now, run, ferry.clock.nowMs());
    return next === now ? undefined : next;
  });
  const { current } = schedule;
  if (current === undefined || (run !== undefined && run.id === current.run)) return;
  await begin(means, schedule, current);
}

async function begin(means: Means, { name, request: body }: Schedule, current: Started): Promise<void> {
  const { ferry, start } = means;
  const read = requestOfSlot(body, current);
  if ("wrong" in read) {
    const detail = read.wrong.map(({ field, message }) => `request.${field}: ${message}`).join("; ");
    return refuse(means, name, current.run, detail);
  }
  const run: Run = {
    id: current.run,
    status: "Queued",
    epoch: 1,
    request: { ...read.request, name: read.request.name ?? name },
    createdMs: ferry.clock.nowMs(),
    workedMs: 0,
    schedule: name,
  };
  const launched = await launch(ferry, start, run);
  ferry.log("schedule.due", { schedule: name, run: run.id, launched: launched.do });
  if (launched.do !== "held") return;
  await refuse(means, name, run.id, rootTaken(pathFrom(run.request.sink.folderPath), launched.by).detail);
}

async function refuse({ ferry, schedules }: Means, name: string, run: string, detail: string): Promise<void> {
  ferry.log("schedule.refused", { schedule: name, run, detail });
  await schedules.change(name, (now) => {
    const next = refused(now, run, detail);
    return next === now ? undefined : next;
  });
}
