import { hash } from "node:crypto";
import { openApp } from "../../src/app/app.ts";
import { readSettings } from "../../src/app/settings.ts";
import { addDigests, emptyDigest } from "../../src/core/digest.ts";
import { migrationRequest } from "../../src/core/request.ts";
import { isLive } from "../../src/core/run.ts";
import type { SliceInput, WaveInput } from "../../src/core/steps.ts";
import { isBalanced, totalOf } from "../../src/core/tally.ts";
import { type BlockSizes, onePutBytes } from "../../src/core/blocks.ts";
import type { Budget } from "../../src/core/budget.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { digestOf } from "../../src/ferry/hash.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { openWidening } from "../../src/ferry/widen.ts";
import type { Activities } from "../../src/flow/activities.ts";
import { firstRound } from "../../src/flow/migrate.ts";
import { journalLines, openJournal } from "../../src/state/journal.ts";
import { openPulses } from "../../src/state/pulse.ts";
import { openRivals } from "../../src/state/rivals.ts";
import { openRoots } from "../../src/state/roots.ts";
import { openRuns } from "../../src/state/runs.ts";
import { openWork } from "../../src/state/work.ts";
import type { LaneAccount } from "../../src/state/workRows.ts";
import { type Timeline, timeline } from "../../test/kit/timeline.ts";
import { type HubPace, type HubUse, orchestrate } from "./hub.ts";
import { type LakePace, type Onlooker, syntheticLakes } from "./lakes.ts";
import { type LaneTimes, type LaneWatch, watchLanes } from "./lanes.ts";
import { filesOf, type SyntheticLake } from "./shelves.ts";
import { slowBlobs, slowRows, type TableUse } from "./state.ts";
import { type Look, lookAround } from "./trace.ts";

/** What is simulated. */
export type Setting = {
  readonly lake: SyntheticLake;
  readonly lanes: number;
  /** What the request asks for: so many lanes, or "auto". */
  readonly parallelism: "auto" | number;
  readonly seed: number;
  readonly lakes: LakePace;
  readonly hub: HubPace;
  readonly tableMs: number;
  /** Lakeferry__ settings other than their defaults. */
  readonly settings: Readonly<Record<string, string>>;
  /** Told what happens: looks at all lanes every so many milliseconds, and what the app logs. */
  readonly trace?: { readonly everyMs: number; readonly tell: (look: Look) => void };
};

/**
 * A store within its region, as far as is known: requests 5 to 20 ms, tables 5 ms, a hub of 100 activities a second, an
 * account's default limits, and instances as infra/ sets them up.
 */
export const azure: Pick<Setting, "lakes" | "hub" | "tableMs" | "settings" | "seed"> = {
  lakes: {
    leastMs: 5,
    mostMs: 20,
    megabytesPerSecond: 20,
    account: { requestsPerSecond: 20_000, megabytesPerSecond: 3125 },
  },
  hub: { hopMs: 200, activitiesPerSecond: 100, slots: 10 },
  tableMs: 5,
  settings: { memoryMiB: "512" },
  seed: 1,
};

/** What came of it. */
export type Figures = {
  readonly status: string;
  readonly seconds: number;
  readonly processes: number;
  readonly rampSeconds: number;
  /** Shares of the lanes' time after the ramp, up to the last answer of a lake; none for a run that ended before. */
  readonly shares: LaneTimes | undefined;
  /** Lanes without work: absent or waiting. */
  readonly idleShare: number | undefined;
  /** The same over the whole run. */
  readonly idleShareOfAll: number;
  readonly hub: HubUse;
  readonly table: TableUse;
  /** What isn't exact: empty, or the run is wrong. */
  readonly faults: readonly string[];
  readonly realSeconds: number;
};

/** Time until lanes count as ramped up, however few were busy. */
const rampMs = 60_000;
/** A digest needs a hash for every name. */
const mostDigested = 200_000;
const runId = "simulated";

