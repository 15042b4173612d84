import { capsOf } from "../core/caps.ts";
import type { Cut } from "../core/cut.ts";
import { type Failure, failureOf, isKind } from "../core/error.ts";
import {
  isLive,
  isOfSourceOnly,
  isReading,
  phaseOf,
  type PlannedWave,
  type Progress,
  type Rest,
  restingStatus,
  type Run,
  type RunStatus,
  type Totals,
} from "../core/run.ts";
import { isTooMany } from "../core/faultRules.ts";
import { limitOf } from "../core/fidelity.ts";
import { ownEndMs, ownRest } from "../core/rest.ts";
import { standingOf } from "../core/standing.ts";
import { type Spent, spentBy } from "../core/stopAfter.ts";
import { lanesBeside, type Rival, rivalsOf, waveBeside } from "../core/fairness.ts";
import { maxLanes, planLanes, type WaveSeen } from "../core/lanes.ts";
import type { WaveInput, WavePlan } from "../core/steps.ts";
import { emptyTally, isBalanced, movedIn } from "../core/tally.ts";
import { sealJournal } from "../state/journal.ts";
import type { Work } from "../state/work.ts";
import { countedIn, type LaneAccount } from "../state/workRows.ts";
import { newMeter } from "../wire/meter.ts";
import { openGranting } from "./access.ts";
import type { Ferry, Pace } from "./ferry.ts";
import { labelsOf } from "./label.ts";
import { listOf } from "./lists.ts";
import { isUnclean, nextWalk } from "./phases.ts";
import { nowhere } from "./nowhere.ts";
import { prepare, prepareSource, wholeCut } from "./prepare.ts";
import { untouched } from "./untouched.ts";

