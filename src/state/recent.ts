import type { Clock } from "../core/clock.ts";

/** Resolves to what is known of a key; what was asked for before `sinceMs` is not good enough. */
export type Recent<T> = (key: string, sinceMs?: number) => Promise<T>;

/**
 * What was asked a moment ago is not asked again: at most once in `everyMs` for each key, however many want to know, unless one
 * of them knows that it has changed since.
 */
export function recent<T>(clock: Clock, everyMs: number, ask: (key: string) => Promise<T>): Recent<T> {
  const known = new Map<string, { readonly atMs: number; readonly answer: Promise<T> }>();
  return (key, sinceMs = Number.NEGATIVE_INFINITY) => {
    const nowMs = clock.nowMs();
    // A clock that was set back makes nothing young.
    for (const [old, { atMs }] of known) if (nowMs < atMs || nowMs - atMs >= everyMs) known.delete(old);
    const last = known.get(key);
    if (last !== undefined && last.atMs >= sinceMs) return last.answer;
    const answer = ask(key);
    known.set(key, { atMs: nowMs, answer });
    // A failure is told to those who wait for it, and to nobody later.
    answer.catch(() => {
      if (known.get(key)?.answer === answer) known.delete(key);
    });
    return answer;
  };
}
