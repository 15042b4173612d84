import { type Advice, adviceOf } from "./advice.ts";
import { capsOf } from "./caps.ts";
import type { Glance } from "./glance.ts";
import type { Run } from "./run.ts";
import type { Tally } from "./tally.ts";
import { addWaits, noWaits } from "./waits.ts";

/** What has bound a run as a whole; undefined where that can't be told. */
export function runAdvice(run: Run, { waits = noWaits, spentMs, requests }: Tally): Advice | undefined {
  const listingsAtOnce = waits.overMs === 0 ? 0 : spentMs.listing / waits.overMs;
  return adviceOf({ ...askedOf(run), waits, listingsAtOnce, requests, lanes: run.mostLanes ?? 1, idle: 0 });
}

/** What bounds a run now, by what its lanes did just before; `idle` of them have no work. */
export function liveAdvice(
  run: Run,
  glances: readonly Glance[],
  idle: number,
  requests: Tally["requests"],
): Advice | undefined {
  const waits = glances.reduce((sum, glance) => addWaits(sum, glance.waits ?? noWaits), noWaits);
  const listingMs = glances.reduce((sum, { atOnce, overMs }) => sum + atOnce.listing * overMs, 0);
  const listingsAtOnce = waits.overMs === 0 ? 0 : listingMs / waits.overMs;
  return adviceOf({ ...askedOf(run), waits, listingsAtOnce, requests, lanes: run.wave?.lanes ?? 1, idle });
}

function askedOf(run: Run) {
  const { parallelism, filesPerLane } = run.request;
  return { caps: capsOf(run), parallelism, filesPerLane, slots: run.wave?.slots };
}
