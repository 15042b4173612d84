import { type HistoryEvent, eventOf } from "./events.ts";
import {
  type Instance,
  type Start,
  type Status,
  findInstance,
  historyOf,
  isFinal,
  put,
  send,
  startInstance,
  startedEvent,
} from "./instances.ts";
import type { Store } from "./store.ts";

/** One entry of an inbox. */
type Message = {
  readonly id: number;
  readonly execution: string | undefined;
  readonly event: HistoryEvent;
};

/** Everything one turn works on. */
export type Turn = {
  readonly instance: Instance;
  readonly history: readonly HistoryEvent[];
  readonly messages: readonly Message[];
};

/** Everything one turn changes; it is stored whole or not at all. */
export type TurnResult = {
  readonly append: readonly HistoryEvent[];
  readonly status: Status;
  readonly output: string | undefined;
  readonly customStatus: string | undefined;
  readonly activities: readonly { readonly task: number; readonly name: string; readonly input: string | undefined }[];
  readonly timers: readonly { readonly task: number; readonly fireAtMs: number }[];
  readonly children: readonly Start[];
  /** Goes to the parent. */
  readonly answer: { readonly to: string; readonly execution: string; readonly event: HistoryEvent } | undefined;
  readonly next: { readonly start: Start; readonly carry: readonly HistoryEvent[] } | undefined;
};

/** One activity to run. */
export type Work = {
  readonly id: number;
  readonly instance: string;
  readonly execution: string;
  readonly task: number;
  readonly name: string;
  readonly input: string | null;
  readonly tries: number;
};

const readyInstance = `select i.id from inbox m join instances i on i.id = m.instance
  where m.dueMs <= :nowMs and i.worker is null order by m.id limit 1`;

/**
 * Takes the instance whose message has waited longest, with at most `limit` of its messages. A claim keeps an instance on one
 * worker at a time, as the leases of Azure's control queues do.
 */
export function claimTurn(store: Store, worker: string, nowMs: number, limit: number): Turn | undefined {
  // Looking takes no lock: workers that find nothing are in nobody's way.
  if (store.rows(readyInstance, { nowMs }).length === 0) return undefined;
  return store.transaction(() => {
    const [ready] = store.rows<{ id: string }>(readyInstance, { nowMs });
    if (ready === undefined) return undefined;
    store.change("update instances set worker = :worker where id = :id", { worker, id: ready.id });
    const instance = findInstance(store, ready.id);
    if (instance === undefined) return undefined;
    const rows = store.rows<{ id: number; execution: string | null; event: string }>(
      "select id, execution, event from inbox where instance = :id and dueMs <= :nowMs order by id limit :limit",
      { id: ready.id, nowMs, limit },
    );
    const messages = rows.map(({ id, execution, event }) => {
      return { id, execution: execution ?? undefined, event: JSON.parse(event) as HistoryEvent };
    });
    return { instance, history: historyOf(store, ready.id), messages };
  });
}

/** Stores a turn and gives up its claim. False: the claim was lost meanwhile, and nothing was stored. */
export function commitTurn(
  store: Store,
  worker: string,
  turn: Turn,
  result: TurnResult | undefined,
  nowMs: number,
): boolean {
  const { id } = turn.instance;
  return store.transaction(() => {
    if (!isStillMine(store, worker, turn)) return false;
    for (const message of turn.messages) store.change("delete from inbox where id = :id", { id: message.id });
    if (result) apply(store, turn, result, nowMs);
    store.change("update instances set worker = null where id = :id", { id });
    return true;
  });
}

// How long a worker that has its share leaves further activities to the others.
const patienceMs = 100;

const oldestActivity = "select * from activities where worker is null and dueMs <= :dueMs order by dueMs, id limit 1";

/**
 * Takes the oldest activity that nobody runs. A worker that runs its share of all there are (`mine` says how many it runs)
 * takes another one only after the others have left it for a moment: whoever polls first must not end up with all of them.
 */
export function claimActivity(store: Store, worker: string, mine: number, nowMs: number): Work | undefined {
  const dueMs = mine < shareOf(store) ? nowMs : nowMs - patienceMs;
  if (store.rows(oldestActivity, { dueMs }).length === 0) return undefined;
  return store.transaction(() => {
    const [work] = store.rows<Work>(oldestActivity, { dueMs });
    if (work === undefined) return undefined;
    const sql = "update activities set worker = :worker, tries = tries + 1 where id = :id";
    store.change(sql, { worker, id: work.id });
    return work;
  });
}

function shareOf(store: Store): number {
  const [row] = store.rows<{ share: number | null }>(
    "select (select count(*) from activities) * 1.0 / (select count(*) from workers) as share",
  );
  return row?.share ?? Number.POSITIVE_INFINITY;
}

/** Reports an activity's end to its orchestration, once. False: the claim was lost meanwhile, and another run will report. */
export function finishActivity(store: Store, worker: string, work: Work, event: HistoryEvent, nowMs: number): boolean {
  return store.transaction(() => {
    const deleted = store.change("delete from activities where id = :id and worker = :worker", { id: work.id, worker });
    if (deleted === 0) return false;
    const instance = findInstance(store, work.instance);
    if (instance?.execution === work.execution && !isFinal(instance.status)) {
      send(store, work.instance, work.execution, nowMs, event);
    }
    return true;
  });
}

/** Gives a turn's instance back as it was. */
export function releaseTurn(store: Store, worker: string, { instance: { id } }: Turn): void {
  store.change("update instances set worker = null where id = :id and worker = :worker", { id, worker });
}

