import { type Crowd, openCrowd } from "./crowd.ts";

const acts = new WeakMap<AbortSignal, Crowd<() => void>>();

/**
 * Does something once when a signal aborts, unless the result was called before; each act waits once. However many wait
 * for the same signal, it has one listener: one for each request would cost more than the rest of its bookkeeping.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return nothing;
  let waiting = acts.get(signal);
  if (waiting === undefined) {
    waiting = openCrowd();
    acts.set(signal, waiting);
    const all = waiting;
    const listener = () => {
      for (const member of all.members()) if (all.leave(member)) member.one();
    };
    signal.addEventListener("abort", listener, { once: true });
  }
  const here = waiting;
  const member = here.enter(act);
  return () => void here.leave(member);
}

function nothing(): void {}
