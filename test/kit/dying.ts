import { budget } from "../../src/core/budget.ts";
import { LakeError } from "../../src/core/error.ts";
import type { Run } from "../../src/core/run.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import type { Saved, Step } from "../../src/state/claimed.ts";
import { drive, sliceOf } from "./testFerry.ts";

/** The same ferry with something around each save of a claimed packet; `wrapping` is called when work is opened. */
export function savingBy(
  ferry: Ferry,
  wrapping: () => (save: () => Promise<Saved>, step: Step) => Promise<Saved>,
): Ferry {
  return {
    ...ferry,
    work: (run) => {
      const around = wrapping();
      const work = ferry.work(run);
      return {
        ...work,
        claim: async (lane, besides) => {
          const packet = await work.claim(lane, besides);
          if (packet === undefined) return undefined;
          return { ...packet, save: (step, signal) => around(() => packet.save(step, signal), step) };
        },
      };
    },
  };
}

/** The same ferry in a process of its own: what a lost worker held is lost with it. */
export function inOwnProcess(ferry: Ferry): Ferry {
  return { ...ferry, files: budget(8), memory: budget(1024 * 1024) };
}

/** The same ferry in a process that loses the table for good after so many saves. */
function dying(ferry: Ferry, saves: number): Ferry {
  let left = saves;
  return savingBy(inOwnProcess(ferry), () => async (save) => {
    if (left-- > 0) return save();
    throw new LakeError("invalid", { op: "table", path: "", detail: "the worker is lost" });
  });
}

/** Drives a run whose first workers are lost, each after two saves more than the one before. */
export async function driveWithLosses(ferry: Ferry, run: string, losses: number): Promise<Run> {
  let lost = 0;
  return drive(ferry, run, 1, async () => {
    if (lost >= losses) return;
    await ferryPacket(dying(ferry, 2 * lost++), sliceOf(run)).catch(() => undefined);
    throw new Error("the worker is lost");
  });
}
