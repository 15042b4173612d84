import type { Clock } from "../core/clock.ts";
import type { RunStatus } from "../core/run.ts";
import type { Runs } from "./runs.ts";
import type { Hunger, Work } from "./work.ts";

/** What slices look at every few seconds: what people want of the run, and which lanes wait for work. */
export type Pulse = {
  readonly status: RunStatus;
  readonly epoch: number;
  readonly hunger: Hunger;
};

/** The pulse of runs, asked for at most once in `everyMs` per run and process, however many slices there are. */
export type Pulses = (run: string) => Promise<Pulse | undefined>;

/** Opens the pulses of a process. */
export function openPulses(runs: Runs, work: (run: string) => Work, clock: Clock, everyMs: number): Pulses {
  const felt = new Map<string, { readonly atMs: number; readonly pulse: Promise<Pulse | undefined> }>();

  async function feel(run: string): Promise<Pulse | undefined> {
    const [found, hunger] = await Promise.all([runs.get(run), work(run).hunger()]);
    return found === undefined ? undefined : { status: found.status, epoch: found.epoch, hunger };
  }

  return (run) => {
    const nowMs = clock.nowMs();
    // A clock that was set back makes nothing young.
    for (const [id, { atMs }] of felt) if (nowMs < atMs || nowMs - atMs >= everyMs) felt.delete(id);
    const last = felt.get(run);
    if (last !== undefined) return last.pulse;
    const pulse = feel(run);
    felt.set(run, { atMs: nowMs, pulse });
    // A failure is told to those who wait for it, and to nobody later.
    pulse.catch(() => felt.delete(run));
    return pulse;
  };
}
