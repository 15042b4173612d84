import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";

/** The real time and chance. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
  roll: () => Math.random(),
};
