import { capsOf, type RunCaps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import type { Rest, Run, RunStatus } from "../core/run.ts";
import { ownRest } from "../core/rest.ts";
import { spentBy } from "../core/stopAfter.ts";
import { type Recent, recent } from "./recent.ts";
import type { Runs } from "./runs.ts";
import type { Hunger } from "./hunger.ts";
import type { Work } from "./work.ts";
import { countedIn, emptyAccount } from "./workRows.ts";

/** What slices look at every few seconds: what people want of the run, and which lanes wait for work. */
export type Pulse = {
  readonly status: RunStatus;
  readonly epoch: number;
  /** Some file has inherited another access than was predicted: nobody is to predict any more. */
  readonly isMispredicted: boolean;
  readonly hunger: Hunger;
  readonly caps: RunCaps;
  /** Whether the run's own request ends its work now: the hours it may work in at once, its budget with the files at hand. */
  readonly ends?: Rest["because"] | undefined;
  /** Files and folders counted so far, and failures; only of runs that bear so many and no more. */
  readonly counted?: { readonly listed: number; readonly failed: number };
};

/** The pulse of runs, asked for at most once in `everyMs` per run and process, however many slices there are; a change of one's own makes it old. */
export type Pulses = Recent<Pulse | undefined>;

/** Opens the pulses of a process. */
export function openPulses(runs: Runs, work: (run: string) => Work, clock: Clock, everyMs: number): Pulses {
  return recent(clock, everyMs, async (run) => {
    const [found, hunger] = await Promise.all([runs.get(run), work(run).hunger()]);
    if (found === undefined) return undefined;
    const { status, epoch, mispredicted } = found;
    const bounds = await ownBounds(found, work(run), clock.nowMs());
    return { status, epoch, isMispredicted: mispredicted !== undefined, hunger, caps: capsOf(found), ...bounds };
  });
}

// Lanes are added up for those runs only that count what they do.
async function ownBounds(run: Run, work: Work, nowMs: number): Promise<Pick<Pulse, "ends" | "counted">> {
  const { stopAfter, maxFailures } = run.request;
  const isCounted = stopAfter !== undefined || maxFailures !== undefined;
  const account = isCounted ? await work.account() : emptyAccount;
  const ends = ownRest(run, spentBy(run, account.tally, nowMs), nowMs)?.because;
  return maxFailures === undefined ? { ends } : { ends, counted: countedIn(run, account) };
}
