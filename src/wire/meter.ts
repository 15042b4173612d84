import { isKind } from "../core/error.ts";
import type { Layer } from "./send.ts";

/** Requests sent, by store and operation, and how many of them the store refused as too many. */
export type Meter = {
  readonly requests: Record<string, number>;
  throttles: number;
  /** Requests about single items, by store and path, for as long as somebody watches them. */
  readonly watched: Map<string, number>;
};

/** A meter at zero. */
export function newMeter(): Meter {
  return { requests: {}, throttles: 0, watched: new Map() };
}

/** Begins to count the requests about one item, which stands at these paths of the two stores; the result ends it. */
export function watch(meter: Meter, source: string, sink: string): () => number {
  const keys = [`source ${source}`, `sink ${sink}`];
  for (const key of keys) meter.watched.set(key, 0);
  return () => {
    const sum = keys.reduce((total, key) => total + (meter.watched.get(key) ?? 0), 0);
    for (const key of keys) meter.watched.delete(key);
    return sum;
  };
}

/** Counts every attempt under "<store> <operation>". */
export function measure(store: string, meter: Meter): Layer {
  return (next) => async (request) => {
    const key = `${store} ${request.op}`;
    meter.requests[key] = (meter.requests[key] ?? 0) + 1;
    const watchKey = `${store} ${request.path}`;
    const seen = meter.watched.get(watchKey);
    if (seen !== undefined) meter.watched.set(watchKey, seen + 1);
    try {
      return await next(request);
    } catch (error) {
      if (isKind(error, "throttled")) meter.throttles++;
      throw error;
    }
  };
}
