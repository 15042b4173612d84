import { isKind } from "../core/error.ts";
import { type Rival, rivalsOf } from "../core/fairness.ts";
import { isLive, type Run } from "../core/run.ts";
import type { Ferry } from "./ferry.ts";

/** The runs beside which this one is at work. Those that ended in an accident are no rivals; whoever sees that takes them out. */
export async function liveRivals({ rivals, runs }: Ferry, { id }: Run): Promise<readonly Rival[]> {
  const others = rivalsOf(id, await rivals.all());
  const gone: string[] = [];
  for (const { run } of others) {
    if (await isAtRest(runs, run)) gone.push(run);
  }
  if (gone.length > 0) await rivals.leave(gone);
  return others.filter(({ run }) => !gone.includes(run));
}

// A row that can't be read may be that of a newer lakeferry, at work.
async function isAtRest(runs: Ferry["runs"], id: string): Promise<boolean> {
  try {
    const there = await runs.get(id);
    return there === undefined || there.status === "Paused" || !isLive(there.status);
  } catch (error) {
    if (isKind(error, "corrupt")) return false;
    throw error;
  }
}
