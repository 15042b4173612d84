import { isKind } from "../core/error.ts";
import type { Layer } from "./send.ts";

/** Requests sent, by store and operation, and how many of them the store refused as too many. */
export type Meter = { readonly requests: Record<string, number>; throttles: number };

/** A meter at zero. */
export function newMeter(): Meter {
  return { requests: {}, throttles: 0 };
}

/** Counts every attempt under "<store> <operation>". */
export function measure(store: string, meter: Meter): Layer {
  return (next) => async (request) => {
    const key = `${store} ${request.op}`;
    meter.requests[key] = (meter.requests[key] ?? 0) + 1;
    try {
      return await next(request);
    } catch (error) {
      if (isKind(error, "throttled")) meter.throttles++;
      throw error;
    }
  };
}
