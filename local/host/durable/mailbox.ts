import type { HistoryEvent } from "./events.ts";
import { type Future, future, settle, settled } from "./futures.ts";

/** The external events of one replay. Names ignore case. */
export type Mailbox = {
  readonly wait: (name: string) => Future;
  readonly raise: (name: string, event: HistoryEvent) => void;
  /** Events that nobody has waited for yet. */
  readonly unread: () => readonly HistoryEvent[];
};

/** A mailbox with nothing in it. */
export function openMailbox(): Mailbox {
  const waiters = new Map<string, Future[]>();
  const early = new Map<string, HistoryEvent[]>();

  return {
    wait(name) {
      const key = name.toLowerCase();
      if (early.get(key)?.shift()) return settled();
      const task = future();
      waiters.set(key, [...(waiters.get(key) ?? []), task]);
      return task;
    },
    raise(name, event) {
      const key = name.toLowerCase();
      // The last to wait is served first: the extension keeps its waiters on a stack, but its early events in a queue.
      const waiter = waiters.get(key)?.pop();
      if (waiter) settle(waiter, "ok");
      else early.set(key, [...(early.get(key) ?? []), event]);
    },
    unread: () => [...early.values()].flat(),
  };
}
