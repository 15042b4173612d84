/** The time an emulator lives in; tests and the control endpoint move it. */
export type VirtualClock = {
  nowMs(): number;
  /** Jumps to this time; a flowing clock flows on from there. */
  set(nowMs: number): void;
  advance(byMs: number): void;
};

/** A clock that flows with the machine's, or stands still at `stillAtMs` until it is moved. */
export function virtualClock(stillAtMs?: number): VirtualClock {
  const base = stillAtMs === undefined ? Date.now : () => stillAtMs;
  let offsetMs = 0;
  return {
    nowMs: () => base() + offsetMs,
    set: (nowMs) => {
      offsetMs = nowMs - base();
    },
    advance: (byMs) => {
      offsetMs += byMs;
    },
  };
}
