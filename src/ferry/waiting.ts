import type { Waiting } from "../state/work.ts";
import type { Ferry } from "./ferry.ts";

/** Lanes that have waited long enough to end their wave. */
export function waitingLong({ clock, pace }: Ferry, waiting: readonly Waiting[]): number {
  return waiting.filter(({ sinceMs }) => clock.nowMs() - sinceMs >= pace.starvedMs).length;
}
