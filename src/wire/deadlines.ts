import { openCrowd } from "../core/crowd.ts";

/** Something that is given up at its time. */
type Due = { readonly atMs: number; readonly giveUp: () => void };

/** Times at which things under way are given up. One timer serves all: setting one for each request costs more. */
export type Deadlines = {
  /** Calls `giveUp` after `ms`, unless the result was called before. */
  readonly add: (ms: number, giveUp: () => void) => () => void;
};

/** No deadline yet. */
export function openDeadlines(): Deadlines {
  const waiting = openCrowd<Due>();
  let timer: NodeJS.Timeout | undefined;
  let firesMs = Number.POSITIVE_INFINITY;

  function fireAt(atMs: number): void {
    clearTimeout(timer);
    firesMs = atMs;
    timer = setTimeout(fire, Math.max(1, atMs - performance.now()));
  }

  // Most of what it was set for is over by now; then it only looks for the next.
  function fire(): void {
    timer = undefined;
    firesMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const member of waiting.members()) {
      const { atMs, giveUp } = member.one;
      if (atMs > nowMs) next = Math.min(next, atMs);
      else if (waiting.leave(member)) giveUp();
    }
    if (next < firesMs) fireAt(next);
  }

  return {
    add: (ms, giveUp) => {
      const due: Due = { atMs: performance.now() + ms, giveUp };
      if (waiting.size() === 0) timer?.ref();
      const member = waiting.enter(due);
      if (due.atMs < firesMs) fireAt(due.atMs);
      return () => {
        // A process with nothing under way is not kept alive by the timer that is left.
        if (waiting.leave(member) && waiting.size() === 0) timer?.unref();
      };
    },
  };
}
