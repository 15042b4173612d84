import { type Backoff, delayMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { isLakeError } from "../core/error.ts";
import type { Layer } from "./send.ts";

/** Resends safe requests whose failure says "later"; the last failure is re-thrown as "exhausted". */
export function retry(backoff: Backoff, clock: Clock): Layer {
  return (next) => (request) =>
    request.safe ? patiently(() => next(request), backoff, clock, request.signal) : next(request);
}

/** How often one thing was tried. */
export type Patient = {
  /** Waits until it is worth another try; throws when that can't help, or was tried often enough. */
  readonly bear: (error: unknown, signal: AbortSignal | undefined) => Promise<void>;
  /** The failed try has moved the work forward all the same: the patience starts anew. */
  readonly renew: () => void;
};

/** Patience before the first failure. */
export function patientBy(backoff: Backoff, clock: Clock): Patient {
  let tries = 0;
  return {
    bear: async (error, signal) => {
      tries++;
      if (!isLakeError(error)) throw error;
      if (error.retry !== "later") throw error.atTry(tries);
      if (tries >= backoff.tries) throw error.exhausted(tries);
      await clock.sleep(delayMs(backoff, tries, clock.roll(), error.retryAfterMs), signal);
    },
    renew: () => {
      tries = 0;
    },
  };
}

/** Runs `attempt` until it succeeds, waiting between tries. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  backoff: Backoff,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let patience: Patient | undefined; ; ) {
    try {
      return await attempt();
    } catch (error) {
      patience ??= patientBy(backoff, clock);
      await patience.bear(error, signal);
    }
  }
}
