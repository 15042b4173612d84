import type { Clock } from "../core/clock.ts";
import { isKind } from "../core/error.ts";
import { faster, slower, unpaced } from "../core/pacing.ts";
import type { Layer } from "./send.ts";

const windowMs = 1000;

/** Spaces requests once the store has said "throttled", and slowly speeds up again; unlimited before that. */
export function pace(clock: Clock): Layer {
  let learned = unpaced;
  let nextMs = 0;
  let windowStartMs = 0;
  let inWindow = 0;
  let perSecond = 0;

  function count(nowMs: number): void {
    if (nowMs - windowStartMs >= windowMs) {
      perSecond = (inWindow * 1000) / Math.max(windowMs, nowMs - windowStartMs);
      windowStartMs = nowMs;
      inWindow = 0;
    }
    inWindow++;
  }

  return (next) => async (request) => {
    learned = faster(learned, clock.nowMs());
    if (learned.perSecond !== undefined) {
      const nowMs = clock.nowMs();
      const atMs = Math.max(nowMs, nextMs);
      nextMs = atMs + 1000 / learned.perSecond;
      if (atMs > nowMs) await clock.sleep(atMs - nowMs, request.signal);
    }
    count(clock.nowMs());
    try {
      return await next(request);
    } catch (error) {
      if (isKind(error, "throttled")) learned = slower(learned, Math.max(perSecond, inWindow), clock.nowMs());
      throw error;
    }
  };
}
