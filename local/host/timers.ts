import { Cron } from "croner";
import type { AppFunction, Catalogue } from "./catalogue.ts";
import type { Clock } from "./clock.ts";
import { type Log, textOf } from "./log.ts";
import type { Invoke } from "./invoke.ts";
import type { Input } from "./rpc.ts";
import { type Settings, fillIn } from "./settings.ts";
import type { Store } from "./durable/store.ts";

/** The app's timers, running. */
export type Timers = {
  /** Starts a timer by hand, beside its schedule. */
  readonly fire: (target: AppFunction) => void;
  /** How many timers run now. */
  readonly running: () => number;
  /** Starts no timer any more; resolves when the last one has ended. */
  readonly stop: () => Promise<void>;
};

type TimerOptions = {
  readonly catalogue: Catalogue;
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly invoke: Invoke;
  readonly clientInputs: (target: AppFunction) => readonly Input[];
  readonly onStep: () => void;
};

type Schedule = { readonly lastMs: number; readonly nextMs: number };

/** Reads an NCRONTAB expression, seconds first; five fields mean second 0. Time is UTC. */
export function cronFrom(name: string, expression: string): Cron {
  if (/^\d+(?:\.\d+)?(?::\d{2}){1,3}$/.test(expression)) {
    throw new Error(
      `Timer "${name}": a time span ("${expression}") does not work on Flex Consumption; use six fields.`,
    );
  }
  if (/[#?]|\b\d*(?:L|W|LW)\b/.test(expression))
    throw new Error(`Timer "${name}": "${expression}" is no NCRONTAB expression.`);
  const fields = expression.trim().split(/\s+/).length;
  try {
    // NCRONTAB wants day of month and day of week to hold together.
    return new Cron(fields === 5 ? `0 ${expression}` : expression, {
      mode: "6-part",
      timezone: "UTC",
      domAndDow: true,
    });
  } catch (error) {
    throw new Error(`Timer "${name}": "${expression}" cannot be read: ${textOf(error)}`, { cause: error });
  }
}

/** Starts every timer of the app. What was missed while the host was down runs once, marked as past due. */
export function startTimers(options: TimerOptions): Timers {
  const { catalogue, settings, store, clock, log, invoke, clientInputs } = options;
  const cancels = new Map<string, () => void>();
  const busy = new Map<string, Promise<void>>();
  let isStopped = false;

  const targets = catalogue.all.filter(({ kind }) => kind === "timer");
  const schedules = targets.map((target) => {
    return { target, cron: cronFrom(target.name, fillIn(target.trigger.schedule ?? "", settings)) };
  });
  // Only after every schedule could be read: a host that refuses to start must leave no alarm behind.
  for (const { target, cron } of schedules) {
    const known = readSchedule(store, target.name);
    const isPastDue = known !== undefined && known.nextMs < clock.nowMs() && target.trigger.useMonitor !== false;
    if (isPastDue || target.trigger.runOnStartup === true) setImmediate(() => void tick(target, cron, isPastDue));
    else arm(target, cron);
  }

  function arm(target: AppFunction, cron: Cron): void {
    const nowMs = clock.nowMs();
    const nextMs = cron.nextRun(new Date(nowMs))?.getTime();
    if (isStopped || nextMs === undefined) return;
    saveSchedule(store, target.name, { lastMs: readSchedule(store, target.name)?.lastMs ?? nowMs, nextMs });
    cancels.set(
      target.name,
      clock.alarm(nextMs, () => void tick(target, cron, false)),
    );
  }

  async function tick(target: AppFunction, cron: Cron, isPastDue: boolean): Promise<void> {
    if (isStopped) return;
    const { lastMs } = readSchedule(store, target.name) ?? { lastMs: clock.nowMs() };
    const nowMs = clock.nowMs();
    const nextMs = cron.nextRun(new Date(nowMs))?.getTime() ?? nowMs;
    saveSchedule(store, target.name, { lastMs: nowMs, nextMs });
    await run(target, isPastDue, { lastMs, nextMs });
    arm(target, cron);
  }

  async function run(target: AppFunction, isPastDue: boolean, schedule: Schedule): Promise<void> {
    const { name } = target;
    if (busy.has(name)) {
      log("warning", "timer.skipped", { function: name, because: "it is still running" });
      return;
    }
    const work = call(target, isPastDue, schedule).finally(() => busy.delete(name));
    busy.set(name, work);
    await work;
    options.onStep();
  }

  async function call(target: AppFunction, isPastDue: boolean, { lastMs, nextMs }: Schedule): Promise<void> {
    const payload = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: { Last: isoOf(lastMs), Next: isoOf(nextMs), LastUpdated: isoOf(lastMs) },
      IsPastDue: isPastDue,
    };
    const input = { name: target.trigger.name, data: { json: JSON.stringify(payload) } };
    try {
      await invoke(target, [input, ...clientInputs(target)]);
    } catch (error) {
      log("error", "timer.failed", { function: target.name, error: textOf(error) });
    }
  }

  return {
    fire: (target) => void run(target, false, { lastMs: clock.nowMs(), nextMs: clock.nowMs() }),
    running: () => busy.size,
    async stop() {
      isStopped = true;
      for (const cancel of cancels.values()) cancel();
      await Promise.all(busy.values());
    },
  };
}

function readSchedule(store: Store, name: string): Schedule | undefined {
  return store.rows<{ lastMs: number; nextMs: number }>("select lastMs, nextMs from schedules where name = :name", {
    name,
  })[0];
}

function saveSchedule(store: Store, name: string, { lastMs, nextMs }: Schedule): void {
  const sql = "insert or replace into schedules (name, lastMs, nextMs) values (:name, :lastMs, :nextMs)";
  store.change(sql, { name, lastMs, nextMs });
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
