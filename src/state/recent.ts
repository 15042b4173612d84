import type { Clock } from "../core/clock.ts";

/** What was asked a moment ago is not asked again: at most once in `everyMs` for each key, however many want to know. */
export function recent<T>(
  clock: Clock,
  everyMs: number,
  ask: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const known = new Map<string, { readonly atMs: number; readonly answer: Promise<T> }>();
  return (key) => {
    const nowMs = clock.nowMs();
    // A clock that was set back makes nothing young.
    for (const [old, { atMs }] of known) if (nowMs < atMs || nowMs - atMs >= everyMs) known.delete(old);
    const last = known.get(key);
    if (last !== undefined) return last.answer;
    const answer = ask(key);
    known.set(key, { atMs: nowMs, answer });
    // A failure is told to those who wait for it, and to nobody later.
    answer.catch(() => known.delete(key));
    return answer;
  };
}
