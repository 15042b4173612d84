import { failureOf } from "../core/error.ts";
import type { Run } from "../core/run.ts";
import { standingOf } from "../core/standing.ts";
import type { Ferry } from "./ferry.ts";

/** Says how each of these runs stands, for those who watch; a run whose rows can't be read stands in no other's way. */
export async function tellStandings(ferry: Ferry, runs: readonly Run[]): Promise<void> {
  for (const run of runs) {
    try {
      const { tally } = await ferry.work(run.id).account();
      ferry.log("run.seen", standingOf(run, tally));
    } catch (error) {
      ferry.log("run.unseen", { run: run.id, error: failureOf(error, "keeper", run.id) });
    }
  }
}
