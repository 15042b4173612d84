import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Store } from "./store.ts";

/** How long a silent worker keeps its claims. */
export const leaseMs = 15_000;
const renewMs = 3_000;

/** This process's place among the hub's workers. */
export type Worker = {
  readonly id: string;
  /** Gives up every claim at once. */
  readonly leave: () => void;
};

/**
 * Enters this process among the hub's workers. Its claims hold while it renews its row; claims of a worker that is silent for too
 * long, or whose process is gone from this machine, are free again. `freed` is called when there are such.
 */
export function joinWorkers(store: Store, clock: Clock, freed: () => void): Worker {
  const id = randomUUID();
  let cancel = (): void => {};

  function renew(): void {
    const nowMs = clock.nowMs();
    const isNews = store.transaction(() => {
      store.change("insert or replace into workers (id, pid, seenMs) values (:id, :pid, :nowMs)", {
        id,
        pid: process.pid,
        nowMs,
      });
      return releaseDead(store, id, nowMs);
    });
    cancel = clock.alarm(nowMs + renewMs, renew);
    if (isNews) freed();
  }

  renew();
  return {
    id,
    leave() {
      cancel();
      store.transaction(() => release(store, id));
    },
  };
}

function releaseDead(store: Store, self: string, nowMs: number): boolean {
  const others = store.rows<{ id: string; pid: number; seenMs: number }>("select * from workers where id <> :self", {
    self,
  });
  const dead = others.filter(({ pid, seenMs }) => seenMs < nowMs - leaseMs || !isAlive(pid));
  for (const { id } of dead) release(store, id);
  return dead.length > 0;
}

function release(store: Store, worker: string): void {
  store.change("update instances set worker = null where worker = :worker", { worker });
  store.change("update activities set worker = null where worker = :worker", { worker });
  store.change("delete from workers where id = :worker", { worker });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
