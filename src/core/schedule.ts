import { timeAfter, timeBefore, timesBetween } from "./cron.ts";
import { isLive, type Run, type RunStatus } from "./run.ts";

/** What a name of a schedule looks like: safe in table keys and URLs, short enough for ids of runs made of it. */
export const scheduleNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/u;

/** A request that is started again and again. Times are milliseconds since 1970. */
export type Schedule = {
  readonly name: string;
  readonly cron: string;
  /** The body of a request, with variables for the window of a slot. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What a run looks at: what was modified since the watermark, or all there is. */
  readonly delta: "modified" | "compare";
  readonly overlapMinutes: number;
  readonly isEnabled: boolean;
  readonly createdMs: number;
  readonly changedMs: number;
  /** Rises when a person moves watermark or window, or changes the lakes: a run of before moves neither. */
  readonly generation: number;
  /** Slots up to here have been dealt with. */
  readonly doneMs: number;
  /** When the last successful run began to list, by the source's clock. */
  readonly watermarkMs?: number;
  /** The slot of the last successful run: where the next window begins. */
  readonly windowEndMs?: number;
  /** The run of a slot that was noted; it may not have been started yet, and its end isn't noted. */
  readonly current?: Started;
  /** The last successful run. */
  readonly lastSuccess?: string;
  /** What became of the last slots, newest first. */
  readonly history: readonly Past[];
};

/** The run of a slot. */
export type Started = {
  readonly run: string;
  readonly slotMs: number;
  /** From the last successful slot, or else the slot before, to this one. */
  readonly window: { readonly startMs: number; readonly endMs: number };
  /** What was modified before isn't looked at; absent: everything is. */
  readonly sinceMs?: number;
  readonly generation: number;
};

/** What became of one slot, or of several in a row that were passed over for one reason. */
export type Past = {
  readonly slotMs: number;
  readonly lastSlotMs?: number;
  readonly slots?: number;
  readonly outcome: RunStatus | "skipped" | "missed" | "refused";
  readonly run?: string;
  readonly detail?: string;
};

const keptPasts = 50;
const minuteMs = 60_000;

/** The id of the run of a slot: two executions that start the same slot start the same run. */
export function runIdOf(name: string, slotMs: number): string {
  // oxlint-disable-next-line no-restricted-globals -- a format, not the clock
  return `${name}-${new Date(slotMs).toISOString().slice(0, 19).replaceAll(/[-:]/gu, "")}`;
}

/**
 * Where a schedule goes from here, given the run of its current slot as its row stands, if it is there: the end of that
 * run is noted, due slots are passed over while it lives, or else the last one of them becomes current. A current
 * run without a row is to be started, also by whoever finds it so after a crash.
 */
export function advanced(schedule: Schedule, run: Run | undefined, nowMs: number): Schedule {
  const { current } = schedule;
  const isOver = current !== undefined && run !== undefined && !isLive(run.status);
  const settled = isOver ? ended(schedule, current, run) : schedule;
  if (!settled.isEnabled) return settled;
  const from = settled.doneMs > nowMs ? clockSetBack(settled, nowMs) : settled;
  const dueMs = timeAfter(from.cron, from.doneMs);
  const slotMs = dueMs === undefined || dueMs > nowMs ? undefined : timeBefore(from.cron, nowMs + 1);
  if (slotMs === undefined) return from;
  return from.current === undefined ? begun(from, slotMs) : passedOver(from, from.current, slotMs);
}

/** A schedule whose current run may not begin, for a reason that the next slot may not meet. */
export function refused(schedule: Schedule, run: string, detail: string): Schedule {
  const { current, ...rest } = schedule;
  if (current?.run !== run) return schedule;
  return { ...rest, history: remembered(rest.history, { slotMs: current.slotMs, outcome: "refused", run, detail }) };
}

/** When the next run may begin. */
export function nextMs({ cron, isEnabled, doneMs }: Schedule, nowMs: number): number | undefined {
  return isEnabled ? timeAfter(cron, Math.max(doneMs, nowMs)) : undefined;
}

