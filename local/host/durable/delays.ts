import type { RetryOptions } from "./actions.ts";
import type { Future } from "./futures.ts";

type Routine = Generator<Future, "ok" | "failed", "ok" | "failed">;

/** Asks for one timer of the hub that fires at the given time. */
export type Hop = (fireAtMs: number) => Future;

const dayMs = 24 * 3_600_000;
const longestTimerMs = 6 * dayMs;
const longTimerHopMs = 3 * dayMs;

/** A durable timer; a very long one is a chain of shorter ones. */
export function* timer(hop: Hop, now: () => number, fireAtMs: number): Routine {
  for (;;) {
    yield hop(fireAtMs - now() > longestTimerMs ? now() + longTimerHopMs : fireAtMs);
    if (now() >= fireAtMs) return "ok";
  }
}

/** Attempts with timers between them, in the framework's own order. */
export function* retrying(attempt: () => Future, hop: Hop, now: () => number, options: RetryOptions): Routine {
  const giveUpMs = now() + options.retryTimeoutInMilliseconds;
  for (let tries = 1; tries <= options.maxNumberOfAttempts; tries++) {
    if ((yield attempt()) === "ok") return "ok";
    // The worker does not know of this limit: it waits for a timer that nobody has asked for, and the instance hangs.
    if (now() >= giveUpMs) break;
    const growth = options.backoffCoefficient ** (tries - 1);
    const delayMs = Math.min(options.firstRetryIntervalInMilliseconds * growth, options.maxRetryIntervalInMilliseconds);
    // The timer after the last attempt serves nobody; old histories have it, so the framework keeps it.
    yield hop(tries === options.maxNumberOfAttempts ? now() : now() + delayMs);
  }
  return "failed";
}
