import { type Backoff, delayMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { isLakeError } from "../core/error.ts";
import type { Layer } from "./send.ts";

/** Resends safe requests whose failure says "later"; the last failure is re-thrown as "exhausted". */
export function retry(backoff: Backoff, clock: Clock): Layer {
  return (next) => (request) =>
    request.safe
      ? patiently(
          () => next(request),
          () => 0,
          backoff,
          clock,
          request.signal,
        )
      : next(request);
}

/**
 * Runs `attempt` until it succeeds, waiting between tries. `progress` is a number that grows when a failed try moved
 * the work forward all the same; then the patience starts anew.
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  progress: () => number,
  backoff: Backoff,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<T> {
  let reached = progress();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLakeError(error)) throw error;
      if (error.retry !== "later") throw error.atTry(tries);
      if (progress() > reached) {
        reached = progress();
        tries = 1;
      }
      if (tries >= backoff.tries) throw error.exhausted(tries);
      await clock.sleep(delayMs(backoff, tries, clock.roll(), error.retryAfterMs), signal);
    }
  }
}
