import type { Clock } from "../core/clock.ts";
import { isLakeError } from "../core/error.ts";
import { faster, isNews, openSecond, openSpacing, type Pace, slower, unpaced } from "../core/pacing.ts";
import type { Gate } from "./gates.ts";

/**
 * Spaces requests once the store has said "throttled", and slowly speeds up again; unlimited before that. One pace has a
 * gate for each of its users, whose `held` hears how long it held a request back; `told` hears of the rates that it comes to.
 */
export function pace(
  clock: Clock,
  told: (learned: Pace) => void = () => undefined,
): (held?: (ms: number) => void) => Gate {
  let learned = unpaced;
  let known = unpaced;
  const accepted = openSecond();
  const sent = openSecond();
  const spacing = openSpacing();

  function learn(error: unknown): void {
    const nowMs = clock.nowMs();
    if (!isLakeError(error) || error.kind !== "throttled") return accepted.add(nowMs);
    learned = slower(learned, accepted.count(nowMs), nowMs, error.retryAfterMs, sent.count(nowMs));
    tell();
  }

  function tell(): void {
    if (!isNews(learned, known)) return;
    known = learned;
    told(learned);
  }

  return (held) => (request) => {
    const before = learned;
    const nowMs = clock.nowMs();
    learned = faster(before, nowMs);
    if (learned !== before) tell();
    if (learned.perSecond === undefined) {
      // Only before the first lesson is it of interest.
      sent.add(nowMs);
      return learn;
    }
    const ms = spacing.waitMs(1, learned.perSecond, nowMs);
    if (ms <= 0) return learn;
    held?.(ms);
    return clock.sleep(ms, request.signal).then(() => learn);
  };
}
