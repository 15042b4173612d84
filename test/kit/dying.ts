import { budget } from "../../src/core/budget.ts";
import { LakeError } from "../../src/core/error.ts";
import type { Run } from "../../src/core/run.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { drive, sliceOf } from "./testFerry.ts";

/** The same ferry in a process that loses the table for good after so many saves. */
function dying(ferry: Ferry, saves: number): Ferry {
  let left = saves;
  return {
    ...ferry,
    // What a lost worker held is lost with its process.
    files: budget(8),
    memory: budget(1024 * 1024),
    work: (run) => {
      const work = ferry.work(run);
      return {
        ...work,
        claim: async (lane, besides) => {
          const packet = await work.claim(lane, besides);
          if (packet === undefined) return undefined;
          return {
            ...packet,
            save: async (step, signal) => {
              if (left-- > 0) return packet.save(step, signal);
              throw new LakeError("invalid", { op: "table", path: run, detail: "the worker is lost" });
            },
          };
        },
      };
    },
  };
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
