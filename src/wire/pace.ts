import type { Clock } from "../core/clock.ts";
import { isKind } from "../core/error.ts";
import { faster, openSecond, openSpacing, slower, unpaced } from "../core/pacing.ts";
import type { Layer } from "./send.ts";

/**
 * Spaces requests once the store has said "throttled", and slowly speeds up again; unlimited before that. One pace has a
 * layer for each of its users, whose `held` hears how long it held a request back.
 */
export function pace(clock: Clock): (held?: (ms: number) => void) => Layer {
  let learned = unpaced;
  const accepted = openSecond();
  const spacing = openSpacing();

  return (held) => (next) => async (request) => {
    learned = faster(learned, clock.nowMs());
    if (learned.perSecond !== undefined) {
      const ms = spacing.waitMs(1, learned.perSecond, clock.nowMs());
      if (ms > 0) {
        held?.(ms);
        await clock.sleep(ms, request.signal);
      }
    }
    try {
      const reply = await next(request);
      accepted.add(clock.nowMs());
      return reply;
    } catch (error) {
      const nowMs = clock.nowMs();
      if (isKind(error, "throttled")) learned = slower(learned, accepted.count(nowMs), nowMs);
      else accepted.add(nowMs);
      throw error;
    }
  };
}