/** From when on a run looks at what was modified, by the source's clock; undefined: at everything. */
export function sinceMs({ delta, watermarkMs, overlapMinutes }: Schedule): number | undefined {
  return delta === "compare" || watermarkMs === undefined ? undefined : watermarkMs - overlapMinutes * minuteMs;
}

// A clock that is more than one slot behind was ahead before: without this the schedule would wait until it is there again.
function clockSetBack(schedule: Schedule, nowMs: number): Schedule {
  const { cron, doneMs, history } = schedule;
  const next = timeAfter(cron, nowMs);
  if (next === undefined || doneMs <= next) return schedule;
  const detail = "the clock was set back: slots from now on are due again";
  return { ...schedule, doneMs: nowMs, history: remembered(history, { slotMs: doneMs, outcome: "skipped", detail }) };
}

function begun(schedule: Schedule, slotMs: number): Schedule {
  const { name, cron, doneMs, windowEndMs, generation, history } = schedule;
  const since = sinceMs(schedule);
  const current: Started = {
    run: runIdOf(name, slotMs),
    slotMs,
    window: { startMs: windowEndMs ?? timeBefore(cron, slotMs) ?? schedule.createdMs, endMs: slotMs },
    ...(since === undefined ? {} : { sinceMs: since }),
    generation,
  };
  const slots = timesBetween(cron, doneMs, slotMs - 1);
  const missed: Past = {
    slotMs: timeAfter(cron, doneMs) ?? slotMs,
    lastSlotMs: timeBefore(cron, slotMs) ?? slotMs,
    slots,
    outcome: "missed",
    run: current.run,
    detail: "nobody was there to start them; one run makes up for all",
  };
  return { ...schedule, doneMs: slotMs, current, history: slots === 0 ? history : remembered(history, missed) };
}

function passedOver(schedule: Schedule, { run }: Started, slotMs: number): Schedule {
  const { cron, doneMs, history } = schedule;
  const skipped: Past = {
    slotMs: timeAfter(cron, doneMs) ?? slotMs,
    lastSlotMs: slotMs,
    slots: timesBetween(cron, doneMs, slotMs),
    outcome: "skipped",
    run,
    detail: "the run before was still live",
  };
  return { ...schedule, doneMs: slotMs, history: remembered(history, skipped) };
}

// Only a success moves what the next run begins at: what one that failed has missed is the next one's; so is what one that
// copies no file has seen.
function ended(schedule: Schedule, current: Started, { status, sourceMs, request }: Run): Schedule {
  const { current: _, ...rest } = schedule;
  const past: Past = { slotMs: current.slotMs, outcome: status, run: current.run };
  const note = (detail?: string) => remembered(rest.history, detail === undefined ? past : { ...past, detail });
  if (status !== "Succeeded") return { ...rest, history: note("watermark and window stay where they were") };
  if (current.generation !== schedule.generation) {
    return {
      ...rest,
      lastSuccess: current.run,
      history: note("the schedule was changed meanwhile; its watermark stays"),
    };
  }
  if (request.dryRun || request.mode === "access") {
    const detail = "it copies no file; watermark and window stay where they were";
    return { ...rest, lastSuccess: current.run, history: note(detail) };
  }
  const moved = { ...rest, lastSuccess: current.run, windowEndMs: current.slotMs };
  const { watermarkMs } = schedule;
  if (sourceMs === undefined) return { ...moved, history: note("the source told no time; the watermark stays") };
  if (watermarkMs !== undefined && sourceMs < watermarkMs - schedule.overlapMinutes * minuteMs) {
    const { watermarkMs: _lost, ...cleared } = moved;
    return { ...cleared, history: note("the source's clock went back: the next run looks at everything") };
  }
  return { ...moved, watermarkMs: sourceMs, history: note() };
}

// Slots passed over one after the other for the same run are one line.
function remembered(history: readonly Past[], past: Past): readonly Past[] {
  const [last, ...older] = history;
  const isSame =
    last?.outcome === "skipped" && past.outcome === "skipped" && last.run === past.run && last.run !== undefined;
  if (!isSame) return [past, ...history].slice(0, keptPasts);
  return [{ ...past, slotMs: last.slotMs, slots: (last.slots ?? 1) + (past.slots ?? 1) }, ...older];
}