/** Waves without progress until the names that are left count as failures, and until the run does. */
const patientStalls = 5;
const maxStalls = 8;
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
  const known = run === undefined ? fenced : knownPlan(run, input);
  if (run === undefined || known !== undefined) return known ?? fenced;
  const account = await work.account();
  const progress = progressSince(input, account);
  if (progress.stalls > 0) await rest(ferry, input.run, progress.stalls);
  // People may have paused, resumed or cancelled it while it rested.
  const now = await ferry.runs.get(input.run);
  if (now === undefined || now.epoch !== input.epoch) return fenced;
  const isNew = restingStatus(now.status) === undefined && now.startedMs === undefined;
  const nowMs = ferry.clock.nowMs();
  const spent = spentBy(now, account.tally, nowMs);
  const own = ownRest(now, spent, nowMs);
  // A run that comes outside of its hours touches no lake.
  if (isNew && own !== undefined) return end(ferry, now, () => restedStatus(own), { rest: own });
  const begun = isNew ? await begin(ferry, now) : now;
  // The keeper may have begun a new epoch meanwhile; whatever is to be said of the run is that one's to say.
  if (begun.epoch !== input.epoch) return fenced;
  const left = await packetsLeft(work, account);
  if (restingStatus(begun.status) !== undefined) return end(ferry, begun, restingStatus);
  const counted = await work.account();
  const tooMany = tooManyFailures(begun, counted);
  if (tooMany !== undefined) return end(ferry, begun, () => "Failed", { error: tooMany });
  const onward = left === 0 ? await walkOn(ferry, begun, counted) : { run: begun, left };
  if (onward === undefined) {
    const { status, error } = verdict(begun, counted);
    return end(ferry, begun, () => status, { error });
  }
  if (own !== undefined) return end(ferry, begun, () => restedStatus(own), { rest: own, spent });
  if (progress.stalls >= (isHopeless(input.lastError) ? 1 : maxStalls))
    return end(ferry, begun, () => "Failed", { error: stalled(progress.stalls, input.lastError) });
  const rivals = await liveRivals(ferry, run);
  const { lanes, why, slots } = planLanes(
    // One lane alone knows how much may still be deleted.
    phaseOf(onward.run) === "delete" ? 1 : run.request.parallelism,
    onward.left,
    input.seen,
    lanesBeside(maxLanes, rivals),
    capsOf(run),
    run.wave?.slots,
  );
  const packets = await work.deal(lanes);
  const plannedMs = ferry.clock.nowMs();
  const wave: PlannedWave = {
    epoch: input.epoch,
    number: input.wave,
    lanes,
    why,
    ...(slots === undefined ? {} : { slots }),
    packets,
    plannedMs,
    deadlineMs: Math.min(
      plannedMs + waveBeside(lengthOf(ferry.pace, lanes, input.seen), rivals, plannedMs),
      ownEndMs(begun, plannedMs),
    ),
    isPatient: progress.stalls < patientStalls,
    mayGrow: input.seen !== undefined && input.seen.idle > 0,
    progress,
    totals: totalsOf(account),
  };
  const planned = await ferry.runs.change(run.id, (now) =>
    now.epoch !== input.epoch || knownPlan(now, input) !== undefined
      ? undefined
      : {
          ...now,
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

// A scan is no snapshot: what a slice that nobody waits for gave away meanwhile may stand where the scan has been. One
// that found nothing is complete when no packet was made, done or failed since before it began.
async function packetsLeft(work: Work, account: LaneAccount): Promise<number> {
  for (let before = account; ; ) {
    const left = await work.requeue();
    if (left > 0) return left;
    const after = await work.account();
    if (after.created === before.created && after.done === before.done && after.failed === before.failed) return 0;
    before = after;
  }
}

// The next of a run's walks, once its packets are laid down; undefined after the last one. A walk is begun by the run's
// row, so that its packets are never taken for those of the one before.
async function walkOn(
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

const fenced: WavePlan = { do: "end", status: "fenced" };

// The plan of a wave is made once: a doubled execution must not take their packets from slices that are at work.
function knownPlan({ epoch, status, wave }: Run, input: WaveInput): WavePlan | undefined {
  if (epoch !== input.epoch) return fenced;
  if (wave === undefined || wave.epoch !== epoch || wave.number < input.wave) return undefined;
  if (wave.number > input.wave) return fenced;
  const { lanes, plannedMs, deadlineMs, isPatient, mayGrow, progress, totals } = wave;
  return { do: "ferry", lanes, plannedMs, deadlineMs, isPatient, mayGrow, progress, totals, status };
}

function shown({ number, lanes, why, packets, plannedMs, deadlineMs }: PlannedWave) {
  return { number, lanes, why, packets, plannedMs, deadlineMs };
}

function totalsOf({ tally, failed }: LaneAccount): Totals {
  return { files: tally.filesListed, bytes: tally.bytesCopied, failed };
}

// Runs that ended in an accident are no rivals; whoever sees that takes them out.
async function liveRivals({ rivals, runs }: Ferry, { id }: Run): Promise<readonly Rival[]> {
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

// Short while a run looks around and while it grows, so that it spreads out fast.
function lengthOf({ lookMs, firstWaveMs, waveMs }: Pace, lanes: number, seen: WaveSeen | undefined): number {
  if (seen === undefined) return lookMs;
  return lanes > seen.lanes ? firstWaveMs : waveMs;
}

// What the slices say of their work isn't asked: one that was lost may have saved a lot before. A wave whose slices all
// came too late, because there was no slot or the plan was long on its way, says nothing about the lakes.
function progressSince({ wave, progress, seen }: WaveInput, { tally, done, failed }: LaneAccount): Progress {
  const counted = movedIn(tally) + done + failed;
  if (wave === 0 || counted > progress.counted) return { counted, stalls: 0 };
  const wasLate = seen !== undefined && seen.late >= seen.lanes;
  return { counted, stalls: progress.stalls + (wasLate ? 0 : 1) };
}

// After a wave that moved nothing the lakes get some air, longer each time; a person's command ends the rest.
async function rest(ferry: Ferry, run: string, stalls: number): Promise<void> {
  const { clock, pace, closing } = ferry;
  const untilMs = clock.nowMs() + pace.stallMs * 2 ** (stalls - 1);
  while (clock.nowMs() < untilMs && !closing.aborted) {
    await clock.sleep(Math.min(pace.pulseMs, untilMs - clock.nowMs()));
    if ((await ferry.runs.get(run))?.status !== "Running") return;
  }
}

async function begin(ferry: Ferry, run: Run): Promise<Run> {
  const nowMs = ferry.clock.nowMs();
  const meter = newMeter(run.id);
  let prepared: Awaited<ReturnType<typeof prepare>>;
  try {
    const { request } = run;
    const lakes = ferry.lakes(request, meter, ferry.valves());
    const { source } = lakes;
    const sink = isOfSourceOnly(run) ? nowhere : isReading(run) ? untouched(lakes.sink) : lakes.sink;
    const { namedEntries, memory } = ferry.access;
    const access = openGranting({ request, source, sink, namedEntries, memory: memory(run.id) });
    const list = listOf(run, { source, sink }, ferry);
    const crossing = { access, labels: labelsOf(run.id, request, run.createdMs) };
    if (isOfSourceOnly(run)) prepared = await prepareSource(request, source, list);
    else {
      prepared = await prepare(run.id, request, source, sink, crossing, list);
      await ferry.preflight?.(request);
    }
  } catch (error) {
    ferry.log("run.refused", { run: run.id, error: failureOf(error, "prepare", run.request.source.folderPath) });
    // Doubled executions: the other one may have begun, or ended, the run meanwhile.
    const isOurs = (now: Run) => now.epoch === run.epoch && now.startedMs === undefined && isLive(now.status);
    return ferry.runs.change(run.id, (now) =>
      !isOurs(now)
        ? undefined
        : {
            ...now,
            status: "Failed",
            startedMs: nowMs,
            error: failureOf(error, "prepare", run.request.source.folderPath),
          },
    );
  }
  // A state store that is away for a moment is no verdict on the run: what is thrown here is tried again.
  await ferry.work(run.id).seed(prepared.cut, { ...emptyTally, requests: meter.requests, throttles: meter.throttles });
  ferry.log("run.started", { run: run.id });
  const { sourceMs } = prepared;
  return ferry.runs.change(run.id, (now) =>
    now.startedMs !== undefined
      ? undefined
      : {
          ...now,
          status: now.status === "Queued" ? "Running" : now.status,
          startedMs: nowMs,
          resumedMs: nowMs,
          ...(sourceMs === undefined ? {} : { sourceMs }),
        },
  );
}

// The status is chosen in the same step that writes it, so that a command given meanwhile isn't lost.
async function end(
  ferry: Ferry,
  run: Run,
  choose: (now: RunStatus) => RunStatus | undefined,
  { error, rest, spent }: { readonly error?: Failure | undefined; readonly rest?: Rest; readonly spent?: Spent } = {},
): Promise<WavePlan> {
  const nowMs = ferry.clock.nowMs();
  const journal = await sealJournal(ferry.work(run.id).journal());
  const { status } = await ferry.runs.change(run.id, ({ resumedMs, ...now }) => {
    if (now.epoch !== run.epoch || (!isLive(now.status) && now.endedMs !== undefined)) return undefined;
    // A person's wish goes over what the run's own request says.
    const isOwn = rest !== undefined && restingStatus(now.status) === undefined;
    const status = (rest === undefined || isOwn ? choose : restingStatus)(now.status) ?? now.status;
    return {
      ...now,
      status,
      workedMs: now.workedMs + (resumedMs === undefined ? 0 : nowMs - resumedMs),
      ...(isLive(status) ? {} : { endedMs: now.endedMs ?? nowMs, journal }),
      ...(error === undefined ? {} : { error }),
      ...(isOwn ? { rest } : {}),
      ...(isOwn && spent !== undefined ? { spent } : {}),
    };
  });
  await ferry.rivals.leave([run.id]);
  // The claim of a run that has ended counts for nothing, so losing this step holds nobody up.
  if (!isLive(status)) await ferry.roots.release(ferry.rootsKey(run.request), run.id);
  const account = await ferry.work(run.id).account();
  ferry.log("run.ended", { ...standingOf({ ...run, status }, account.tally), error });
  return { do: "end", status, totals: totalsOf(account) };
}

function verdict(run: Run, account: LaneAccount): { status: RunStatus; error?: Failure } {
  const { tally, created, done, failed } = account;
  if (created === 0 || created !== done + failed || !isBalanced(tally)) {
    return {
      status: "Failed",
      error: {
        kind: "unexpected",
        op: "finish",
        path: "/",
        detail: `the books don't balance: ${created} packets made, ${done} done, ${failed} failed; please report this`,
      },
    };
  }
  const next = nextWalk(run, account);
  if (next.do === "end" && next.error !== undefined) return { status: "CompletedWithErrors", error: next.error };
  return { status: failed === 0 && !isUnclean(tally) ? "Succeeded" : "CompletedWithErrors" };
}

// What was done stays done, and what is left stays as it is: a run that goes wrong only goes no further.
function tooManyFailures({ request: { maxFailures } }: Run, account: LaneAccount): Failure | undefined {
  const { listed, failed } = countedIn(account);
  if (!isTooMany(limitOf(maxFailures), failed, listed)) return undefined;
  const detail = `stopped: ${failed} of ${listed} files and folders failed, and maxFailures allows ${maxFailures}`;
  return { kind: "unprocessable", op: "maxFailures", path: "/", detail, code: "TooManyFailures" };
}

// A list that was changed doesn't change back.
function isHopeless(lastError: Failure | undefined): boolean {
  return lastError?.op === "list" && lastError.kind === "changed";
}

function stalled(stalls: number, lastError: Failure | undefined): Failure {
  if (lastError !== undefined && isHopeless(lastError)) return lastError;
  const detail = `stalled: ${stalls} waves in a row moved nothing`;
  if (lastError === undefined) return { kind: "unexpected", op: "planWave", path: "/", detail };
  return { ...lastError, detail: `${detail}; the last one said: ${lastError.detail}` };
}
