import { capsOf, type RunCaps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import type { Rest, Run, RunStatus } from "../core/run.ts";
import { ownRest } from "../core/rest.ts";
import { spentBy } from "../core/stopAfter.ts";
import { emptyTally } from "../core/tally.ts";
import { recent } from "./recent.ts";
import type { Runs } from "./runs.ts";
import type { Hunger, Work } from "./work.ts";

/** What slices look at every few seconds: what people want of the run, and which lanes wait for work. */
export type Pulse = {
  readonly status: RunStatus;
  readonly epoch: number;
  readonly hunger: Hunger;
  readonly caps: RunCaps;
  /** Whether the run's own request ends its work now: the hours it may work in at once, its budget with the files at hand. */
  readonly ends?: Rest["because"] | undefined;
};

/** The pulse of runs, asked for at most once in `everyMs` per run and process, however many slices there are. */
export type Pulses = (run: string) => Promise<Pulse | undefined>;

/** Opens the pulses of a process. */
export function openPulses(runs: Runs, work: (run: string) => Work, clock: Clock, everyMs: number): Pulses {
  return recent(clock, everyMs, async (run) => {
    const [found, hunger] = await Promise.all([runs.get(run), work(run).hunger()]);
    if (found === undefined) return undefined;
    const { status, epoch } = found;
    const ends = await ownEnd(found, work(run), clock.nowMs());
    return { status, epoch, hunger, caps: capsOf(found), ends };
  });
}

// Lanes are added up for those runs only that count what they do.
async function ownEnd(run: Run, work: Work, nowMs: number): Promise<Pulse["ends"]> {
  const tally = run.request.stopAfter === undefined ? emptyTally : (await work.account()).tally;
  return ownRest(run, spentBy(run, tally, nowMs), nowMs)?.because;
}
