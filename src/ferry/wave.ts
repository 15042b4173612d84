import { capsOf } from "../core/caps.ts";
import { failureOf } from "../core/error.ts";
import { lanesBeside, waveBeside } from "../core/fairness.ts";
import { maxLanes, planLanes, type WaveSeen } from "../core/lanes.ts";
import { ownEndMs, ownRest } from "../core/rest.ts";
import {
  lanesAsked,
  type PlannedWave,
  type Progress,
  type Rest,
  restingStatus,
  type Run,
  type RunStatus,
} from "../core/run.ts";
import type { WaveInput, WavePlan } from "../core/steps.ts";
import { spentBy } from "../core/stopAfter.ts";
import { movedIn } from "../core/tally.ts";
import type { LaneAccount } from "../state/workRows.ts";
import { beginRun } from "./beginRun.ts";
import { endRun, isStalled, outcomeOf, stalled, tooManyFailures, totalsOf } from "./endRun.ts";
import type { Ferry, Pace } from "./ferry.ts";
import { liveRivals } from "./liveRivals.ts";
import { packetsLeft, walkOn } from "./nextWalk.ts";
import { isUnaccepted, withRemedy } from "./unaccepted.ts";

/** Waves without progress until the names that are left count as failures. */
const patientStalls = 5;
/** Well before a host ends an activity. */
const longestWaveMs = 12 * 60_000;
/** The pause after a wave that moved nothing grows up to so many times the first one. */
const longestRest = 128;
const againAfterStalls = 5;
/** Waves that a run's row remembers, for people. */
const keptWaves = 20;

/**
 * The activity planWave. When the state can't be read or written it waits a little and says "again", as a value: the
 * orchestrator must not spin on a store that is out of reach.
 */
export async function planWave(ferry: Ferry, input: WaveInput): Promise<WavePlan> {
  try {
    // A process that is told to end has no time for a wave, and its haste is nobody's stall.
    if (ferry.closing.aborted) throw new Error("the app is closing");
    return await plan(ferry, input);
  } catch (error) {
    const failure = failureOf(error, "planWave", input.run);
    ferry.log("wave.failed", { run: input.run, wave: input.wave, error: failure });
    await ferry.clock.sleep((ferry.closing.aborted ? 1 : againAfterStalls) * ferry.pace.stallMs);
    return { do: "again", error: failure };
  }
}

/**
 * Between two waves: takes every claimed packet back, removes the done ones, and says how the run goes on or that it
 * has ended. Every step may be repeated.
 */
async function plan(ferry: Ferry, input: WaveInput): Promise<WavePlan> {
  const work = ferry.work(input.run);
  const run = await ferry.runs.get(input.run);
  const known = knownPlan(run, input);
  if (run === undefined || known !== undefined) return known ?? fenced;
  const account = await work.account();
  const progress = progressSince(input, account);
  const idle = isUnaccepted(input.lastError) ? (progress.waits ?? 0) : progress.stalls;
  if (idle > 0) await rest(ferry, input.run, idle);
  // People may have paused, resumed or cancelled it while it rested, and a doubled execution have planned the wave.
  const now = await ferry.runs.get(input.run);
  const meanwhile = knownPlan(now, input);
  if (now === undefined || meanwhile !== undefined) return meanwhile ?? fenced;
  const isNew = restingStatus(now.status) === undefined && now.startedMs === undefined;
  const nowMs = ferry.clock.nowMs();
  const spent = spentBy(now, account.tally, nowMs);
  const own = ownRest(now, spent, nowMs);
  // A run that comes outside of its hours touches no lake.
  if (isNew && own !== undefined) return endRun(ferry, now, () => restedStatus(own), { rest: own });
  const begun = isNew ? await beginRun(ferry, now) : now;
  // The keeper may have begun a new epoch meanwhile; whatever is to be said of the run is that one's to say.
  if (begun.epoch !== input.epoch) return fenced;
  const left = await packetsLeft(work, account);
  if (restingStatus(begun.status) !== undefined) return endRun(ferry, begun, restingStatus);
  const counted = await work.account();
  const tooMany = tooManyFailures(begun, counted);
  if (tooMany !== undefined) return endRun(ferry, begun, () => "Failed", { error: tooMany });
  const onward = left === 0 ? await walkOn(ferry, begun, counted) : { run: begun, left };
  if (onward === undefined) {
    const { status, error } = outcomeOf(begun, counted);
    return endRun(ferry, begun, () => status, { error });
  }
  if (own !== undefined) return endRun(ferry, begun, () => restedStatus(own), { rest: own, spent });
  const lastError = input.lastError === undefined ? undefined : withRemedy(input.lastError, run.request);
  if (isStalled(progress, lastError)) return endRun(ferry, begun, () => "Failed", { error: stalled(idle, lastError) });
  const rivals = await liveRivals(ferry, run);
  const { lanes, why, slots } = planLanes(
    lanesAsked(onward.run),
    onward.left,
    input.seen,
    lanesBeside(maxLanes, rivals),
    capsOf(begun),
    run.wave?.slots,
  );
  const packets = await work.deal(lanes);
  const plannedMs = ferry.clock.nowMs();
  const lengthMs = waveBeside(lengthOf(ferry.pace, lanes, run.request, input.seen), rivals, plannedMs);
  const wave: PlannedWave = {
    epoch: input.epoch,
    number: input.wave,
    lanes,
    why,
    ...(slots === undefined ? {} : { slots }),
    packets,
    plannedMs,
    deadlineMs: Math.min(plannedMs + lengthened(lengthMs, progress), ownEndMs(begun, plannedMs)),
    isPatient: progress.stalls < patientStalls,
    mayGrow:
      input.seen !== undefined && input.seen.idle > 0 && lanes !== run.request.parallelism && progress.stalls === 0,
    progress,
    totals: totalsOf(account),
  };
  const planned = await ferry.runs.change(run.id, ({ error: _before, ...now }) =>
    knownPlan(now, input) !== undefined
      ? undefined
      : {
          ...now,
          // What it waits for, as long as it does.
          ...(isUnaccepted(lastError) ? { error: lastError } : {}),
          wave,
          mostLanes: Math.max(now.mostLanes ?? 0, lanes),
          waves: [...(now.waves ?? []), shown(wave)].slice(-keptWaves),
        },
  );
  ferry.log("wave.planned", { run: run.id, ...wave });
  return knownPlan(planned, input) ?? fenced;
}

