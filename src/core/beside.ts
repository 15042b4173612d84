import { requestsTo, type Tally } from "./tally.ts";
import type { StoreName } from "./waits.ts";

/** Requests as an assessment estimated them, and as they came to be. */
export type Beside = { readonly estimated: number; readonly actual: number };

/** A migration beside the assessment that its request names. */
export type Estimated = {
  readonly assessment: string;
  readonly source: Beside;
  readonly sink: Beside;
  /** By store and operation, as "source OPEN". */
  readonly byOperation: Readonly<Record<string, Beside>>;
};

/** Puts what was estimated beside what came to be. */
export function besideOf(assessment: string, estimated: Tally["requests"], actual: Tally["requests"]): Estimated {
  const operations = [...new Set([...Object.keys(estimated), ...Object.keys(actual)])].toSorted();
  const besides = operations.map((op) => [op, { estimated: estimated[op] ?? 0, actual: actual[op] ?? 0 }] as const);
  const to = (store: StoreName) => ({ estimated: requestsTo(store, estimated), actual: requestsTo(store, actual) });
  return { assessment, source: to("source"), sink: to("sink"), byOperation: Object.fromEntries(besides) };
}