/** Carries a synthetic lake over with the real code, in virtual time. */
export async function simulate(setting: Setting): Promise<Figures> {
  const startedMs = performance.now();
  const { lake, lanes, hub, lakes } = setting;
  const time = timeline(1_700_000_000_000, setting.seed);
  const startMs = time.nowMs();
  const state = slowRows(time, setting.tableMs);
  const watch = watchLanes(time, lanes, rampMs);
  const world = syntheticLakes(lake, lakes, time);
  const processes = Math.ceil(lanes / hub.slots);
  const nonces = { last: 0 };
  const log: Ferry["log"] = (event, fields) => setting.trace?.tell({ atMs: time.nowMs() - startMs, event, fields });
  const ferries = Array.from({ length: processes }, () => openFerry(setting, time, state.rows, nonces, log));
  const bare = openWork(state.bare, runId, () => "none", time);

  async function perform<K extends keyof Activities>(
    process: number,
    name: K,
    input: Activities[K]["in"],
  ): Promise<Activities[K]["out"]> {
    const ferry = ferries[process];
    if (ferry === undefined) throw new Error(`no process ${process}`);
    if (name === "planWave") return planWave(withLakes(ferry, unwatched), input as WaveInput);
    const slice = watch.begin((input as SliceInput).lane);
    try {
      const seen: Ferry = { ...withLakes(ferry, slice), work: (run) => slice.watched(ferry.work(run)) };
      return await ferryPacket(seen, input as SliceInput);
    } finally {
      slice.end();
    }
  }

  function withLakes(ferry: Ferry, onlooker: Onlooker): Ferry {
    return { ...ferry, lakes: (_request, meter) => world.open(meter, onlooker) };
  }

  async function course(): Promise<{ readonly use: HubUse; readonly account: LaneAccount; readonly endedMs: number }> {
    const { parallelism } = setting;
    // Its lakes hold names and bytes, and nobody's rights.
    const request = migrationRequest.parse({ parallelism, preserve: ["LastModified"], sink: { fileSystem: "lake" } });
    const run = { id: runId, status: "Queued", epoch: 1, request, createdMs: time.nowMs(), workedMs: 0 } as const;
    await openRuns(state.bare).add(run);
    const isOver = { value: false };
    if (setting.trace !== undefined) {
      void lookAround(time, startMs, setting.trace, watch, state.bare, runId, lake, () => isOver.value);
    }
    const use = await orchestrate(time, hub, processes, perform, firstRound(run));
    isOver.value = true;
    return { use, account: await bare.account(), endedMs: time.nowMs() };
  }

  const { use, account, endedMs } = await time.run(course());
  return {
    status: use.status,
    seconds: (endedMs - startMs) / 1000,
    processes,
    rampSeconds: ((watch.rampedMs() ?? endedMs) - startMs) / 1000,
    ...sharesOf(watch),
    hub: use,
    table: state.use(),
    faults: [...world.faults(), ...wrongIn(account, lake)],
    realSeconds: (performance.now() - startedMs) / 1000,
  };
}

const unwatched: Onlooker = { sent: () => undefined, answered: () => undefined };

// One process: the app's own settings and paces, on synthetic lakes and the shared state.
function openFerry(
  { lake: { slowdown }, lakes, settings }: Setting,
  clock: Timeline,
  rows: Parameters<typeof openRuns>[0],
  nonces: { last: number },
  log: Ferry["log"],
): Ferry {
  const own = Object.entries({ ...azure.settings, ...settings });
  // There is no account to try anything on.
  const simulated = { AzureWebJobsStorage__accountName: "simulated", Lakeferry__preflight: "off" };
  const env = { ...simulated, ...Object.fromEntries(own.map(([name, value]) => [`Lakeferry__${name}`, value])) };
  const { ferry } = openApp(env, log);
  const { tuning } = readSettings(env);
  // As in the app, but by the clock of the simulation.
  const widening = openWidening(
    clock,
    { least: 4, most: tuning.filesInFlight },
    tuning.memoryMiB * 1024 * 1024,
    ({ slots, why }) => log("width.changed", { slots, why }),
  );
  const runs = openRuns(rows);
  const blobs = slowBlobs(clock, lakes.leastMs, lakes.mostMs);
  const work = (run: string) => openWork(rows, run, () => hash("md5", String(nonces.last++), "hex"), clock);
  return {
    ...ferry,
    // How busy this process is says nothing of a simulated one.
    load: () => ({ loopMs: 0, cpuMs: 0 }),
    clock,
    runs,
    roots: openRoots(rows, async (id) => {
      const run = await runs.get(id);
      return run !== undefined && isLive(run.status);
    }),
    rootsKey: () => "simulated",
    work,
    rivals: openRivals(rows),
    knownRivals: async () => [],
    files: widening.files,
    widen: widening.look,
    ...slowedDown(ferry.sizes, widening.memory, slowdown),
    journal: (run, claim) => openJournal(blobs, `${run}/${claim}.jsonl`),
    journalOf: (run) => (from) => journalLines(blobs, work(run).journal(), from),
    pulse: openPulses(runs, work, clock, ferry.pace.pulseMs),
  };
}

