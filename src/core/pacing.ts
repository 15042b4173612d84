/** A rate that a store taught us: undefined until it first refused. */
export type Pace = { readonly perSecond?: number; readonly changedMs: number };

const shrink = 0.7;
const growthPerSecond = 0.05;
const slowest = 1;
const settleMs = 1000;

/** The pace before anything is known: no limit. */
export const unpaced: Pace = { changedMs: 0 };

/**
 * The pace after the store said "throttled" while we sent `measured` requests a second. Refusals that arrive within a
 * second of the last change belong to the same wave and don't slow down again.
 */
export function slower(pace: Pace, measured: number, nowMs: number): Pace {
  if (pace.perSecond !== undefined && nowMs - pace.changedMs < settleMs) return pace;
  const from = Math.min(pace.perSecond ?? Number.POSITIVE_INFINITY, Math.max(measured, slowest));
  return { perSecond: Math.max(slowest, from * shrink), changedMs: nowMs };
}

/** The pace after a quiet time: grows by 5 % a second until `cap`, then there is no limit again. */
export function faster(pace: Pace, nowMs: number, cap = 50_000): Pace {
  if (pace.perSecond === undefined) return pace;
  const seconds = (nowMs - pace.changedMs) / 1000;
  if (seconds < 1) return pace;
  const perSecond = pace.perSecond * (1 + growthPerSecond) ** seconds;
  return perSecond >= cap ? { changedMs: nowMs } : { perSecond, changedMs: nowMs };
}
