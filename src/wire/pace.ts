import type { Clock } from "../core/clock.ts";
import { isKind } from "../core/error.ts";
import { faster, openSecond, openSpacing, slower, unpaced } from "../core/pacing.ts";
import type { Gate } from "./gates.ts";

/**
 * Spaces requests once the store has said "throttled", and slowly speeds up again; unlimited before that. One pace has a
 * gate for each of its users, whose `held` hears how long it held a request back.
 */
export function pace(clock: Clock): (held?: (ms: number) => void) => Gate {
  let learned = unpaced;
  const accepted = openSecond();
  const spacing = openSpacing();

  function learn(error: unknown): void {
    const nowMs = clock.nowMs();
    if (isKind(error, "throttled")) learned = slower(learned, accepted.count(nowMs), nowMs);
    else accepted.add(nowMs);
  }

  return (held) => (request) => {
    learned = faster(learned, clock.nowMs());
    if (learned.perSecond === undefined) return learn;
    const ms = spacing.waitMs(1, learned.perSecond, clock.nowMs());
    if (ms <= 0) return learn;
    held?.(ms);
    return clock.sleep(ms, request.signal).then(() => learn);
  };
}
