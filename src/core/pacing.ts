/** A rate that a store taught us: undefined until it first refused, and again once it has long refused nothing. */
export type Pace = {
  readonly perSecond?: number;
  readonly why: string;
  /** When the store last refused something that taught us, and when the rate last changed. */
  readonly refusedMs: number;
  readonly changedMs: number;
  /** The rate before the last lesson, when that took nearly all that it may: the way back there is short. */
  readonly before?: number;
  /** Until when the store wants no more than now, as it said with its refusal. */
  readonly untilMs?: number;
};

/** A little less than what the store has just taken. */
const margin = 0.98;
/** One lesson takes no more than half of the rate away: a store that takes nothing for a moment isn't slow for good. */
const mostLost = 0.5;
const muchLost = 0.4;
const slowest = 1;
/** Fewer requests in a second say little of what a store can take. */
const enoughSent = 100;
const settleMs = 1000;
const stepMs = 1000;
const firstGrowth = 0.005;
const growthOfGrowth = 1.25;
const mostGrowth = 0.2;
/** What a store says of its future is believed for so long. */
const mostHeldMs = 60_000;

/** The pace before anything is known: no limit. */
export const unpaced: Pace = { why: "nothing was refused", refusedMs: 0, changedMs: 0 };

/**
 * The pace after a refusal, while the store took `accepted` requests a second: a little less than that, as that is what
 * it can do. Refusals within a second of the last lesson are of the same wave and teach nothing. The pace doesn't grow before the
 * time at which the store says (Retry-After) that one may try again.
 *   nothing known before                   98 % of what it took; of fewer than 100 requests that were `sent` in that second half
 *   it took more than half of the pace     98 % of what it took, or of the pace
 *   it took less                           half of the pace, and a short way back
 */
export function slower(pace: Pace, accepted: number, nowMs: number, retryAfterMs = 0, sent = 0): Pace {
  if (pace.perSecond !== undefined && nowMs >= pace.refusedMs && nowMs - pace.refusedMs < settleMs) return pace;
  const taken = margin * accepted;
  const { perSecond: before } = pace;
  const until = retryAfterMs > 0 ? { untilMs: nowMs + Math.min(retryAfterMs, mostHeldMs) } : {};
  const lesson = { refusedMs: nowMs, changedMs: nowMs, ...until };
  const took = `it refused more than the ${accepted} that it took in a second`;
  if (before === undefined) {
    const least = sent < enoughSent ? mostLost * sent : 0;
    return { ...lesson, perSecond: Math.max(slowest, least, taken), why: took };
  }
  const perSecond = Math.max(slowest, Math.min(margin * before, Math.max(taken, mostLost * before)));
  const why = taken < mostLost * before ? `${took}: half of the pace at most is given up at once` : took;
  return { ...lesson, perSecond, why, ...(perSecond <= (1 - muchLost) * before ? { before } : {}) };
}

/**
 * The pace after a time without refusals: it grows every second, by 0.5 % at first, faster the longer it goes well, at most
 * by 20 %, so that a limit that was lifted is noticed; after an outage by 20 % at once. From `cap` on there is no limit again.
 */
export function faster(pace: Pace, nowMs: number, cap = 50_000): Pace {
  if (pace.perSecond === undefined) return pace;
  // A clock that was set back begins anew.
  if (nowMs < pace.changedMs) return { ...pace, refusedMs: nowMs, changedMs: nowMs };
  const { untilMs = 0 } = pace;
  if (nowMs < untilMs && untilMs - nowMs <= mostHeldMs) return pace;
  const quietFromMs = Math.max(pace.refusedMs, untilMs <= nowMs ? untilMs : 0);
  let { perSecond } = pace;
  let changedMs = Math.max(pace.changedMs, untilMs <= nowMs ? untilMs : 0);
  for (; changedMs + stepMs <= nowMs && perSecond < cap; changedMs += stepMs) {
    const quietSteps = Math.floor((changedMs - quietFromMs) / stepMs);
    const isComingBack = pace.before !== undefined && perSecond * (1 + mostGrowth) < pace.before;
    perSecond *= 1 + (isComingBack ? mostGrowth : Math.min(mostGrowth, firstGrowth * growthOfGrowth ** quietSteps));
  }
  if (perSecond >= cap) {
    return { why: `nothing was refused up to ${cap} a second`, refusedMs: pace.refusedMs, changedMs: nowMs };
  }
  if (perSecond === pace.perSecond) return pace;
  const quietMs = changedMs - quietFromMs;
  return { ...pace, perSecond, why: `nothing was refused for ${Math.floor(quietMs / 1000)} s`, changedMs };
}

/** Whether a pace has become so different from another one that people want to know of it. */
export function isNews({ perSecond: now }: Pace, { perSecond: before }: Pace): boolean {
  if (now === undefined || before === undefined) return now !== before;
  return now < before / worthTelling || now > before * worthTelling;
}

const worthTelling = 1.25;

/** Counts what happened in the last second, in tenths. */
export type Second = { readonly add: (nowMs: number) => void; readonly count: (nowMs: number) => number };

const tenths = 10;
const tenthMs = 100;

/** A last second in which nothing happened. */
export function openSecond(): Second {
  const counts: number[] = Array.from({ length: tenths }, () => 0);
  let last = Number.NEGATIVE_INFINITY;

  function moveTo(tenth: number): void {
    if (tenth < last || tenth - last >= tenths) counts.fill(0);
    else for (let empty = last + 1; empty <= tenth; empty++) counts[empty % tenths] = 0;
    last = tenth;
  }

  return {
    add: (nowMs) => {
      moveTo(Math.floor(nowMs / tenthMs));
      counts[last % tenths] = (counts[last % tenths] ?? 0) + 1;
    },
    count: (nowMs) => {
      moveTo(Math.floor(nowMs / tenthMs));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Says how long to wait so that amounts come at a rate, one after the other. */
export type Spacing = {
  /** Milliseconds until `amount` may go, at `perSecond` from now on. */
  readonly waitMs: (amount: number, perSecond: number, nowMs: number) => number;
};

/** What was missed while the process was busy with something else may be made up for, so much of it. */
const creditMs = 100;

/** Nothing has gone yet. */
export function openSpacing(): Spacing {
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    waitMs: (amount, perSecond, nowMs) => {
      const atMs = Math.max(nextMs, nowMs - creditMs);
      nextMs = atMs + (1000 * amount) / perSecond;
      return Math.max(0, atMs - nowMs);
    },
  };
}
