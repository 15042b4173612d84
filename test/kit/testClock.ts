import type { Clock } from "../../src/core/clock.ts";

/** A clock that jumps: sleeping takes no time but moves it. */
export type TestClock = Clock & { readonly advance: (ms: number) => void; readonly slept: readonly number[] };

/** A clock that begins at `startMs` and rolls `chance`. */
export function testClock(startMs = 1_000_000, chance = 0.5): TestClock {
  let nowMs = startMs;
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => nowMs,
    roll: () => chance,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      nowMs += ms;
      // A real turn of the event loop, so that what runs beside a sleeper comes on.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}
