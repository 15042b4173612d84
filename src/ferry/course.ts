import type { Budget } from "../core/budget.ts";

/** The course of a walk: what it has under way, what waits meanwhile, and how it ends. */
export type Course = {
  readonly isStopped: () => boolean;
  /** True once something has failed that isn't about one name. */
  readonly hasFailed: () => boolean;
  /** Aborts as the walk is stopped. */
  readonly ending: AbortSignal;
  /** Starts nothing new; what is under way goes on. */
  readonly stop: () => void;
  /** Stops the walk, which ends with the first error. */
  readonly fail: (error: unknown) => void;
  /** A slot for one file; none once the walk is stopped, however long others keep theirs. */
  readonly slot: () => Promise<(() => void) | undefined>;
  /** A slot that nobody has to wait for, if there is one. */
  readonly slotNow: () => (() => void) | undefined;
  /** Takes note of what is under way and of its failure, and calls back when it is over. */
  readonly track: (running: Promise<void>, over: () => void) => void;
  /** Resolves at the next change that somebody may have waited for. */
  readonly asleep: () => Promise<void>;
  readonly wakeAll: () => void;
  /** Resolves when all that is under way now is over. */
  readonly landed: () => Promise<unknown>;
  /** Resolves when nothing is under way any more; rejects with the first error. */
  readonly over: () => Promise<void>;
};

/** Opens the course of a walk with these slots. `closing`: nothing more is to come, and what waits for that begins. */
export function openCourse(slots: Budget, closing: () => void): Course {
  const inFlight = new Set<Promise<void>>();
  const ending = new AbortController();
  let isStopped = false;
  let firstError: { readonly error: unknown } | undefined;
  let wake: (() => void)[] = [];

  function stop(): void {
    isStopped = true;
    ending.abort();
    closing();
    wakeAll();
  }

  function fail(error: unknown): void {
    firstError ??= { error };
    stop();
  }

  function wakeAll(): void {
    const sleepers = wake;
    wake = [];
    for (const up of sleepers) up();
  }

  return {
    isStopped: () => isStopped,
    hasFailed: () => firstError !== undefined,
    ending: ending.signal,
    stop,
    fail,
    slot: async () => {
      try {
        return await slots.take(1, ending.signal);
      } catch (error) {
        if (isStopped) return undefined;
        throw error;
      }
    },
    slotNow: () => slots.now(1),
    track: (running, over) => {
      const tracked = running.catch(fail).finally(() => {
        inFlight.delete(tracked);
        over();
      });
      inFlight.add(tracked);
    },
    asleep: () => new Promise((resolve) => wake.push(resolve)),
    wakeAll,
    landed: () => Promise.all(inFlight),
    over: async () => {
      for (closing(); inFlight.size > 0; closing()) await Promise.all(inFlight);
      if (firstError !== undefined) throw firstError.error;
    },
  };
}
