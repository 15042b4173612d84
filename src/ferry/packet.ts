import { type Budget, budget } from "../core/budget.ts";
import { capsOf, laneCaps, lanesWithin } from "../core/caps.ts";
import { isDue } from "../core/clock.ts";
import { type Cut, errandsIn, isDone } from "../core/cut.ts";
import { type Failure, failureOf, LakeError } from "../core/error.ts";
import { triedIn } from "../core/errand.ts";
import { makesWay, rivalsOf } from "../core/fairness.ts";
import { isTooMany } from "../core/faultRules.ts";
import { limitOf } from "../core/fidelity.ts";
import { openActivity } from "../core/glance.ts";
import { isInVain, starving } from "../core/lanes.ts";
import type { MigrationRequest } from "../core/request.ts";
import { isOfSourceOnly, lanesAsked, type Run } from "../core/run.ts";
import { selectionOf, selects } from "../core/selection.ts";
import type { SliceInput } from "../core/steps.ts";
import { wayOf } from "../core/way.ts";
import type { Pulse } from "../state/pulse.ts";
import type { ClaimedPacket } from "../state/claimed.ts";
import type { Hunger } from "../state/hunger.ts";
import { countedIn } from "../state/workRows.ts";
import { newMeter } from "../wire/meter.ts";
import { assessedSource } from "./assessing.ts";
import { noteExpected } from "./expected.ts";
import type { Ferry } from "./ferry.ts";
import { openLedger } from "./ledger.ts";
import { listOf } from "./lists.ts";
import { narrowed } from "./narrow.ts";
import { nowhere } from "./nowhere.ts";
import { observedBudget, observedSink, observedSource, withinBudget } from "./observed.ts";
import { turnValves } from "./valves.ts";
import { openSaves } from "./saves.ts";
import { openSharing } from "./sharing.ts";
import { visitorFor } from "./visitors.ts";
import { isWidest, openWaiting } from "./waiting.ts";
import { startWalk, type Walk } from "./walk.ts";

const tickMs = 250;
/** Past its deadline a slice goes on for so long with its first packet, if it has not dealt with any name of it yet. */
const leastWorkMs = 10_000;
/** A slice that was told to stop gives its last save so long. */
const lastSaveMs = 5000;
/** While so many lanes wait, a packet is shared as soon as it was claimed, though others may have given by now. */
const scarceShare = 0.25;

/** How a slice left one packet: with nothing in it, with names for a later slice, or because the slice had to end. */
export type PacketEnd = {
  readonly ended: "drained" | "postponed" | "deadline" | "asked" | "fenced" | "failed";
  /** Files, folders and pieces of large files dealt with. */
  readonly items: number;
  readonly error?: Failure;
};

