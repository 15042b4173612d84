import { isKind, isLakeError, type Kind } from "../core/error.ts";
import { largeBytes, noWaitsAt, type OpenWaits, type StoreName } from "../core/waits.ts";
import type { Layer, WireRequest } from "./send.ts";

/** Requests sent, by store and operation, and how many of them the store refused as too many. */
export type Meter = {
  /** The run that asks; empty: none. */
  readonly run: string;
  readonly requests: Record<string, number>;
  throttles: number;
  /** What requests were held back by, and how long they were on the wire. */
  readonly waits: Readonly<Record<StoreName, OpenWaits>>;
  /** Requests about single items, by path at each store, for as long as somebody watches them. */
  readonly watched: Readonly<Record<StoreName, Map<string, number>>>;
};

/** A meter at zero. */
export function newMeter(run = ""): Meter {
  const waits = { source: noWaitsAt(), sink: noWaitsAt() };
  return { run, requests: {}, throttles: 0, waits, watched: { source: new Map(), sink: new Map() } };
}

/** One request as it went over the wire, for whoever watches. */
export type Attempt = {
  readonly run: string;
  readonly store: string;
  readonly ms: number;
  /** How it failed; absent when it didn't. */
  readonly kind?: Kind;
};

/** Hears of every attempt; called often, and never to fail. */
export type Observe = (attempt: Attempt) => void;

/** Begins to count the requests about one item, which stands at these paths of the two stores; the result ends it. */
export function watch({ watched }: Meter, source: string, sink: string): () => number {
  watched.source.set(source, 0);
  watched.sink.set(sink, 0);
  return () => {
    const sum = (watched.source.get(source) ?? 0) + (watched.sink.get(sink) ?? 0);
    watched.source.delete(source);
    watched.sink.delete(sink);
    return sum;
  };
}

/** Counts every attempt under "<store> <operation>", and tells how long it took. */
export function measure(store: StoreName, meter: Meter, nowMs: () => number, observe?: Observe): Layer {
  const waits = meter.waits[store];
  const watched = meter.watched[store];
  /** There are few operations, and many requests. */
  const keys = new Map<string, string>();

  function keyOf(op: string): string {
    const known = keys.get(op);
    if (known !== undefined) return known;
    const key = `${store} ${op}`;
    keys.set(op, key);
    return key;
  }

  return (next) => (request) => {
    const startMs = nowMs();
    const key = keyOf(request.op);
    meter.requests[key] = (meter.requests[key] ?? 0) + 1;
    const seen = watched.get(request.path);
    if (seen !== undefined) watched.set(request.path, seen + 1);
    return next(request).then(
      (reply) => {
        const ms = nowMs() - startMs;
        add(waits, request, ms);
        observe?.({ run: meter.run, store, ms });
        return reply;
      },
      (error: unknown) => {
        const ms = nowMs() - startMs;
        add(waits, request, ms);
        if (isKind(error, "throttled")) {
          meter.throttles++;
          waits.refused++;
        }
        if (isLakeError(error)) observe?.({ run: meter.run, store, ms, kind: error.kind });
        throw error;
      },
    );
  };
}

function add(waits: OpenWaits, { op, body, expectedBytes = 0 }: WireRequest, ms: number): void {
  const bytes = (body?.byteLength ?? 0) + expectedBytes;
  if (bytes >= largeBytes) {
    waits.large++;
    waits.largeMs += ms;
    waits.largeBytes += bytes;
  } else if (list.test(op)) {
    waits.lists++;
    waits.listMs += ms;
  } else {
    waits.small++;
    waits.smallMs += ms;
  }
}

const list = /^list/iu;
