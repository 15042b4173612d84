import { isInVain, starving } from "../core/lanes.ts";
import type { SliceInput, SliceResult } from "../core/steps.ts";
import type { Pulse } from "../state/pulse.ts";
import type { Ferry } from "./ferry.ts";
import { walkPacket } from "./packet.ts";

/** A slice that begins so long after its plan may be the second of its lane. */
const lostMs = 10_000;

/**
 * One run of the activity ferryPacket: claims one packet after the other and walks it. When there is none it waits for
 * others to give some away, until all wait or time is up.
 */
export async function ferryPacket(ferry: Ferry, input: SliceInput): Promise<SliceResult> {
  const { clock } = ferry;
  const work = ferry.work(input.run);
  const halfMs = (input.plannedMs + input.deadlineMs) / 2;
  const late = clock.nowMs() > halfMs ? ({ isLate: true } as const) : {};
  /** Packets with nothing but names that the lakes would not serve now. */
  const postponed = new Set<string>();
  // An execution that begins so long after the plan comes for one that was lost, and goes on with what that one held; a
  // mere double finds its packet taken, which is safe.
  const isLost = clock.nowMs() - input.plannedMs > lostMs;
  if (isLost && reasonNotTo(ferry, input, await ferry.runs.get(input.run)) === undefined) {
    await work.takeBack(input.lane);
  }
  let items = 0;
  let isFirst = true;
  let waitsSinceMs: number | undefined;
  for (;;) {
    // Who waits looks often: what the process knows from a moment ago is enough.
    const known = await (waitsSinceMs === undefined ? ferry.runs.get(input.run) : ferry.pulse.of(input.run));
    const whyNot = reasonNotTo(ferry, input, known);
    if (whyNot !== undefined) {
      const isIdle = waitsSinceMs !== undefined && (await starved(ferry, input)) > 0;
      return { ended: whyNot, items, ...late, ...(isIdle ? { isIdle } : {}) };
    }
    const packet = await work.claim(input.lane, postponed);
    if (packet === undefined) {
      const ended = postponed.size > 0 ? "postponed" : "drained";
      if (input.lanes === 1) return { ended, items };
      if (waitsSinceMs === undefined) {
        waitsSinceMs = clock.nowMs();
        await ferry.pulse.waits(input.run, input.lane, waitsSinceMs);
      }
      const waiting = (await ferry.pulse.of(input.run))?.hunger.waiting.length ?? 0;
      if (waiting >= input.lanes) return { ended, items };
      if (isInVain(await starved(ferry, input), input.lanes)) return { ended, items, isIdle: true };
      await clock.sleep(ferry.pace.pollMs);
      continue;
    }
    if (waitsSinceMs !== undefined) await ferry.pulse.waits(input.run, input.lane, undefined);
    waitsSinceMs = undefined;
    // The claim may have been long on its way; the packet of a run that has ended meanwhile stays as it is. One that was
    // only slow is moved on.
    const run = await ferry.runs.get(input.run);
    const now = reasonNotTo(ferry, input, run);
    if (run === undefined || (now !== undefined && now !== "deadline")) {
      return { ended: now ?? "fenced", items, ...late };
    }
    const result = await walkPacket(ferry, input, run, packet, isFirst);
    isFirst = false;
    items += result.items;
    if (result.ended === "postponed") postponed.add(packet.key);
    else if (result.ended !== "drained") return { ...result, items, ...late };
  }
}

function reasonNotTo(
  ferry: Ferry,
  input: SliceInput,
  run: Pick<Pulse, "epoch" | "status" | "ends"> | undefined,
): SliceResult["ended"] | undefined {
  if (run === undefined || run.epoch !== input.epoch) return "fenced";
  if (run.status !== "Running" || ferry.closing.aborted) return "asked";
  return ferry.clock.nowMs() >= input.deadlineMs || run.ends !== undefined ? "deadline" : undefined;
}

async function starved({ clock, pace, pulse }: Ferry, { run }: SliceInput): Promise<number> {
  const felt = await pulse.of(run);
  return felt === undefined ? 0 : starving(felt.hunger, clock.nowMs(), pace.starvedMs);
}
