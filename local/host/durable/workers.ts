import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { type Log, stackOf } from "../log.ts";
import type { Store } from "./store.ts";

/** How long a silent worker keeps what it has claimed. */
export type Leases = {
  readonly activitiesMs: number;
  readonly turnsMs: number;
  readonly timersMs: number;
};

const mostRenewMs = 3_000;

/** This host's place among the hub's workers. */
export type Worker = {
  readonly id: string;
  /** Calls back each time the claims were renewed; what others left may be free then. */
  readonly onRenewed: (step: () => void) => void;
  /** Gives up every claim at once. */
  readonly leave: () => void;
};

/**
 * Enters this host among the hub's workers. Its claims hold while it renews its row. A worker that is silent for longer than a lease
 * loses the claims of that kind; one whose process is already gone when a new worker joins loses all of them at once, so that
 * a host that is started again goes on without a wait.
 */
export function joinWorkers(store: Store, clock: Clock, leases: Leases, log: Log): Worker {
  const id = randomUUID();
  const renewMs = Math.min(mostRenewMs, Math.min(leases.activitiesMs, leases.turnsMs, leases.timersMs) / 4);
  const steps: (() => void)[] = [];
  let cancel = (): void => {};

  function renew(isGone: (other: Other) => boolean): void {
    const nowMs = clock.nowMs();
    store.transaction(() => {
      store.change("insert or replace into workers (id, pid, seenMs) values (:id, :pid, :nowMs)", {
        id,
        pid: process.pid,
        nowMs,
      });
      for (const { id: worker, freed } of expired(store, id, nowMs, leases, isGone)) {
        for (const table of freed) store.change(`update ${table} set worker = null where worker = :worker`, { worker });
        if (freed.length === claimed.length) store.change("delete from workers where id = :worker", { worker });
      }
    });
  }

  function keepRenewing(): void {
    cancel = clock.alarm(clock.nowMs() + renewMs, () => {
      try {
        renew(() => false);
        for (const step of steps) step();
      } catch (error) {
        // The hub's file may be busy for a while; the next time may still be within the lease.
        log("critical", "worker.error", { error: stackOf(error), retryAfterMs: renewMs });
      }
      keepRenewing();
    });
  }

  renew(({ pid }) => !isAlive(pid));
  keepRenewing();
  return {
    id,
    onRenewed: (step) => steps.push(step),
    leave() {
      cancel();
      store.transaction(() => {
        for (const table of claimed) store.change(`update ${table} set worker = null where worker = :id`, { id });
        store.change("delete from workers where id = :id", { id });
      });
    },
  };
}

type Other = { readonly id: string; readonly pid: number; readonly seenMs: number };

const claimed = ["activities", "instances", "schedules"] as const;

function expired(
  store: Store,
  self: string,
  nowMs: number,
  leases: Leases,
  isGone: (other: Other) => boolean,
): { readonly id: string; readonly freed: readonly string[] }[] {
  const leaseMs = { activities: leases.activitiesMs, instances: leases.turnsMs, schedules: leases.timersMs };
  const others = store.rows<Other>("select id, pid, seenMs from workers where id <> :self", { self });
  return others.map((other) => {
    const freed = isGone(other) ? claimed : claimed.filter((table) => other.seenMs + leaseMs[table] < nowMs);
    return { id: other.id, freed };
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
