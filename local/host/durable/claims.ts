import { type HistoryEvent, eventOf } from "./events.ts";
import {
  type Instance,
  type Start,
  type Status,
  findInstance,
  historyOf,
  isFinal,
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

/** Takes the instance whose message has waited longest, with at most `limit` of its messages. */
export function claimTurn(store: Store, worker: string, nowMs: number, limit: number): Turn | undefined {
  return store.transaction(() => {
    const [ready] = store.rows<{ id: string }>(
      `select i.id from inbox m join instances i on i.id = m.instance
       where m.dueMs <= :nowMs and i.worker is null order by m.id limit 1`,
      { nowMs },
    );
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

/** Takes the oldest activity that nobody runs. */
export function claimActivity(store: Store, worker: string): Work | undefined {
  return store.transaction(() => {
    const [work] = store.rows<Work>("select * from activities where worker is null order by id limit 1");
    if (work === undefined) return undefined;
    const sql = "update activities set worker = :worker, tries = tries + 1 where id = :id";
    store.change(sql, { worker, id: work.id });
    return work;
  });
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

/** When the next message falls due, if one waits. */
export function nextDueMs(store: Store, afterMs: number): number | undefined {
  const [row] = store.rows<{ dueMs: number | null }>("select min(dueMs) as dueMs from inbox where dueMs > :afterMs", {
    afterMs,
  });
  return row?.dueMs ?? undefined;
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

const insertActivity = `insert into activities (instance, execution, task, name, input)
  values (:id, :execution, :task, :name, :input)`;

function apply(store: Store, { instance, history }: Turn, result: TurnResult, nowMs: number): void {
  const { id, execution } = instance;
  append(store, id, history.length, result.append);
  for (const { task, name, input } of result.activities) {
    store.change(insertActivity, { id, execution, task, name, input: input ?? null });
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
  const later = store.rows<{ id: number; dueMs: number; event: string }>("select * from inbox where instance = :id", {
    id,
  });
  store.change("delete from inbox where instance = :id", { id });
  const { start, carry } = next;
  store.change(
    "update instances set execution = :execution, input = :input, createdMs = :nowMs, output = null where id = :id",
    { id, execution: start.execution, input: start.input ?? null, nowMs },
  );
  send(store, id, start.execution, nowMs, startedEvent(start, nowMs));
  for (const event of carry) send(store, id, undefined, nowMs, event);
  for (const { dueMs, event } of later) send(store, id, undefined, dueMs, JSON.parse(event) as HistoryEvent);
}
