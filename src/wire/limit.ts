import type { Budget } from "../core/budget.ts";
import type { Layer } from "./send.ts";

/** Holds requests back until a permit of the shared budget is free; the permit covers the reply's body. */
export function limit(permits: Budget): Layer {
  return (next) => async (request) => {
    const release = await permits.take(1, request.signal);
    try {
      return await next(request);
    } finally {
      release();
    }
  };
}
