import { Cron } from "croner";
import type { AppFunction, Catalogue } from "./catalogue.ts";
import type { Clock } from "./clock.ts";
import { type Log, textOf } from "./log.ts";
import type { Invoke } from "./invoke.ts";
import type { Input } from "./rpc.ts";
import { type Settings, fillIn } from "./settings.ts";
import type { Store } from "./durable/store.ts";
import type { Worker } from "./durable/workers.ts";

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
  readonly worker: Worker;
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

/**
 * Starts the app's timers. Of all hosts on a hub one at a time holds a timer, as in Azure: it alone runs it on its schedule. What was
 * missed while no host was up runs once, marked as past due.
 */
export function startTimers(options: TimerOptions): Timers {
  const { catalogue, settings, store, worker, clock, log, invoke, clientInputs } = options;
  const held = new Map<string, () => void>();
  const busy = new Map<string, Promise<void>>();
  let isStopped = false;

  const targets = catalogue.all.filter(({ kind }) => kind === "timer");
  const schedules = targets.map((target) => {
    return { target, cron: cronFrom(target.name, fillIn(target.trigger.schedule ?? "", settings)) };
  });
  // Only after every schedule could be read: a host that refuses to start must leave no alarm behind.
  hold();
  worker.onRenewed(hold);

  function hold(): void {
    if (isStopped) return;
    for (const { target, cron } of schedules) if (!held.has(target.name)) begin(target, cron);
  }

  function begin(target: AppFunction, cron: Cron): void {
    const nowMs = clock.nowMs();
    const fresh = { lastMs: nowMs, nextMs: cron.nextRun(new Date(nowMs))?.getTime() ?? nowMs };
    const schedule = claimSchedule(store, worker.id, target.name, fresh);
    if (schedule === undefined) return;
    held.set(target.name, () => {});
    const isPastDue = schedule.nextMs < nowMs && target.trigger.useMonitor !== false;
    if (isPastDue || target.trigger.runOnStartup === true) setImmediate(() => void tick(target, cron, isPastDue));
    else arm(target, cron);
  }

  function arm(target: AppFunction, cron: Cron): void {
    const nowMs = clock.nowMs();
    const nextMs = cron.nextRun(new Date(nowMs))?.getTime();
    if (isStopped || nextMs === undefined || !move(target, { nextMs })) return;
    held.set(
      target.name,
      clock.alarm(nextMs, () => void tick(target, cron, false)),
    );
  }

  async function tick(target: AppFunction, cron: Cron, isPastDue: boolean): Promise<void> {
    if (isStopped) return;
    const nowMs = clock.nowMs();
    const lastMs = readSchedule(store, target.name)?.lastMs ?? nowMs;
    const nextMs = cron.nextRun(new Date(nowMs))?.getTime() ?? nowMs;
    if (!move(target, { lastMs: nowMs, nextMs })) return;
    await run(target, isPastDue, { lastMs, nextMs });
    arm(target, cron);
  }

  // False: this host was silent for so long that another one holds the timer, or may.
  function move({ name }: AppFunction, to: { readonly lastMs?: number; readonly nextMs: number }): boolean {
    if (saveSchedule(store, worker.id, name, to)) return true;
    held.delete(name);
    log("warning", "timer.lost", { function: name });
    return false;
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
      for (const cancel of held.values()) cancel();
      await Promise.all(busy.values());
    },
  };
}

function readSchedule(store: Store, name: string): Schedule | undefined {
  return store.rows<{ lastMs: number; nextMs: number }>("select lastMs, nextMs from schedules where name = :name", {
    name,
  })[0];
}

/** Takes a timer that no live host holds; returns the schedule it had, or the fresh one. Undefined: another host holds it. */
function claimSchedule(store: Store, worker: string, name: string, fresh: Schedule): Schedule | undefined {
  const free = "select lastMs, nextMs from schedules where name = :name and worker is null";
  const isTaken = readSchedule(store, name) !== undefined && store.rows(free, { name }).length === 0;
  if (isTaken) return undefined;
  return store.transaction(() => {
    const sql = "insert into schedules (name, lastMs, nextMs, worker) values (:name, :lastMs, :nextMs, :worker)";
    if (readSchedule(store, name) === undefined) {
      store.change(sql, { name, ...fresh, worker });
      return fresh;
    }
    const [known] = store.rows<Schedule>(free, { name });
    if (known !== undefined) store.change("update schedules set worker = :worker where name = :name", { name, worker });
    return known;
  });
}

function saveSchedule(
  store: Store,
  worker: string,
  name: string,
  { lastMs, nextMs }: { readonly lastMs?: number; readonly nextMs: number },
): boolean {
  const sql = `update schedules set lastMs = coalesce(:lastMs, lastMs), nextMs = :nextMs
    where name = :name and worker = :worker`;
  return store.change(sql, { name, worker, lastMs: lastMs ?? null, nextMs }) === 1;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
