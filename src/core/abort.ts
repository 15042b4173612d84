const acts = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Does something once when a signal aborts, unless the result was called before; each act waits once. However many wait
 * for the same signal, it has one listener: one for each request would cost more than the rest of its bookkeeping.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return nothing;
  let waiting = acts.get(signal);
  if (waiting === undefined) {
    waiting = new Set();
    acts.set(signal, waiting);
    const all = waiting;
    const listener = () => {
      for (const one of all) {
        all.delete(one);
        one();
      }
    };
    signal.addEventListener("abort", listener, { once: true });
  }
  const here = waiting;
  here.add(act);
  return () => void here.delete(act);
}

function nothing(): void {}
