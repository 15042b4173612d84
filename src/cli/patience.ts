import { Refused, Unreachable } from "./api.ts";
import { printable, timeText } from "./words.ts";
import type { World } from "./world.ts";

/** An app that gives no answer for so long is given up. */
const patienceMs = 10 * 60_000;

/**
 * Asks again and again while the app doesn't answer, and says so once; what it refuses is thrown at once. `comfort` is what
 * a person should know when it is given up.
 */
export async function patiently<T>(
  { canvas: { nowMs }, note, pause }: World,
  ask: () => Promise<T>,
  signal: AbortSignal,
  comfort: string,
): Promise<T> {
  let sinceMs: number | undefined;
  for (;;) {
    try {
      const answer = await ask();
      if (sinceMs !== undefined) note(`the app answers again, after ${timeText((nowMs() - sinceMs) / 1000)}`);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      if (sinceMs === undefined) note(`${printable(error.message)}; trying again`);
      sinceMs ??= nowMs();
      if (nowMs() - sinceMs > patienceMs) {
        const message = `${error.message}; given up after ${timeText(patienceMs / 1000)}: ${comfort}`;
        throw new Unreachable(message, { cause: error });
      }
      await pause(2000, signal);
      signal.throwIfAborted();
    }
  }
}

function mayPass(error: unknown): error is Error {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}
