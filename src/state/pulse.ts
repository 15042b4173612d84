import { capsOf, type RunCaps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import type { Rest, Run, RunStatus } from "../core/run.ts";
import { ownRest } from "../core/rest.ts";
import { spentBy } from "../core/stopAfter.ts";
import { recent } from "./recent.ts";
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

/** The pulse of runs, asked for at most once in a while per run and process, however many slices there are. */
export type Pulses = {
  /** What was known a moment ago, and what lanes of this process have said since. */
  readonly of: (run: string) => Promise<Pulse | undefined>;
  /** Says, for all to see, that a lane has waited for work since then; undefined: no longer. */
  readonly waits: (run: string, lane: number, sinceMs: number | undefined) => Promise<void>;
};

/** What a lane of this process has said, and as the how-manieth one. */
type Said = {
  readonly run: string;
  readonly lane: number;
  readonly sinceMs: number | undefined;
  readonly turn: number;
};

/** Much more than there are lanes; what was said of runs that are over falls out at the end. */
const mostSaid = 1000;

/** Opens the pulses of a process. */
export function openPulses(runs: Runs, work: (run: string) => Work, clock: Clock, everyMs: number): Pulses {
  let said: readonly Said[] = [];
  let turns = 0;

  const known = recent(clock, everyMs, async (run) => {
    // All that was said until now is written down, and read with the others.
    const turn = turns;
    const [found, hunger] = await Promise.all([runs.get(run), work(run).hunger()]);
    if (found === undefined) return undefined;
    const { status, epoch, mispredicted } = found;
    const bounds = await ownBounds(found, work(run), clock.nowMs());
    return { turn, status, epoch, isMispredicted: mispredicted !== undefined, hunger, caps: capsOf(found), ...bounds };
  });

  return {
    of: async (run) => {
      const found = await known(run);
      if (found === undefined) return undefined;
      const { turn, hunger, ...pulse } = found;
      const since = said.filter((one) => one.run === run && one.turn > turn);
      return { ...pulse, hunger: since.reduce(withSaid, hunger) };
    },
    waits: async (run, lane, sinceMs) => {
      await work(run).wait(lane, sinceMs);
      const others = said.filter((one) => one.run !== run || one.lane !== lane);
      said = [...others, { run, lane, sinceMs, turn: ++turns }].slice(-mostSaid);
    },
  };
}

function withSaid(hunger: Hunger, { lane, sinceMs }: Said): Hunger {
  const others = hunger.lanes.flatMap((other, index) =>
    other === lane ? [] : [{ lane: other, sinceMs: hunger.waiting[index] ?? 0 }],
  );
  const all = sinceMs === undefined ? others : [...others, { lane, sinceMs }];
  return {
    ...hunger,
    lanes: all.map((one) => one.lane),
    waiting: all.map((one) => one.sinceMs),
  };
}

// Lanes are added up for those runs only that count what they do.
async function ownBounds(run: Run, work: Work, nowMs: number): Promise<Pick<Pulse, "ends" | "counted">> {
  const { stopAfter, maxFailures } = run.request;
  const isCounted = stopAfter !== undefined || maxFailures !== undefined;
  const account = isCounted ? await work.account() : emptyAccount;
  const ends = ownRest(run, spentBy(run, account.tally, nowMs), nowMs)?.because;
  return maxFailures === undefined ? { ends } : { ends, counted: countedIn(run, account) };
}
