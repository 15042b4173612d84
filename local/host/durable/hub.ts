import type { Clock } from "../clock.ts";
import { type Log, stackOf, textOf } from "../log.ts";
import {
  type Turn,
  type Work,
  claimActivity,
  claimTurn,
  commitTurn,
  finishActivity,
  nextDueMs,
  releaseActivity,
  releaseTurn,
} from "./claims.ts";
import { type HistoryEvent, eventOf } from "./events.ts";
import type { Known } from "./replay.ts";
import type { Store } from "./store.ts";
import { type RunOrchestrator, runTurn } from "./turn.ts";
import type { Worker } from "./workers.ts";

/** Runs the activity function once; resolves with its result as JSON. */
type RunActivity = (name: string, input: string | undefined) => Promise<string>;

/** A worker on a task hub. */
export type Hub = {
  /** Says that there may be new messages. */
  readonly wake: () => void;
  /** True when nothing runs and nothing is due; timers of the future do not count. */
  readonly isIdle: () => boolean;
  /** Calls back after every step, so that one may look at isIdle again. */
  readonly onStep: (step: () => void) => void;
  /** Takes nothing new and waits for what runs at most until `deadline` resolves; what then still runs reports no more. */
  readonly stop: (deadline: Promise<void>) => Promise<void>;
};

type HubOptions = {
  readonly store: Store;
  readonly worker: Worker;
  readonly clock: Clock;
  readonly log: Log;
  readonly known: Known;
  readonly runOrchestrator: RunOrchestrator;
  readonly runActivity: RunActivity;
  readonly limits: { readonly activities: number; readonly orchestrators: number; readonly messagesPerTurn: number };
};

// Only for messages of other processes on the same hub; one's own wake the hub at once.
const pollMs = 50;
const retryAfterMs = 1_000;

/** Starts working on a task hub. */
export function startHub(options: HubOptions): Hub {
  const { store, worker, clock, log, known, limits } = options;
  const steps: (() => void)[] = [];
  const running = new Set<Promise<void>>();
  let turns = 0;
  let activities = 0;
  let isStopping = false;
  let hasLeft = false;
  let isAwake = false;
  let cancelAlarm = (): void => {};

  function wake(): void {
    if (isAwake || isStopping) return;
    isAwake = true;
    setImmediate(() => {
      isAwake = false;
      pump();
    });
  }

  function pump(): void {
    if (isStopping) return;
    try {
      claim();
      waitUntil(nextDueMs(store, clock.nowMs()));
    } catch (error) {
      log("critical", "hub.error", { error: stackOf(error), retryAfterMs });
      waitUntil(clock.nowMs() + retryAfterMs);
    }
    for (const step of steps) step();
  }

  function claim(): void {
    while (turns < limits.orchestrators) {
      const turn = claimTurn(store, worker.id, clock.nowMs(), limits.messagesPerTurn);
      if (turn === undefined) break;
      turns++;
      const release = (): void => releaseTurn(store, worker.id, turn);
      track(
        oneTurn(turn).finally(() => turns--),
        release,
      );
    }
    while (activities < limits.activities) {
      const work = claimActivity(store, worker.id, activities, clock.nowMs());
      if (work === undefined) break;
      activities++;
      const release = (): void => releaseActivity(store, worker.id, work);
      track(
        oneActivity(work).finally(() => activities--),
        release,
      );
    }
  }

  function track(work: Promise<void>, release: () => void): void {
    const done = work
      .catch((error: unknown) => {
        log("critical", "hub.error", { error: stackOf(error), retryAfterMs });
        // Only the hub's file fails here, never the app; at once it would most likely fail again.
        clock.alarm(clock.nowMs() + retryAfterMs, () => {
          if (hasLeft) return;
          release();
          wake();
        });
      })
      .finally(() => {
        running.delete(done);
        wake();
      });
    running.add(done);
  }

  function waitUntil(dueMs: number): void {
    cancelAlarm();
    cancelAlarm = clock.alarm(Math.min(dueMs, clock.nowMs() + pollMs), () => {
      if (clock.nowMs() >= dueMs || store.isNews()) wake();
      else waitUntil(dueMs);
    });
  }

  async function oneTurn(turn: Turn): Promise<void> {
    const { id, name } = turn.instance;
    const startedMs = clock.nowMs();
    const result = await runTurn(turn, startedMs, known, options.runOrchestrator);
    if (hasLeft) return;
    const nowMs = clock.nowMs();
    const kept = commitTurn(store, worker.id, turn, result, nowMs);
    const fields = { instance: id, function: name, messages: turn.messages.length, ms: nowMs - startedMs };
    if (!kept) log("warning", "turn.lost", fields);
    else if (result?.status === "Failed")
      log("error", "turn.done", { ...fields, status: "Failed", output: result.output });
    else log("debug", "turn.done", { ...fields, status: result?.status ?? "nothing new" });
  }

  async function oneActivity(work: Work): Promise<void> {
    const fields = { instance: work.instance, function: work.name, task: work.task };
    if (work.tries > 0) log("warning", "activity.again", { ...fields, tries: work.tries + 1 });
    const event = await outcomeOf(work);
    if (hasLeft) return;
    const kept = finishActivity(store, worker.id, work, event, clock.nowMs());
    if (!kept) log("warning", "activity.lost", fields);
  }

  async function outcomeOf({ task, name, input }: Work): Promise<HistoryEvent> {
    try {
      const Result = await options.runActivity(name, input ?? undefined);
      return eventOf("TaskCompleted", clock.nowMs(), { TaskScheduledId: task, Result });
    } catch (error) {
      const Reason = `Activity function '${name}' failed: ${textOf(error)}`;
      return eventOf("TaskFailed", clock.nowMs(), { TaskScheduledId: task, Reason, Details: stackOf(error) });
    }
  }

  async function stop(deadline: Promise<void>): Promise<void> {
    isStopping = true;
    cancelAlarm();
    await Promise.race([Promise.allSettled(running), deadline]);
    if (running.size > 0) log("warning", "hub.abandons", { turns, activities });
    hasLeft = true;
  }

  function isIdle(): boolean {
    if (running.size > 0 || isAwake) return false;
    const [work] = store.rows(
      "select (select count(*) from inbox where dueMs <= :dueMs) + (select count(*) from activities) as open",
      { dueMs: clock.nowMs() + store.latency.hopMs },
    );
    return work?.["open"] === 0;
  }

  worker.onRenewed(wake);
  wake();
  return { wake, isIdle, onStep: (step) => steps.push(step), stop };
}
