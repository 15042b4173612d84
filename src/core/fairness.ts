/** Another run at work on the same instances, and since when. */
export type Rival = { readonly run: string; readonly sinceMs: number };

/** All others. */
export function rivalsOf(run: string, all: readonly Rival[]): readonly Rival[] {
  return all.filter((rival) => rival.run !== run);
}

/** As long a newcomer's first steps are made way for, and as long are the waves that do. */
const newcomerMs = 20_000;
const briefMs = 3000;
/** Waves of runs that share their instances: who waits for a slot gets one that soon. */
const sharedMs = 15_000;
/** A wave that was planned without a newcomer goes on for so long at least. */
const leastMs = 5000;

/** How long a wave may be that would be `waveMs` long if its run were alone. */
export function waveBeside(waveMs: number, rivals: readonly Rival[], nowMs: number): number {
  if (rivals.length === 0) return waveMs;
  const isAnyNew = rivals.some(({ sinceMs }) => nowMs - sinceMs < newcomerMs);
  return Math.min(waveMs, isAnyNew ? briefMs : sharedMs);
}

/** True when a wave should end for a run that came after it was planned. */
export function makesWay(rivals: readonly Rival[], plannedMs: number, nowMs: number): boolean {
  return nowMs - plannedMs >= leastMs && rivals.some(({ sinceMs }) => sinceMs > plannedMs);
}

/** The lanes that "auto" may grow to beside others. */
export function lanesBeside(most: number, rivals: readonly Rival[]): number {
  return Math.max(1, Math.floor(most / (rivals.length + 1)));
}