/** Walks a claimed packet, the slice's first or a later one, until it is drained or time is up, saving as it goes. */
export async function walkPacket(
  ferry: Ferry,
  input: SliceInput,
  run: Run,
  packet: ClaimedPacket,
  isFirst: boolean,
): Promise<PacketEnd> {
  const { clock, pace } = ferry;
  const { request } = run;
  const limit = limitOf(request.maxFailures);
  const meter = newMeter(run.id);
  const activity = openActivity(clock.nowMs);
  const valves = ferry.valves();
  turnValves(valves, laneCaps(capsOf(run), input.lanes));
  const bare = ferry.lakes(request, meter, valves);
  const ledger = openLedger(meter, ferry.journal(run.id, packet.claim), wayOf(request));
  const observed = observedSource(bare.source, activity);
  const lakes = {
    source: run.job === "assess" ? assessedSource(observed, ledger) : observed,
    sink: isOfSourceOnly(run) ? nowhere : observedSink(bare.sink, activity),
  };
  const cancel = new AbortController();
  const { signal } = cancel;
  const list = listOf(run, lakes, ferry);
  const selection = selects(request.source) ? selectionOf(request.source) : undefined;
  const { visitor, beside } = visitorFor(ferry, run, {
    lakes,
    memory: observedBudget(ferry.memory, activity, "memory"),
    ledger,
    meter,
    isPatient: input.isPatient,
    isHeld: packet.isHeld,
    listName: list?.name,
    deletesLeft: await deletesLeft(ferry, run, packet.cut),
  });
  const slots = observedBudget(filesOf(ferry, request), activity, "slots");
  const waiting = openWaiting(meter, valves, ferry.load, () => isWidest(ferry, request, slots));
  const saves = openSaves({
    packet,
    walk: () => walk,
    ledger,
    activity,
    waiting,
    clock,
    everyMs: pace.saveMs,
    signal,
  });
  const { isNarrow, condemned } = packet.care;
  const seen = isNarrow
    ? narrowed(lakes.source, visitor, (path) => saves.save(false, path), condemned)
    : { source: lakes.source, visitor };
  const width = isNarrow ? { listings: 1, files: budget(1) } : { listings: pace.listings, files: slots };
  const walk: Walk = startWalk(seen.source, packet.cut, seen.visitor, width, signal, {
    beside,
    selection,
    list,
    saved: saves.saved,
  });
  // The first slice of many lanes looks for work for all of them; where there are never more, that is work for nobody.
  const isAlone = lanesAsked(run) === 1 || lanesWithin(capsOf(run), 2) === 1;
  const seekFor = (hungry: number) => walk.seek(!isNarrow && (input.lanes === 1 ? !isAlone : hungry > 0));
  seekFor(0);
  if (isFirst && input.lane === 0 && run.expected === undefined) void noteExpected(ferry, run, lakes.source, signal);

  const state: { error?: unknown; isOver: boolean; ended: "drained" | "asked" | "deadline"; stoppedMs?: number } = {
    isOver: false,
    ended: "drained",
  };
  const over = walk.ended
    .catch((error: unknown) => {
      state.error = error;
    })
    .then(() => {
      state.isOver = true;
    });

  // A deadline lets what is in flight end, so that a file larger than a wave gets over; a person's wish is more urgent.
  function stop(why: "asked" | "deadline"): void {
    if (state.stoppedMs !== undefined && (why === "deadline" || state.ended === "asked")) return;
    state.ended = why;
    state.stoppedMs = clock.nowMs();
    walk.stop();
  }

  async function tend(): Promise<void> {
    const claimedMs = clock.nowMs();
    let refused = 0;
    let pulseMs = Number.NEGATIVE_INFINITY;
    let settledMs = claimedMs;
    let running: Promise<unknown> | undefined;
    let failure: { readonly error: unknown } | undefined;
    let elsewhere = { listed: 0, failed: 0 };
    const sharing = openSharing({
      clock,
      walk,
      lanes: input.lanes,
      giveMs: pace.giveMs,
      giveAway: async (parts, share) => state.stoppedMs === undefined && saves.shareOut(parts, share),
      failed: (error) => (failure = { error }),
    });
    while (!state.isOver && !saves.isFenced()) {
      await Promise.race([over, clock.sleep(tickMs)]);
      if (failure !== undefined) throw failure.error;
      const nowMs = clock.nowMs();
      ferry.widen(meter.throttles - refused);
      refused = meter.throttles;
      const here = countedIn(run, ledger.unsaved());
      const hasGoneWrong = isTooMany(limit, elsewhere.failed + here.failed, elsewhere.listed + here.listed);
      if (ferry.closing.aborted || hasGoneWrong) stop("asked");
      // However late it was claimed and however slow the lakes are: a slice's first packet is moved on, if it can be.
      const isFair = !isFirst || ledger.items() > 0 || isDue(claimedMs, leastWorkMs, nowMs);
      if (nowMs >= input.deadlineMs && isFair) stop("deadline");
      const graceMs = state.ended === "deadline" ? pace.deadlineGraceMs : pace.graceMs;
      if (state.stoppedMs !== undefined && nowMs - state.stoppedMs >= graceMs) {
        cancel.abort(new Error("the slice was stopped"));
      }
      // What was sent is looked at again, if its page isn't through before: only then the next save counts it.
      if (isDue(settledMs, pace.saveMs, nowMs)) {
        settledMs = nowMs;
        walk.settle();
      }
      if (isDue(pulseMs, pace.pulseMs, nowMs)) {
        pulseMs = nowMs;
        const { isWanted, isMispredicted, hunger, caps, ends, counted } = await feel(ferry, input);
        elsewhere = counted ?? elsewhere;
        const { waiting } = hunger;
        if (caps !== undefined) turnValves(valves, laneCaps(caps, input.lanes - waiting.length));
        // Each lane needs a connection of its own: with fewer than lanes the wave is planned anew.
        if (caps !== undefined && lanesWithin(caps, input.lanes) < input.lanes) stop("deadline");
        if (isMispredicted) ferry.access.memory(run.id).prediction.distrust();
        if (!isWanted || ends === "window") stop("asked");
        if (ends === "stopAfter") stop("deadline");
        if (await isInTheWay(ferry, input, nowMs)) stop("deadline");
        if (isInVain(starving(hunger, nowMs, pace.starvedMs), input.lanes)) stop("deadline");
        if (input.mayGrow && waiting.length === 0 && nowMs - input.plannedMs >= pace.firstWaveMs) stop("deadline");
        const isScarce = waiting.length >= scarceShare * input.lanes;
        if (!isNarrow && (isScarce || nowMs - claimedMs >= pace.pulseMs)) sharing.hear(waiting.length);
      }
      sharing.tend(nowMs);
      if (running === undefined && (saves.isDue(nowMs) || ledger.isFull())) {
        // A slow store must not keep the slice from looking at the clock.
        running = saves.save(false).then(
          () => (running = undefined),
          (error: unknown) => (failure = { error }),
        );
      }
    }
    if (!saves.isFenced()) await letGo();
  }

  // The last save. A state store that is away is waited for, but not by a slice that was told to stop.
  async function letGo(): Promise<void> {
    const sinceMs = clock.nowMs();
    let isSaved = false;
    const leaving = saves.save(true).finally(() => (isSaved = true));
    while (!isSaved) {
      await Promise.race([leaving, clock.sleep(tickMs)]);
      if (ferry.closing.aborted) stop("asked");
      const isAsked = state.ended === "asked";
      const fromMs = isAsked ? Math.max(sinceMs, state.stoppedMs ?? 0) : sinceMs;
      if (!isSaved && isDue(fromMs, isAsked ? lastSaveMs : pace.deadlineGraceMs, clock.nowMs())) {
        throw new LakeError("unavailable", {
          op: "save",
          path: run.id,
          detail: "the state store did not answer in time",
        });
      }
    }
  }

  try {
    await tend();
    const items = ledger.items();
    if (saves.isFenced()) return { ended: "fenced", items };
    if (state.error === undefined || signal.aborted) {
      const isLeft = state.ended === "drained" && !isDone(walk.cut());
      return { ended: isLeft ? "postponed" : state.ended, items };
    }
    const error = failureOf(state.error, "ferryPacket", request.source.folderPath);
    ferry.log("slice.failed", { run: run.id, lane: input.lane, error });
    return { ended: "failed", items, error };
  } finally {
    // However the slice ends, nothing of it goes on: not a file, not the question for an estimate, not a save whose turn
    // has not come, which would put down a cut without its counts.
    saves.end();
    walk.stop();
    cancel.abort(new Error("the slice is over"));
    ledger.take();
    await over;
  }
}

