import { type Budget, budget } from "../core/budget.ts";
import type { Caps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import { openSpacing } from "../core/pacing.ts";
import type { Layer } from "./send.ts";

/** What one user may ask of a store at most; it may be turned at any time. */
export type Valve = {
  /** Requests of this user that may be under way. */
  readonly permits: Budget;
  /** Holds each request back until the rates allow it. */
  readonly layer: Layer;
  readonly turn: (caps: Caps) => void;
};

const bytesPerMegabyte = 1_000_000;

/** Opens a valve wide: as many requests at a time as there are connections, as fast as they come. */
export function openValve(clock: Clock, connections: number): Valve {
  const permits = budget(connections);
  const requests = openSpacing();
  const bytes = openSpacing();
  let caps: Caps = {};

  function waitMs(size: number): number {
    const nowMs = clock.nowMs();
    const { maxRequestsPerSecond, maxMegabytesPerSecond } = caps;
    const forRequests = maxRequestsPerSecond === undefined ? 0 : requests.waitMs(1, maxRequestsPerSecond, nowMs);
    if (maxMegabytesPerSecond === undefined) return forRequests;
    return Math.max(forRequests, bytes.waitMs(size, maxMegabytesPerSecond * bytesPerMegabyte, nowMs));
  }

  return {
    permits,
    layer: (next) => async (request) => {
      const ms = waitMs((request.body?.byteLength ?? 0) + (request.expectedBytes ?? 0));
      if (ms > 0) await clock.sleep(ms, request.signal);
      return next(request);
    },
    turn: (wanted) => {
      caps = wanted;
      permits.resize(Math.min(wanted.maxConcurrentConnections ?? connections, connections));
    },
  };
}
