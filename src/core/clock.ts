/** Time, chance and waiting, handed in so that rules stay pure and tests need no real time. */
export type Clock = {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** A number in [0, 1). */
  readonly roll: () => number;
};

/** The same clock; `told` hears of every sleep. */
export function sleepsTold<C extends Pick<Clock, "sleep">>(clock: C, told: (ms: number) => void): C {
  return {
    ...clock,
    sleep: (ms, signal) => {
      told(ms);
      return clock.sleep(ms, signal);
    },
  };
}

/** Whether it is time again for what is done so often. A clock that was set back puts nothing off. */
export function isDue(sinceMs: number, everyMs: number, nowMs: number): boolean {
  return nowMs < sinceMs || nowMs - sinceMs >= everyMs;
}
