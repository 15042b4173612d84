import type { Task } from "durable-functions";
import type { Clock } from "../../src/core/clock.ts";
import type { Activities } from "../../src/flow/activities.ts";
import { migrate, type MigrateInput } from "../../src/flow/migrate.ts";

/** How slow a task hub is, and how many activities a process runs at a time. */
export type HubPace = { readonly hopMs: number; readonly activitiesPerSecond: number; readonly slots: number };

/** Runs an activity in one of the processes. */
export type Perform = <K extends keyof Activities>(
  process: number,
  name: K,
  input: Activities[K]["in"],
) => Promise<Activities[K]["out"]>;

/** What a run has left in a hub: rounds, and the longest history of one. */
export type HubUse = { readonly rounds: number; readonly mostEvents: number; readonly status: string };

type Asked = { readonly name: keyof Activities; readonly input: unknown } | { readonly all: readonly Task[] };

/** Runs an orchestration to its end, as the Azure Storage provider would. */
export async function orchestrate(
  clock: Clock,
  pace: HubPace,
  processes: number,
  perform: Perform,
  first: MigrateInput,
): Promise<HubUse> {
  const free = Array.from({ length: processes }, () => pace.slots);
  const queue: (() => void)[] = [];
  let lastStartMs = 0;
  let [rounds, mostEvents, status] = [0, 0, ""];

  // The process with the most free slots takes the message first, as its queue reader is the least busy.
  async function slot(): Promise<number> {
    for (;;) {
      const process = free.indexOf(Math.max(...free));
      if ((free[process] ?? 0) > 0) {
        free[process] = (free[process] ?? 0) - 1;
        return process;
      }
      await new Promise<void>((resolve) => queue.push(resolve));
    }
  }

  async function run(name: keyof Activities, input: unknown): Promise<unknown> {
    lastStartMs = Math.max(clock.nowMs() + pace.hopMs, lastStartMs + 1000 / pace.activitiesPerSecond);
    await clock.sleep(lastStartMs - clock.nowMs());
    const process = await slot();
    try {
      return overTheWire(await perform(process, name, overTheWire(input) as never));
    } finally {
      free[process] = (free[process] ?? 0) + 1;
      queue.shift()?.();
      await clock.sleep(pace.hopMs);
    }
  }

  async function round(input: MigrateInput): Promise<MigrateInput | undefined> {
    let next: MigrateInput | undefined;
    const asked = new Map<Task, Asked>();
    const begun = new Map<Task, Promise<unknown>>();
    /** Each moment at which results arrive is a turn of its own. */
    const turns = new Set<number>();
    let activities = 0;

    function ask(what: Asked): Task {
      const task = {} as Task;
      asked.set(task, what);
      return task;
    }

    function begin(task: Task): Promise<unknown> {
      const there = begun.get(task);
      if (there !== undefined) return there;
      const what = asked.get(task);
      if (what === undefined) throw new Error("not a task of this round");
      const promise = "all" in what ? Promise.all(what.all.map(begin)) : started(what.name, what.input);
      begun.set(task, promise);
      promise.catch(() => undefined);
      return promise;
    }

    async function started(name: keyof Activities, input: unknown): Promise<unknown> {
      activities++;
      try {
        return await run(name, input);
      } finally {
        turns.add(clock.nowMs());
      }
    }

    const flow = migrate(
      {
        callActivity: (name, input) => ask({ name: name as keyof Activities, input }),
        continueAsNew: (input) => {
          next = overTheWire(input) as MigrateInput;
        },
        setCustomStatus: () => undefined,
        Task: { all: (tasks) => ask({ all: tasks }) },
      },
      input,
    );
    let step = flow.next();
    while (step.done !== true) {
      let value: unknown;
      let failure: { readonly error: unknown } | undefined;
      try {
        value = await begin(step.value);
      } catch (error) {
        failure = { error };
      }
      step = failure === undefined ? flow.next(value) : flow.throw(failure.error);
    }
    status = step.value.status;
    rounds++;
    // Scheduled and completed; the start and end of each turn; ExecutionStarted and ContinuedAsNew or ExecutionCompleted.
    mostEvents = Math.max(mostEvents, 2 * activities + 2 * (turns.size + 1) + 2);
    await clock.sleep(pace.hopMs);
    return next;
  }

  for (let input: MigrateInput | undefined = first; input !== undefined; ) input = await round(input);
  return { rounds, mostEvents, status };
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
