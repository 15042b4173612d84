import { type HistoryEvent, type ParentInstance, eventOf } from "./events.ts";
import type { Store } from "./store.ts";

/** States in which an id is taken. */
const liveStates = ["Pending", "Running", "Suspended", "ContinuedAsNew"] as const;
/** States in which an id may be used again. */
export const finalStates = ["Completed", "Failed", "Terminated", "Canceled"] as const;
/** The state of an instance, in the words of the API. */
export type Status = (typeof liveStates)[number] | (typeof finalStates)[number];

/** The row of an instance. */
export type Instance = {
  readonly id: string;
  readonly execution: string;
  readonly name: string;
  readonly version: string | null;
  readonly status: Status;
  /** JSON text, as are output and customStatus. */
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly parent: string | null;
};

/** The wish for a new execution. */
export type Start = {
  readonly id: string;
  readonly execution: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly input: string | undefined;
  readonly parent: ParentInstance | undefined;
};

/** Which instances to list. */
export type Query = {
  readonly createdFromMs?: number | undefined;
  readonly createdToMs?: number | undefined;
  readonly statuses?: readonly string[];
  readonly idPrefix?: string | undefined;
  readonly after?: { readonly createdMs: number; readonly id: string } | undefined;
  readonly top: number;
};

/** True once nothing more will happen to the instance. */
export function isFinal(status: Status): boolean {
  return (finalStates as readonly string[]).includes(status);
}

/** Creates an instance, or replaces one that has ended. False: one of that id is alive. Call it inside a transaction. */
export function startInstance(store: Store, start: Start, nowMs: number): boolean {
  const old = findInstance(store, start.id);
  if (old && !isFinal(old.status)) return false;
  forget(store, start.id);
  const { id, execution, name, version = null, input = null, parent } = start;
  store.change(
    `insert into instances (id, execution, name, version, status, input, createdMs, updatedMs, parent)
     values (:id, :execution, :name, :version, 'Pending', :input, :nowMs, :nowMs, :parent)`,
    { id, execution, name, version, input, nowMs, parent: parent?.instance ?? null },
  );
  send(store, id, execution, nowMs, startedEvent(start, nowMs));
  return true;
}

/** The first event of every execution. */
export function startedEvent({ id, execution, name, version, input, parent }: Start, nowMs: number): HistoryEvent {
  const OrchestrationInstance = { InstanceId: id, ExecutionId: execution };
  const facts = { Name: name, Input: input, Version: version, OrchestrationInstance, ParentInstance: parent };
  return eventOf("ExecutionStarted", nowMs, facts);
}

/**
 * Sends a message to an instance, where it is seen after a hop from `dueMs` on. An execution that has gone by then will not see it;
 * undefined means whichever is current.
 */
export function send(
  store: Store,
  instance: string,
  execution: string | undefined,
  dueMs: number,
  event: HistoryEvent,
): void {
  put(store, instance, execution, dueMs + store.latency.hopMs, JSON.stringify(event));
}

/** Puts a message, as JSON text, into an instance's inbox, where it is seen at `dueMs`. */
export function put(store: Store, instance: string, execution: string | undefined, dueMs: number, event: string): void {
  store.change("insert into inbox (instance, execution, dueMs, event) values (:instance, :execution, :dueMs, :event)", {
    instance,
    execution: execution ?? null,
    dueMs,
    event,
  });
}

/** The instance of an id, if there is one. */
export function findInstance(store: Store, id: string): Instance | undefined {
  return store.rows<Instance>("select * from instances where id = :id", { id })[0];
}

/** The whole history of the current execution. */
export function historyOf(store: Store, instance: string): HistoryEvent[] {
  const sql = "select event from history where instance = :instance order by position";
  const rows = store.rows<{ event: string }>(sql, { instance });
  return rows.map(({ event }) => JSON.parse(event) as HistoryEvent);
}

/** Instances in order of creation, `top` at most. */
export function listInstances(store: Store, query: Query): Instance[] {
  const { createdFromMs = 0, createdToMs = Number.MAX_SAFE_INTEGER, statuses = [], idPrefix = "", after, top } = query;
  return store.rows<Instance>(
    `select * from instances
     where createdMs >= :createdFromMs and createdMs <= :createdToMs
       and substr(id, 1, length(:idPrefix)) = :idPrefix
       and (createdMs, id) > (:afterMs, :afterId)
       and (:statuses = '[]' or status in (select value from json_each(:statuses)))
     order by createdMs, id limit :top`,
    {
      createdFromMs,
      createdToMs,
      idPrefix,
      top,
      afterMs: after?.createdMs ?? -1,
      afterId: after?.id ?? "",
      statuses: JSON.stringify(statuses),
    },
  );
}

/** Removes ended instances with all they left; live ones stay. Returns how many. */
export function purge(store: Store, ids: readonly string[]): number {
  return store.transaction(() => {
    let purged = 0;
    for (const id of ids) {
      const instance = findInstance(store, id);
      if (instance === undefined || !isFinal(instance.status)) continue;
      forget(store, id);
      purged++;
    }
    return purged;
  });
}

function forget(store: Store, id: string): void {
  store.change("delete from history where instance = :id", { id });
  store.change("delete from inbox where instance = :id", { id });
  store.change("delete from instances where id = :id", { id });
}
