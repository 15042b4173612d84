import type { Budget } from "../core/budget.ts";
import type { Gate } from "./gates.ts";

/** Holds requests back until a permit of the shared budget is free; the permit covers the reply's body. */
export function limit(permits: Budget): Gate {
  return ({ signal }) => permits.now(1) ?? permits.take(1, signal);
}