// Only the walk that deletes may, and there is one lane at a time. What was tried may have been deleted.
async function deletesLeft(ferry: Ferry, { id, phase, deletes = 0 }: Run, cut: Cut): Promise<number> {
  if (phase !== "delete") return 0;
  const { tally } = await ferry.work(id).account();
  return deletes - tally.filesDeleted - tally.foldersDeleted - tally.deletesPlanned - triedIn(errandsIn(cut));
}

function filesOf({ files }: Ferry, { filesPerLane }: MigrationRequest): Budget {
  return filesPerLane === "auto" ? files : withinBudget(budget(filesPerLane), files);
}

// A run that came later gets its slots soon, however long this wave was to be.
async function isInTheWay({ knownRivals }: Ferry, { run, plannedMs }: SliceInput, nowMs: number): Promise<boolean> {
  try {
    return makesWay(rivalsOf(run, await knownRivals()), plannedMs, nowMs);
  } catch {
    return false;
  }
}

// A state store that can't be read for a moment changes nobody's mind.
async function feel(
  ferry: Ferry,
  { run, epoch }: SliceInput,
): Promise<
  { readonly isWanted: boolean } & Pick<Pulse, "hunger" | "isMispredicted" | "ends" | "counted"> &
    Partial<Pick<Pulse, "caps">>
> {
  const nobody: Hunger = { lanes: [], waiting: [], lastGiftMs: ferry.clock.nowMs() };
  try {
    const pulse = await ferry.pulse.of(run);
    if (pulse === undefined) return { isWanted: false, isMispredicted: false, hunger: nobody };
    return { isWanted: pulse.epoch === epoch && pulse.status === "Running", ...pulse };
  } catch {
    return { isWanted: true, isMispredicted: false, hunger: nobody };
  }
}
