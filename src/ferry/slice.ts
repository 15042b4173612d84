import type { Run } from "../core/run.ts";
import type { SliceInput, SliceResult } from "../core/steps.ts";
import type { Ferry } from "./ferry.ts";
import { walkPacket } from "./packet.ts";

/** One run of the activity ferryPacket: claims one packet after the other and walks it, until none is left or time is up. */
export async function ferryPacket(ferry: Ferry, input: SliceInput): Promise<SliceResult> {
  const work = ferry.work(input.run);
  /** Packets with nothing but names that the lakes would not serve now. */
  const postponed = new Set<string>();
  let items = 0;
  for (;;) {
    const run = await ferry.runs.get(input.run);
    const whyNot = reasonNotTo(ferry, input, run);
    if (run === undefined || whyNot !== undefined) return { ended: whyNot ?? "fenced", items };
    const packet = await work.claim(input.lane, postponed);
    if (packet === undefined) return { ended: postponed.size > 0 ? "postponed" : "drained", items };
    const result = await walkPacket(ferry, input, run, packet);
    items += result.items;
    if (result.ended === "postponed") postponed.add(packet.key);
    else if (result.ended !== "drained") return { ...result, items };
  }
}

function reasonNotTo(ferry: Ferry, input: SliceInput, run: Run | undefined): SliceResult["ended"] | undefined {
  if (run === undefined || run.epoch !== input.epoch) return "fenced";
  if (run.status !== "Running" || ferry.closing.aborted) return "asked";
  return ferry.clock.nowMs() >= input.deadlineMs ? "deadline" : undefined;
}
