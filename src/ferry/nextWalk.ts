import type { Cut } from "../core/cut.ts";
import { phaseOf, type Run } from "../core/run.ts";
import type { Work } from "../state/work.ts";
import type { LaneAccount } from "../state/workRows.ts";
import { newMeter } from "../wire/meter.ts";
import type { Ferry } from "./ferry.ts";
import { listOf } from "./lists.ts";
import { nextWalk } from "./phases.ts";
import { wholeCut } from "./prepare.ts";

/**
 * Takes every packet back, and says how many are left. A scan is no snapshot: what a slice that nobody waits for gave away
 * meanwhile may stand where the scan has been. One that found nothing is complete when no packet was made, done or failed
 * since before it began.
 */
export async function packetsLeft(work: Work, account: LaneAccount): Promise<number> {
  for (let before = account; ; ) {
    const left = await work.requeue();
    if (left > 0) return left;
    const after = await work.account();
    if (after.created === before.created && after.done === before.done && after.failed === before.failed) return 0;
    before = after;
  }
}

/**
 * The next of a run's walks, once its packets are laid down; undefined after the last one. A walk is begun by the run's
 * row, so that its packets are never taken for those of the one before.
 */
export async function walkOn(
  ferry: Ferry,
  run: Run,
  account: LaneAccount,
): Promise<{ readonly run: Run; readonly left: number } | undefined> {
  const work = ferry.work(run.id);
  const all = () => wholeOf(ferry, run);
  if (run.phase !== undefined && (await work.lay(run.phase, await all()))) return { run, left: 1 };
  const next = nextWalk(run, account);
  if (next.do === "end") return undefined;
  const { phase, deletes } = next;
  const changed = await ferry.runs.change(run.id, (now) =>
    now.epoch !== run.epoch || phaseOf(now) !== phaseOf(run)
      ? undefined
      : { ...now, phase, ...(deletes === undefined ? {} : { deletes }) },
  );
  if (changed.phase === phase) await work.lay(phase, await all());
  ferry.log("run.phase", { run: run.id, phase });
  return { run: changed, left: 1 };
}

async function wholeOf(ferry: Ferry, run: Run): Promise<Cut> {
  const { request } = run;
  const list = listOf(run, ferry.lakes(request, newMeter(), ferry.valves()), ferry);
  return wholeCut(request, undefined, await list?.whole());
}
