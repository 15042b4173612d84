import { forgetfulState } from "./amnesia.ts";
import { azuriteState } from "./azurite.ts";
import { runCourse } from "./course.ts";
import { memoryGround } from "./ground.ts";
import { stores } from "./network.ts";
import { planOf } from "./plan.ts";
import { runProcesses } from "./processes.ts";
import { wireGround } from "./wire.ts";

/** What a seed is run on. */
export const layers = {
  /** Memory, in virtual time: the same course to the last step, each time. */
  memory: (seed: string): Promise<string> => {
    const plan = planOf(seed);
    return runCourse(plan, (_, dice) => memoryGround(plan.pageSize, forgetfulState(dice.roll)));
  },
  /** Our clients and both emulators, over sockets. The plan is the same each time, the course nearly so. */
  wire: (seed: string): Promise<string> => {
    const plan = planOf(seed, ["rows", "blobs"]);
    return runCourse(plan, (sim, dice) => wireGround(plan, dice, sim));
  },
  /** Lakes in memory; rows and journal in a real Azurite that is stopped, killed and started again. */
  azurite: (seed: string): Promise<string> => {
    const plan = planOf(seed, stores, ["amnesia"]);
    return runCourse(plan, async (sim, dice) => memoryGround(plan.pageSize, await azuriteState(sim, dice)));
  },
  /** The processes of npm start, killed with kill -9; its course depends on the machine. */
  processes: runProcesses,
} as const;

/** The name of a layer. */
export type LayerName = keyof typeof layers;

/** The layer of a seed when nobody asks for one. */
export function layerOf(seed: number): LayerName {
  if (seed % 100 === 0) return "processes";
  if (seed % 20 === 0) return "azurite";
  return seed % 5 === 0 ? "wire" : "memory";
}