/** Gives an activity back to be run again. */
export function releaseActivity(store: Store, worker: string, { id }: Work): void {
  store.change("update activities set worker = null where id = :id and worker = :worker", { id, worker });
}

/** When there may next be something to claim after now, if ever: a message, or an activity that is due or left to others until then. */
export function nextDueMs(store: Store, nowMs: number): number {
  const [row] = store.rows<{ message: number | null; activity: number | null }>(
    `select (select min(dueMs) from inbox where dueMs > :nowMs) as message,
       (select min(dueMs) from activities where worker is null) as activity`,
    { nowMs },
  );
  const { message, activity } = row ?? { message: null, activity: null };
  const held = activity !== null && activity <= nowMs ? activity + patienceMs : activity;
  return Math.min(message ?? Number.POSITIVE_INFINITY, held ?? Number.POSITIVE_INFINITY);
}

function isStillMine(store: Store, worker: string, { instance, history, messages }: Turn): boolean {
  const [mine] = store.rows<{ events: number }>(
    `select (select count(*) from history where instance = i.id) as events
     from instances i where id = :id and worker = :worker and execution = :execution`,
    { id: instance.id, worker, execution: instance.execution },
  );
  if (mine?.events !== history.length) return false;
  const [last] = messages.slice(-1);
  return last === undefined || store.rows("select id from inbox where id = :id", { id: last.id }).length === 1;
}

const insertActivity = `insert into activities (instance, execution, task, name, input, dueMs)
  values (:id, :execution, :task, :name, :input, :dueMs)`;

function apply(store: Store, { instance, history }: Turn, result: TurnResult, nowMs: number): void {
  const { id, execution } = instance;
  append(store, id, history.length, result.append);
  for (const { task, name, input } of result.activities) {
    const dueMs = activityDueMs(store, nowMs);
    store.change(insertActivity, { id, execution, task, name, input: input ?? null, dueMs });
  }
  for (const { task, fireAtMs } of result.timers) {
    const FireAt = new Date(fireAtMs).toISOString();
    send(store, id, execution, fireAtMs, eventOf("TimerFired", fireAtMs, { TimerId: task, FireAt }));
  }
  for (const child of result.children) startChild(store, child, nowMs);
  if (result.answer) send(store, result.answer.to, result.answer.execution, nowMs, result.answer.event);
  store.change(
    `update instances set status = :status, output = :output, updatedMs = :nowMs,
       customStatus = coalesce(:customStatus, customStatus)
     where id = :id`,
    { id, nowMs, status: result.status, output: result.output ?? null, customStatus: result.customStatus ?? null },
  );
  if (result.next) continueAsNew(store, id, result.next, nowMs);
  if (isFinal(result.status)) store.change("delete from inbox where instance = :id", { id });
}

// The hub's pace is kept where all its workers see it: one row with the time that was given out last.
function activityDueMs(store: Store, nowMs: number): number {
  const { hopMs, activitiesPerSecond } = store.latency;
  const earliestMs = nowMs + hopMs;
  if (activitiesPerSecond === Number.POSITIVE_INFINITY) return earliestMs;
  const [last] = store.rows<{ value: string }>("select value from meta where name = 'lastActivityMs'");
  const dueMs = Math.max(earliestMs, Number(last?.value ?? 0) + 1000 / activitiesPerSecond);
  store.change("insert or replace into meta (name, value) values ('lastActivityMs', :value)", { value: String(dueMs) });
  return Math.ceil(dueMs);
}

function append(store: Store, instance: string, from: number, events: readonly HistoryEvent[]): void {
  const sql = "insert into history (instance, position, event) values (:instance, :position, :event)";
  for (const [index, event] of events.entries()) {
    store.change(sql, { instance, position: from + index, event: JSON.stringify(event) });
  }
}

function startChild(store: Store, child: Start, nowMs: number): void {
  if (startInstance(store, child, nowMs) || child.parent === undefined) return;
  const Reason = `An Orchestration instance with the id ${child.id} is alive already.`;
  const facts = { TaskScheduledId: child.parent.task, Reason, Details: "" };
  const event = eventOf("SubOrchestrationInstanceFailed", nowMs, facts);
  send(store, child.parent.instance, child.parent.execution, nowMs, event);
}

function continueAsNew(store: Store, id: string, next: NonNullable<TurnResult["next"]>, nowMs: number): void {
  store.change("delete from history where instance = :id", { id });
  // Timers and results of the old execution go with it; events that were raised but not read stay, in their order.
  store.change("delete from inbox where instance = :id and execution is not null", { id });
  const later = store.rows<{ dueMs: number; event: string }>(
    "select dueMs, event from inbox where instance = :id order by id",
    {
      id,
    },
  );
  store.change("delete from inbox where instance = :id", { id });
  const { start, carry } = next;
  store.change(
    "update instances set execution = :execution, input = :input, createdMs = :nowMs, output = null where id = :id",
    { id, execution: start.execution, input: start.input ?? null, nowMs },
  );
  send(store, id, start.execution, nowMs, startedEvent(start, nowMs));
  for (const event of carry) send(store, id, undefined, nowMs, event);
  // They are on their way already, but must not come before the start.
  const startMs = nowMs + store.latency.hopMs;
  for (const { dueMs, event } of later) put(store, id, undefined, Math.max(dueMs, startMs), event);
}
