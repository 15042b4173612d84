import type { Backoff } from "../core/backoff.ts";
import { type Budget, budget, timed } from "../core/budget.ts";
import { type Clock, sleepsTold } from "../core/clock.ts";
import type { Pace } from "../core/pacing.ts";
import type { StoreName } from "../core/waits.ts";
import { auth, type Credential } from "../wire/auth.ts";
import { classify, type Dialect } from "../wire/classify.ts";
import { type Http, openHttp } from "../wire/http.ts";
import { type Gate, through } from "../wire/gates.ts";
import { limit } from "../wire/limit.ts";
import { type Meter, measure, type Observe } from "../wire/meter.ts";
import { pace } from "../wire/pace.ts";
import { retry } from "../wire/retry.ts";
import { type Layer, type Send, stack } from "../wire/send.ts";
import { timeout } from "../wire/timeout.ts";
import { trace, type WireEvent } from "../wire/trace.ts";
import { openValve, type Valve } from "../wire/valve.ts";
import { gen1Source } from "./gen1.ts";
import { gen1Dialect } from "./gen1Json.ts";
import { gen2Sink } from "./gen2.ts";
import { type Gen2Probe, gen2Probe } from "./gen2Probe.ts";
import { gen2Dialect } from "./gen2Errors.ts";
import type { Gen2Account } from "./gen2Wire.ts";
import type { Sink, Source } from "./lake.ts";
import type { Patience } from "./resume.ts";

/** What every lake of a process shares. */
export type Wiring = {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly attemptTimeoutMs: number;
  readonly report: (event: WireEvent) => void;
  /** Absent: nobody wants to know of every attempt. */
  readonly observe?: Observe;
  /** Hears of the rate that a store's refusals have taught, when it has changed by much. */
  readonly paced?: (store: StoreName, learned: Pace) => void;
};

/** One store's connections, opened once per process: its pool, its credential and what its pace has learned. */
export type Store = {
  /** The whole stack for one user of the store, behind a valve of its own. */
  readonly sendFor: (meter: Meter, valve: Valve) => Send;
  readonly close: () => Promise<void>;
};

/**
 * The order of the layers, outermost first. Retry stands outside the limits, so a waiting retry holds no permit; a user's
 * own limits outside those that all share, so who must wait for himself keeps nobody else waiting; timeout inside retry,
 * so it is per attempt; auth inside both, so every attempt has a fresh token; meter below all that
 * retries, so it counts what really went over the wire.
 */
export function layers(parts: {
  readonly store: StoreName;
  readonly wiring: Wiring;
  readonly credential: Credential;
  readonly dialect: Dialect;
  readonly meter: Meter;
  readonly own: Valve;
  /** Connections, shared by all users of the store. */
  readonly shared: Budget;
  readonly pace: Gate;
}): readonly Layer[] {
  const { store, wiring, credential, dialect, meter, own, shared } = parts;
  const { nowMs } = wiring.clock;
  const waits = meter.waits[store];
  return [
    trace(store, nowMs, wiring.report),
    retry(wiring.backoff, patienceOf(wiring, meter, store).clock),
    through(
      limit(own.permits),
      own.gate,
      limit(timed(shared, nowMs, (ms) => void (waits.connections += ms))),
      parts.pace,
    ),
    timeout(wiring.attemptTimeoutMs),
    auth(credential),
    measure(store, meter, nowMs, wiring.observe),
    classify(dialect, nowMs),
  ];
}

// How a user of a store tries again; what he waits for that is on his meter.
function patienceOf({ backoff, clock }: Wiring, meter: Meter, store: StoreName): Patience {
  return { backoff, clock: sleepsTold(clock, (ms) => void (meter.waits[store].retry += ms)) };
}

/** Opens the connections to one store. */
export function openStore(
  wiring: Wiring,
  store: {
    readonly name: StoreName;
    readonly origins: readonly string[];
    readonly credential: Credential;
    readonly dialect: Dialect;
    readonly connections: number;
  },
): Store {
  const pools = new Map<string, Http>(store.origins.map((origin) => [origin, openHttp(origin, store.connections)]));
  const paced = pace(wiring.clock, (learned) => wiring.paced?.(store.name, learned));
  const shared = budget(store.connections);
  const bottom: Send = (request) => {
    const pool = pools.get(request.origin);
    // Hosts come from settings only: a request to any other would carry a token there.
    if (pool === undefined) throw new Error(`${store.name} has no connection to ${request.origin}`);
    return pool.send(request);
  };
  return {
    sendFor: (meter, own) =>
      stack(
        bottom,
        ...layers({
          store: store.name,
          wiring,
          credential: store.credential,
          dialect: store.dialect,
          meter,
          own,
          shared,
          pace: paced((ms) => void (meter.waits[store.name].pace += ms)),
        }),
      ),
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

/** Opens a Gen1 account. `endpoint` may be "https://…/webhdfs/v1" or the bare account. */
export function openGen1(
  wiring: Wiring,
  account: { readonly endpoint: string; readonly credential: Credential; readonly connections: number },
): { readonly close: () => Promise<void>; readonly source: (meter: Meter, valve?: Valve) => Source } {
  const { origin, pathname } = new URL(account.endpoint);
  const prefix = pathname === "/" ? "/webhdfs/v1" : pathname.replace(/\/$/u, "");
  const { credential, connections } = account;
  const store = openStore(wiring, { name: "source", origins: [origin], credential, dialect: gen1Dialect, connections });
  return {
    close: store.close,
    source: (meter, valve = openValve(wiring.clock, connections)) =>
      gen1Source(store.sendFor(meter, valve), { origin, prefix }, patienceOf(wiring, meter, "source")),
  };
}

/** Opens a Gen2 account. */
export function openGen2(
  wiring: Wiring,
  account: Gen2Account & { readonly credential: Credential; readonly connections: number },
): {
  readonly close: () => Promise<void>;
  readonly sink: (fileSystem: string, meter: Meter, valve?: Valve) => Sink;
  readonly probe: (fileSystem: string, meter: Meter) => Gen2Probe;
} {
  const origins = [...new Set([account.dfs, account.blob].map((url) => new URL(url).origin))];
  const { credential, connections } = account;
  const store = openStore(wiring, { name: "sink", origins, credential, dialect: gen2Dialect, connections });
  return {
    close: store.close,
    sink: (fileSystem, meter, valve = openValve(wiring.clock, connections)) =>
      gen2Sink(store.sendFor(meter, valve), account, fileSystem, patienceOf(wiring, meter, "sink")),
    probe: (fileSystem, meter) =>
      gen2Probe(store.sendFor(meter, openValve(wiring.clock, connections)), account, fileSystem),
  };
}
