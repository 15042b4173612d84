import type { Case } from "./cases.ts";

/** How often the next case is measured, and about how long it and those after it will take. */
export type Schedule = { readonly rounds: number; readonly seconds: number };

type Planned = Pick<Case, "rounds" | "aboutSeconds">;

/** Laying out a lake, starting and stopping. */
const besideSeconds = 12;

/**
 * The schedule of the cases to come, by how long those that are done took; with fewer rounds, but at least one, where
 * all of them won't be done after `allSeconds`.
 */
export function scheduleOf(
  toCome: readonly Planned[],
  done: readonly Planned[],
  elapsedSeconds: number,
  allSeconds: number,
): Schedule {
  const [expected, before] = [secondsOf(toCome), secondsOf(done)];
  const pace = before === 0 ? 1 : elapsedSeconds / before;
  const [needed, left] = [expected * pace, Math.max(0, allSeconds - elapsedSeconds)];
  const planned = toCome[0]?.rounds ?? 1;
  const rounds = needed <= left ? planned : Math.max(1, Math.floor((planned * left) / needed));
  return { rounds, seconds: Math.min(needed, Math.max(left, 0)) };
}

function secondsOf(cases: readonly Planned[]): number {
  return cases.reduce((sum, { rounds, aboutSeconds }) => sum + rounds * aboutSeconds + besideSeconds, 0);
}
