import { capsOf, type RunCaps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import type { RunStatus } from "../core/run.ts";
import { recent } from "./recent.ts";
import type { Runs } from "./runs.ts";
import type { Hunger, Work } from "./work.ts";

/** What slices look at every few seconds: what people want of the run, and which lanes wait for work. */
export type Pulse = {
  readonly status: RunStatus;
  readonly epoch: number;
  readonly hunger: Hunger;
  readonly caps: RunCaps;
};

/** The pulse of runs, asked for at most once in `everyMs` per run and process, however many slices there are. */
export type Pulses = (run: string) => Promise<Pulse | undefined>;

/** Opens the pulses of a process. */
export function openPulses(runs: Runs, work: (run: string) => Work, clock: Clock, everyMs: number): Pulses {
  return recent(clock, everyMs, async (run) => {
    const [found, hunger] = await Promise.all([runs.get(run), work(run).hunger()]);
    if (found === undefined) return undefined;
    return { status: found.status, epoch: found.epoch, hunger, caps: capsOf(found) };
  });
}
