import type { Clock } from "../core/clock.ts";
import type { Failure } from "../core/error.ts";
import { isOfNow, mostly, type Rates, ratesOf } from "../core/glance.ts";
import { isLive, type PlannedWave, type Run } from "../core/run.ts";
import { liveAdvice } from "../core/runAdvice.ts";
import { recent } from "../state/recent.ts";
import type { Hunger } from "../state/hunger.ts";
import type { Work } from "../state/work.ts";
import { addAccounts, emptyAccount, type LaneAccount, type LaneSeen } from "../state/workRows.ts";

/** What the rows of a run's lanes say, at most 257 of them. */
export type Overview = {
  readonly account: LaneAccount;
  readonly lanes: readonly LaneSeen[];
  readonly hunger: Hunger;
  readonly failures: readonly Failure[];
};

/** The overview of a run, from at most `everyMs` ago, however many ask; that of one that has ended is final. */
export type Overviews = (run: Run) => Promise<Overview>;

const sampleOfFailures = 20;

/** Opens the overviews of a process. */
export function openOverviews(work: (run: string) => Work, clock: Clock, everyMs: number): Overviews {
  // A run that rests must not be shown as it was just before.
  const look = recent(clock, everyMs, async (key) => {
    const own = work(key.slice(key.indexOf(" ") + 1));
    const [lanes, hunger, failures] = await Promise.all([own.lanes(), own.hunger(), own.failures(sampleOfFailures)]);
    const account = lanes.reduce((sum, lane) => addAccounts(sum, lane.account), emptyAccount);
    return { account, lanes, hunger, failures };
  });
  return ({ id, status }) => look(`${status} ${id}`);
}

/** What a person may want to know of the wave that was planned last, and of those before. */
export function wavesOf({ wave, waves = [] }: Run): Record<string, unknown> {
  if (wave === undefined) return {};
  return { wave: waveOf(wave), waves: waves.map(waveOf) };
}

type Shown = Pick<PlannedWave, "number" | "lanes" | "why" | "packets" | "plannedMs" | "deadlineMs">;

function waveOf({ number, lanes, why, packets, plannedMs, deadlineMs }: Shown): Record<string, unknown> {
  return { number, lanes, why, packets, startTime: isoTime(plannedMs), deadline: isoTime(deadlineMs) };
}

/** What the lanes of a live run are doing, how fast they are, and how many packets there are; nothing for any other. */
export function lanesOf(run: Run, { account, lanes, hunger }: Overview, nowMs: number): Record<string, unknown> {
  const { wave } = run;
  if (!isLive(run.status) || wave === undefined) return {};
  const numbered = Array.from({ length: wave.lanes }, (_, lane) => lanes.find((seen) => seen.lane === lane));
  const shown = numbered.map((seen, lane) => {
    const at = hunger.lanes.indexOf(lane);
    if (at >= 0) return { lane, doing: "idle", since: isoTime(hunger.waiting[at] ?? nowMs) };
    const { glance } = seen ?? {};
    if (glance === undefined || glance.atMs < wave.plannedMs) return { lane, doing: "starting" };
    return {
      lane,
      doing: mostly(glance),
      path: glance.path,
      atOnce: glance.atOnce,
      ...perSecond(ratesOf(glance, nowMs)),
      known: glance.known,
      time: isoTime(glance.atMs),
    };
  });
  const glances = numbered.flatMap((seen) => (seen?.glance === undefined ? [] : [seen.glance]));
  const present = glances.filter((glance) => isOfNow(glance, nowMs));
  const advice = liveAdvice(run, present, hunger.lanes.length, account.tally.requests);
  // What a lane of an earlier wave held is somebody else's by now.
  const held = glances.filter(({ atMs }) => atMs >= wave.plannedMs);
  const sum = glances
    .map((glance) => ratesOf(glance, nowMs))
    .reduce(
      (a, b) => ({ files: a.files + b.files, bytes: a.bytes + b.bytes, requests: a.requests + b.requests }),
      none,
    );
  // Rows of an older lakeferry don't say what they took up.
  const waiting = {
    packets: Math.max(0, account.waiting.packets),
    files: Math.max(0, account.waiting.files),
    bytes: Math.max(0, account.waiting.bytes),
  };
  return {
    lanes: shown,
    rates: perSecond(sum),
    ...(advice === undefined ? {} : { advice }),
    pending: {
      packets: account.created - account.done - account.failed,
      waiting: waiting.packets,
      waitingFiles: waiting.files,
      waitingBytes: waiting.bytes,
      knownFiles: held.reduce((all, { known }) => all + known.files, waiting.files),
      knownBytes: held.reduce((all, { known }) => all + known.bytes, waiting.bytes),
    },
  };
}

const none: Rates = { files: 0, bytes: 0, requests: 0 };

function perSecond({ files, bytes, requests }: Rates) {
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    filesPerSecond: round(files),
    megabytesPerSecond: round(bytes / 1e6),
    requestsPerSecond: round(requests),
  };
}

/** A time as JSON has it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