// All that doesn't go in one request is large here, and a byte of it stands for many: so do those of its blocks, and those
// that they take of the memory.
function slowedDown(sizes: BlockSizes, memory: Budget, slowdown: number): Pick<Ferry, "sizes" | "memory"> {
  const blocks = new Set<number>();
  const mostBlocks = 5;
  const isBlocks = (amount: number) =>
    [...blocks].some((bytes) => amount % bytes === 0 && amount / bytes > 1 && amount / bytes <= mostBlocks);
  return {
    sizes: {
      largeFileBytes: onePutBytes,
      bytesFor: (path, bytes, asked) => {
        const blockBytes = Math.ceil(sizes.bytesFor(path, bytes * slowdown, asked) / slowdown);
        blocks.add(blockBytes);
        return blockBytes;
      },
      bytesPerRead: sizes.bytesPerRead / slowdown,
    },
    memory: {
      ...memory,
      take: (amount, signal) => memory.take(isBlocks(amount) ? amount * slowdown : amount, signal),
      size: () => memory.size() / slowdown,
    },
  };
}

function sharesOf(watch: LaneWatch): Pick<Figures, "shares" | "idleShare" | "idleShareOfAll"> {
  const shares = shared(watch.sumsAfterRamp());
  const all = shared(watch.sums());
  return { shares, idleShare: idle(shares), idleShareOfAll: idle(all) ?? 0 };
}

function shared({ absent, waiting, holding, busy }: LaneTimes): LaneTimes | undefined {
  const sum = absent + waiting + holding + busy;
  if (sum === 0) return undefined;
  return { absent: absent / sum, waiting: waiting / sum, holding: holding / sum, busy: busy / sum };
}

function idle(shares: LaneTimes | undefined): number | undefined {
  return shares === undefined ? undefined : shares.absent + shares.waiting;
}

function wrongIn({ tally, created, done, failed }: LaneAccount, lake: SyntheticLake): readonly string[] {
  const wrong: string[] = [];
  const expect = (what: string, is: number | string, wanted: number | string) => {
    if (is !== wanted) wrong.push(`${what}: ${is}, not ${wanted}`);
  };
  expect("files listed", tally.filesListed, lake.files);
  expect("files copied", tally.filesCopied, lake.files);
  // The root is counted, too.
  expect("folders made", tally.foldersMade, lake.folders + 1);
  expect("folders found", tally.foldersFound, 0);
  expect("bytes copied", tally.bytesCopied, lake.bytes);
  expect("files failed", totalOf(tally.filesFailed), 0);
  expect("packets made", created, done + failed);
  if (!isBalanced(tally)) wrong.push("the tally doesn't balance");
  if (lake.files <= mostDigested) expect("digest", tally.digest, digestOfAll(lake));
  return wrong;
}

function digestOfAll({ root }: SyntheticLake): string {
  let digest = emptyDigest;
  for (const { path, bytes } of filesOf(root))
    digest = addDigests(digest, digestOf(path, { bytes, modifiedMs: 1_500_000_000_000 }));
  return digest;
}
