import { type Budget, budget, timed } from "../core/budget.ts";
import type { Caps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import { openSpacing } from "../core/pacing.ts";
import type { Hold } from "../core/waits.ts";
import type { Gate } from "./gates.ts";

/** What one user may ask of a store at most; it may be turned at any time. */
export type Valve = {
  /** Requests of this user that may be under way. */
  readonly permits: Budget;
  /** Holds each request back until the rates allow it. */
  readonly gate: Gate;
  readonly turn: (caps: Caps) => void;
  /** Milliseconds for which it held requests back, by what held them. */
  readonly held: Readonly<Record<Exclude<Hold, "pace" | "retry">, number>>;
};

const bytesPerMegabyte = 1_000_000;

/** Opens a valve wide: as many requests at a time as there are connections, as fast as they come. */
export function openValve(clock: Clock, connections: number): Valve {
  const held = { maxRequestsPerSecond: 0, maxMegabytesPerSecond: 0, maxConcurrentConnections: 0, connections: 0 };
  const permits = budget(connections);
  const requests = openSpacing();
  const bytes = openSpacing();
  let caps: Caps = {};

  function waitMs(size: number): number {
    const nowMs = clock.nowMs();
    const { maxRequestsPerSecond, maxMegabytesPerSecond } = caps;
    const forRequests = maxRequestsPerSecond === undefined ? 0 : requests.waitMs(1, maxRequestsPerSecond, nowMs);
    const forBytes =
      maxMegabytesPerSecond === undefined ? 0 : bytes.waitMs(size, maxMegabytesPerSecond * bytesPerMegabyte, nowMs);
    const ms = Math.max(forRequests, forBytes);
    held[ms > forRequests ? "maxMegabytesPerSecond" : "maxRequestsPerSecond"] += ms;
    return ms;
  }

  return {
    held,
    permits: timed(permits, clock.nowMs, (ms) => {
      held[caps.maxConcurrentConnections === undefined ? "connections" : "maxConcurrentConnections"] += ms;
    }),
    gate: (request) => {
      const ms = waitMs((request.body?.byteLength ?? 0) + (request.expectedBytes ?? 0));
      return ms > 0 ? clock.sleep(ms, request.signal) : undefined;
    },
    turn: (wanted) => {
      caps = wanted;
      permits.resize(Math.min(wanted.maxConcurrentConnections ?? connections, connections));
    },
  };
}