function restedStatus({ because }: Rest): RunStatus {
  return because === "window" ? "Paused" : "Stopped";
}

const fenced: WavePlan = { do: "end", status: "fenced" };

// The plan of a wave is made once: a doubled execution must not take their packets from slices that are at work.
function knownPlan(run: Run | undefined, input: WaveInput): WavePlan | undefined {
  if (run === undefined || run.epoch !== input.epoch) return fenced;
  const { epoch, status, wave } = run;
  if (wave === undefined || wave.epoch !== epoch || wave.number < input.wave) return undefined;
  if (wave.number > input.wave) return fenced;
  const { lanes, plannedMs, deadlineMs, isPatient, mayGrow, progress, totals } = wave;
  return { do: "ferry", lanes, plannedMs, deadlineMs, isPatient, mayGrow, progress, totals, status };
}

function shown({ number, lanes, why, packets, plannedMs, deadlineMs }: PlannedWave) {
  return { number, lanes, why, packets, plannedMs, deadlineMs };
}

// Short while a run looks around and while it grows, so that it spreads out fast; with all lanes that were asked for there is
// nothing to wait for.
function lengthOf(
  { lookMs, firstWaveMs, waveMs }: Pace,
  lanes: number,
  { parallelism }: Run["request"],
  seen: WaveSeen | undefined,
): number {
  if (seen === undefined) return lookMs;
  if (lanes === parallelism) return waveMs;
  return lanes > seen.lanes ? firstWaveMs : waveMs;
}

// What takes longer than a wave before anything of it counts, as what only the sink has where the source throttles, would be begun
// again by each wave.
function lengthened(lengthMs: number, { stalls }: Progress): number {
  return Math.max(lengthMs, Math.min(lengthMs * 2 ** stalls, longestWaveMs));
}

// What the slices say of their work isn't asked: one that was lost may have saved a lot before. A wave whose slices all
// came too late, because there was no slot or the plan was long on its way, says nothing about the lakes.
function progressSince({ wave, progress, seen, lastError }: WaveInput, { tally, done, failed }: LaneAccount): Progress {
  const counted = movedIn(tally) + done + failed;
  if (wave === 0 || counted > progress.counted) return { counted, stalls: 0 };
  const { stalls, waits = 0 } = progress;
  if (isUnaccepted(lastError)) return { counted, stalls, waits: waits + 1 };
  const wasLate = seen !== undefined && seen.late >= seen.lanes;
  return { counted, stalls: stalls + (wasLate ? 0 : 1), ...(waits === 0 ? {} : { waits }) };
}

// After a wave that moved nothing the lakes get some air, longer each time; a person's command ends the rest.
async function rest(ferry: Ferry, run: string, idle: number): Promise<void> {
  const { clock, pace, closing } = ferry;
  const untilMs = clock.nowMs() + pace.stallMs * Math.min(2 ** (idle - 1), longestRest);
  while (clock.nowMs() < untilMs && !closing.aborted) {
    await clock.sleep(Math.min(pace.pulseMs, untilMs - clock.nowMs()));
    if ((await ferry.runs.get(run))?.status !== "Running") return;
  }
}
