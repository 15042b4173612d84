import { isDone } from "../core/cut.ts";
import { failureOf } from "../core/error.ts";
import { type LakePath, pathFrom } from "../core/path.ts";
import { intervalsOf, type MigrationRequest } from "../core/request.ts";
import type { Run } from "../core/run.ts";
import type { SliceInput, SliceResult } from "../core/steps.ts";
import type { Source } from "../lake/lake.ts";
import type { ClaimedPacket } from "../state/work.ts";
import { newMeter } from "../wire/meter.ts";
import type { Ferry } from "./ferry.ts";
import { openLedger } from "./ledger.ts";
import { copying } from "./visit.ts";
import { startWalk } from "./walk.ts";

const tickMs = 250;

/** One run of the activity ferryPacket: claims a packet, walks it until it is drained or time is up, saves as it goes. */
export async function ferryPacket(ferry: Ferry, input: SliceInput): Promise<SliceResult> {
  const run = await ferry.runs.get(input.run);
  if (run === undefined || run.epoch !== input.epoch) return { ended: "fenced", files: 0 };
  if (run.status !== "Running") return { ended: "asked", files: 0 };
  if (ferry.closing.aborted) return { ended: "asked", files: 0 };
  if (ferry.clock.nowMs() >= input.deadlineMs) return { ended: "deadline", files: 0 };
  const packet = await ferry.work(input.run).claim(input.lane);
  return packet === undefined ? { ended: "drained", files: 0 } : walkPacket(ferry, input, run, packet);
}

async function walkPacket(ferry: Ferry, input: SliceInput, run: Run, packet: ClaimedPacket): Promise<SliceResult> {
  const { clock, pace } = ferry;
  const { request } = run;
  const meter = newMeter();
  const { source, sink } = ferry.lakes(request, meter);
  const ledger = openLedger(meter);
  const cancel = new AbortController();
  const crossing = { run: run.id, source, sink, memory: ferry.memory, blockSizeInMB: request.sink.blockSizeInMB };
  const visitor = copying(request, crossing, ledger, input.isPatient);
  const walk = startWalk(source, packet.cut, visitor, pace.width, cancel.signal);
  if (input.lane === 0 && run.expected === undefined) void noteExpected(ferry, run, source, cancel.signal);

  const state: { error?: unknown; isOver: boolean; ended: SliceResult["ended"]; stoppedMs?: number } = {
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

  // Cut and tally are taken in the same instant.
  function save(isLast: boolean): Promise<"saved" | "fenced"> {
    return packet.save({ cut: walk.cut(), ...ledger.take(), isLast });
  }

  async function tend(): Promise<"walked" | "fenced"> {
    let savedMs = clock.nowMs();
    let pulseMs = savedMs;
    for (;;) {
      await Promise.race([over, clock.sleep(tickMs)]);
      if (state.isOver) return (await save(true)) === "saved" ? "walked" : "fenced";
      const nowMs = clock.nowMs();
      if (ferry.closing.aborted) stop("asked");
      if (nowMs >= input.deadlineMs) stop("deadline");
      const graceMs = state.ended === "deadline" ? pace.deadlineGraceMs : pace.graceMs;
      if (state.stoppedMs !== undefined && nowMs - state.stoppedMs >= graceMs) {
        cancel.abort(new Error("the slice was stopped"));
      }
      if (nowMs - pulseMs >= pace.pulseMs) {
        pulseMs = nowMs;
        if (!(await isWanted(ferry, input))) stop("asked");
      }
      if (nowMs - savedMs >= pace.saveMs || ledger.isFull()) {
        if ((await save(false)) === "fenced") return "fenced";
        savedMs = clock.nowMs();
      }
    }
  }

  try {
    if ((await tend()) === "fenced") return { ended: "fenced", files: ledger.files() };
    if (state.error === undefined || cancel.signal.aborted) {
      const isLeft = state.ended === "drained" && !isDone(walk.cut());
      return { ended: isLeft ? "postponed" : state.ended, files: ledger.files() };
    }
    const error = failureOf(state.error, "ferryPacket", request.source.folderPath);
    ferry.log("slice.failed", { run: run.id, lane: input.lane, error });
    return { ended: "failed", files: ledger.files(), error };
  } finally {
    // However the slice ends, nothing of it goes on: not a file, not the question for an estimate.
    walk.stop();
    cancel.abort(new Error("the slice is over"));
    ledger.take();
    await over;
  }
}

async function isWanted(ferry: Ferry, input: SliceInput): Promise<boolean> {
  const run = await ferry.runs.get(input.run);
  return run?.epoch === input.epoch && run.status === "Running";
}

// The source's own count of the root makes an ETA possible; a large lake can't say it, and then there is none.
async function noteExpected(ferry: Ferry, run: Run, source: Source, signal: AbortSignal): Promise<void> {
  const { request } = run;
  if (!countsWhole(request)) return;
  const folder: LakePath = pathFrom(request.source.folderPath);
  try {
    const expected = await source.summary(folder, AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
    await ferry.runs.change(run.id, (now) => (now.expected === undefined ? { ...now, expected } : undefined));
  } catch {
    // No estimate is no reason to trouble anybody.
  }
}

function countsWhole(request: MigrationRequest): boolean {
  const [only, ...more] = intervalsOf(request);
  const isWhole = more.length === 0 && only?.after === undefined && only?.upTo === undefined;
  return isWhole && request.source.recursive && request.source.fileName === undefined;
}
