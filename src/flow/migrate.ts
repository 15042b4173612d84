import type { Task } from "durable-functions";
import { failureOf } from "../core/error.ts";
import { noProgress } from "../core/run.ts";
import type { SliceResult, WaveInput, WavePlan } from "../core/steps.ts";
import { call, type Durable, task } from "./activities.ts";

/** The state store was out of reach this many times in a row: the orchestration ends, the run's rows stay as they are. */
const maxLost = 100;

/** The input of one round. */
export type MigrateInput = WaveInput & { readonly lost: number };

/** The first round of a run's present epoch. */
export function firstRound({ id, epoch }: { readonly id: string; readonly epoch: number }): MigrateInput {
  return { run: id, epoch, wave: 0, progress: noProgress, lost: 0 };
}

/**
 * One wave, then the next: planWave says how many slices, the slices run at the same time until their common deadline,
 * then everything starts anew with an empty history. Results are hints; planWave reads the rows.
 */
export function* migrate(df: Durable, input: MigrateInput): Generator<Task, { readonly status: string }, unknown> {
  const { run, epoch, wave } = input;
  const plan = yield* planned(df, input);
  if (plan.do === "again") {
    if (input.lost >= maxLost) throw new Error(`migration ${run} lost its state store: ${plan.error.detail}`);
    df.continueAsNew({ ...input, lost: input.lost + 1 });
    return { status: "again" };
  }
  const lanes = plan.do === "ferry" ? { lanes: plan.lanes } : {};
  df.setCustomStatus({ wave, status: plan.status, ...lanes, ...plan.totals });
  if (plan.do === "end") return { status: plan.status };
  const slices = Array.from({ length: plan.lanes }, (_, lane) =>
    task(df, "ferryPacket", { run, epoch, lane, ...waveOf(plan) }),
  );
  const results = yield* together(df, slices);
  const lastError = results.find(({ error }) => error !== undefined)?.error;
  df.continueAsNew({
    run,
    epoch,
    wave: wave + 1,
    lost: 0,
    progress: plan.progress,
    seen: {
      lanes: plan.lanes,
      late: results.filter(({ isLate }) => isLate).length,
      idle: results.filter(({ isIdle }) => isIdle).length,
    },
    ...(lastError === undefined ? {} : { lastError }),
  });
  return { status: plan.status };
}

function waveOf({ lanes, plannedMs, deadlineMs, isPatient, mayGrow }: Extract<WavePlan, { do: "ferry" }>) {
  return { lanes, plannedMs, deadlineMs, isPatient, mayGrow };
}

function* planned(df: Durable, { lost: _, ...input }: MigrateInput): Generator<Task, WavePlan, unknown> {
  try {
    return yield* call(df, "planWave", input);
  } catch (error) {
    return { do: "again", error: failureOf(error, "planWave", "/") };
  }
}

// A slice that throws has lost its worker; the others' results still count, and the next planWave takes its packet back.
function* together(df: Durable, slices: Task[]): Generator<Task, readonly SliceResult[], unknown> {
  try {
    return (yield df.Task.all(slices)) as readonly SliceResult[];
  } catch {
    const results: SliceResult[] = [];
    for (const slice of slices) {
      try {
        results.push((yield slice) as SliceResult);
      } catch {
        // Its packet is still claimed, which is all that planWave needs to know.
      }
    }
    return results;
  }
}
