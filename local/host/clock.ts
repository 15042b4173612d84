/** Cancels an alarm; harmless after it rang. */
type Cancel = () => void;

/** The host's only source of time, so that tests can own it. */
export type Clock = {
  nowMs(): number;
  /** Calls `ring` once, at or soon after `atMs`. */
  alarm(atMs: number, ring: () => void): Cancel;
};

// setTimeout fires at once for anything longer than a signed 32-bit number of milliseconds.
const longestWaitMs = 2 ** 31 - 1;

/** Real time. An alarm keeps the process alive no longer than anything else does. */
export const wallClock: Clock = {
  nowMs: () => Date.now(),
  alarm(atMs, ring) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const waitMs = atMs - Date.now();
      timer = waitMs > longestWaitMs ? setTimeout(arm, longestWaitMs) : setTimeout(ring, Math.max(0, waitMs));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
