import type { Clock } from "../../src/core/clock.ts";

/** Time that passes only when nothing can happen now. Equal seeds and equal code make equal courses. */
export type Timeline = Clock & {
  /**
   * Lets time pass until this settles; rejects when nobody sleeps and it still hasn't. Whoever is to wake in the same
   * millisecond wakes in the same turn, in the order in which they lay down.
   */
  readonly run: <T>(settled: Promise<T>) => Promise<T>;
};

/** A timeline that begins at `startMs`; every sleep is rounded up to a whole millisecond. */
export function timeline(startMs: number, seed = 1): Timeline {
  /** Who wakes at a time, and these times as a heap, the next one first. */
  const sleepers = new Map<number, (() => void)[]>();
  const times: number[] = [];
  const roll = dice(seed);
  let nowMs = startMs;

  function add(atMs: number, wake: () => void): void {
    const there = sleepers.get(atMs);
    if (there !== undefined) return void there.push(wake);
    sleepers.set(atMs, [wake]);
    push(times, atMs);
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const atMs = nowMs + Math.max(0, Math.ceil(ms));
    if (signal === undefined) return new Promise((resolve) => add(atMs, resolve));
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(signal.reason as Error);
      signal.addEventListener("abort", giveUp, { once: true });
      add(atMs, () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      });
    });
  }

  async function run<T>(settled: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    settled.then(mark, mark);
    for (;;) {
      // Every promise that can settle now has done so before the event loop comes round.
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled) return settled;
      const next = pop(times);
      if (next === undefined) throw new Error(`it hangs: at ${nowMs} nobody sleeps, and it is not over`);
      nowMs = next;
      const waking = sleepers.get(next) ?? [];
      sleepers.delete(next);
      for (const wake of waking) wake();
    }
  }

  return { nowMs: () => nowMs, sleep, roll, run };
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] ?? value;
    if (parent <= value) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = value;
}

function pop(heap: number[]): number | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if ((heap[below + 1] ?? Infinity) < (heap[below] ?? Infinity)) below++;
    const child = heap[below];
    if (child === undefined || child >= last) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
  return first;
}
