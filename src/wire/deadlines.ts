/** Something that is given up at its time. */
type Due = { readonly atMs: number; readonly giveUp: () => void };

/** Times at which things under way are given up. One timer serves all: setting one for each request costs more. */
export type Deadlines = {
  /** Calls `giveUp` after `ms`, unless the result was called before. */
  readonly add: (ms: number, giveUp: () => void) => () => void;
};

/** No deadline yet. */
export function openDeadlines(): Deadlines {
  const waiting = new Set<Due>();
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
    for (const due of waiting) {
      if (due.atMs > nowMs) next = Math.min(next, due.atMs);
      else if (waiting.delete(due)) due.giveUp();
    }
    if (next < firesMs) fireAt(next);
  }

  return {
    add: (ms, giveUp) => {
      const due: Due = { atMs: performance.now() + ms, giveUp };
      if (waiting.size === 0) timer?.ref();
      waiting.add(due);
      if (due.atMs < firesMs) fireAt(due.atMs);
      return () => {
        // A process with nothing under way is not kept alive by the timer that is left.
        if (waiting.delete(due) && waiting.size === 0) timer?.unref();
      };
    },
  };
}
