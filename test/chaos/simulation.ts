import { AsyncLocalStorage } from "node:async_hooks";

/** Time that passes only when nothing can happen now: whoever sleeps least wakes first. The same plan, the same course. */
export type Simulation = {
  readonly nowMs: () => number;
  /**
   * Resolves when the time has come; rejects with the signal's reason when it aborts first. The gate may hold the
   * sleeper back when it wakes, or for ever.
   */
  readonly sleep: (ms: number, signal?: AbortSignal, gate?: Gate) => Promise<void>;
  /** Something that takes real time, as a request over a socket: time stands still meanwhile, unless it sleeps itself. */
  readonly outside: <T>(act: () => Promise<T>) => Promise<T>;
  /** The same for something that nobody's sleep can be in the way of: time waits however long it takes. */
  readonly meanwhile: <T>(act: () => Promise<T>) => Promise<T>;
  /** Lets time pass until this settles; rejects when that never happens. */
  readonly until: <T>(settled: Promise<T>) => Promise<T>;
  /** Lets time pass until nobody sleeps any more. */
  readonly rest: () => Promise<void>;
};

/** Lets somebody go on, now, later or never. */
export type Gate = (go: () => void) => void;

type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void };
type Outing = { sleeping: number };

/** Real milliseconds that time waits for somebody outside who may be waiting for a sleeper. */
const patienceMs = 20;
const mostSteps = 3_000_000;

/** Time that begins at `startMs`. */
export function simulation(startMs: number): Simulation {
  const sleepers: Sleeper[] = [];
  const outings = new AsyncLocalStorage<Outing>();
  let nowMs = startMs;
  let order = 0;
  let outside = 0;
  let halted = 0;
  let steps = 0;

  function add(sleeper: Sleeper): void {
    let [low, high] = [0, sleepers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sleepers[middle] ?? sleeper).atMs > sleeper.atMs) low = middle + 1;
      else high = middle;
    }
    // Descending, so that the next one is popped; among equals the first to lie down is the first to wake.
    sleepers.splice(low, 0, sleeper);
  }

  async function sleep(ms: number, signal?: AbortSignal, gate: Gate = (go) => go()): Promise<void> {
    signal?.throwIfAborted();
    const outing = outings.getStore();
    if (outing !== undefined && ++outing.sleeping === 1) outside--;
    const rise = () => {
      if (outing !== undefined && --outing.sleeping === 0) outside++;
    };
    await new Promise<void>((resolve, reject) => {
      const wake = () =>
        gate(() => {
          signal?.removeEventListener("abort", giveUp);
          rise();
          resolve();
        });
      const sleeper = { atMs: nowMs + Math.max(0, ms), order: order++, wake };
      function giveUp(): void {
        const at = sleepers.indexOf(sleeper);
        if (at < 0) return;
        sleepers.splice(at, 1);
        rise();
        reject(signal?.reason as Error);
      }
      signal?.addEventListener("abort", giveUp, { once: true });
      add(sleeper);
    });
  }

  async function settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (outside === 0 && halted === 0) return;
    const startedMs = performance.now();
    while (halted > 0 || (outside > 0 && (sleepers.length === 0 || performance.now() - startedMs < patienceMs))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  function step(): boolean {
    const next = sleepers.pop();
    if (next === undefined) return false;
    if (++steps > mostSteps) throw new Error(`it never ends: ${mostSteps} steps, ${(nowMs - startMs) / 1000} s`);
    nowMs = Math.max(nowMs, next.atMs);
    next.wake();
    return true;
  }

  async function until<T>(settled: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    settled.then(mark, mark);
    for (;;) {
      await settle();
      if (isSettled) return settled;
      if (!step()) throw new Error("it hangs: nobody sleeps, and nothing happens");
    }
  }

  return {
    nowMs: () => nowMs,
    sleep,
    outside: (act) =>
      outings.run({ sleeping: 0 }, async () => {
        outside++;
        try {
          return await act();
        } finally {
          outside--;
        }
      }),
    meanwhile: async (act) => {
      halted++;
      try {
        return await act();
      } finally {
        halted--;
      }
    },
    until,
    rest: async () => {
      do await settle();
      while (step());
    },
  };
}
