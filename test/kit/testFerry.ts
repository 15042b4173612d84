import { budget } from "../../src/core/budget.ts";
import { blockSizes } from "../../src/core/blocks.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Failure } from "../../src/core/error.ts";
import { migrationRequest, type MigrationRequest } from "../../src/core/request.ts";
import { isLive, type Run } from "../../src/core/run.ts";
import type { WaveSeen } from "../../src/core/lanes.ts";
import { noProgress } from "../../src/core/run.ts";
import type { SliceInput } from "../../src/core/steps.ts";
import { openAccessMemories, toldIn } from "../../src/ferry/accessMemory.ts";
import { openBuffers } from "../../src/ferry/buffers.ts";
import type { Ferry, Pace } from "../../src/ferry/ferry.ts";
import { openValves } from "../../src/ferry/valves.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { journalLines, openJournal } from "../../src/state/journal.ts";
import { memoryBlobs } from "../../src/state/memoryBlobs.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { openPulses } from "../../src/state/pulse.ts";
import { openRivals } from "../../src/state/rivals.ts";
import { openRoots } from "../../src/state/roots.ts";
import type { Rows } from "../../src/state/rows.ts";
import { openRuns } from "../../src/state/runs.ts";
import { openWork } from "../../src/state/work.ts";
import { type MemorySink, type MemorySource, memorySink, memorySource } from "./memoryLake.ts";
import { testClock, type TestClock } from "./testClock.ts";

/** A whole ferry on memory: lakes, table and time. */
export type TestFerry<C extends Clock = TestClock> = {
  readonly ferry: Ferry;
  readonly source: MemorySource;
  readonly sink: MemorySink;
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly clock: C;
  readonly logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[];
};

const pace: Pace = {
  listings: 4,
  saveMs: 1000,
  pulseMs: 1000,
  graceMs: 2000,
  deadlineGraceMs: 60_000,
  pollMs: 100,
  giveMs: 200,
  starvedMs: 1000,
  lookMs: 60_000,
  firstWaveMs: 60_000,
  waveMs: 60_000,
  keeperGraceMs: 60_000,
  stallMs: 10,
};

/** Builds a ferry; `changes` replace parts of its pace. */
export function testFerry(changes: Partial<Pace> = {}, pageSize = 4000): TestFerry {
  return ferryAt(testClock(), changes, pageSize);
}

/** The same with a clock of its own. */
export function ferryAt<C extends Clock>(clock: C, changes: Partial<Pace> = {}, pageSize = 4000): TestFerry<C> {
  const source = memorySource(pageSize);
  const sink = memorySink();
  const rows = memoryRows();
  const blobs = memoryBlobs();
  const runs = openRuns(rows);
  const rivals = openRivals(rows);
  const logged: TestFerry["logged"] = [];
  let nonces = 0;
  const work = (run: string) => openWork(rows, run, () => `nonce-${nonces++}`, clock);
  const ferry: Ferry = {
    clock,
    runs,
    roots: openRoots(rows, async (id) => {
      const run = await runs.get(id);
      return run !== undefined && isLive(run.status);
    }),
    rootsKey: ({ sink: { connection, fileSystem } }) => `${connection} ${fileSystem}`,
    listTable: noTable,
    work,
    journal: (run, claim) => openJournal(blobs, `${run}/${claim}.jsonl`),
    journalOf: (run) => (from) => journalLines(blobs, work(run).journal(), from),
    lakes: () => ({ source, sink }),
    valves: () => openValves(clock, 96),
    load: () => ({ loopMs: 0, cpuMs: 0 }),
    sizes: blockSizes,
    memory: budget(64 * 1024 * 1024),
    buffers: openBuffers(64 * 1024 * 1024),
    files: budget(8),
    mostFiles: 8,
    widen: () => undefined,
    access: { namedEntries: 28, memory: openAccessMemories(toldIn(runs)) },
    pulse: openPulses(runs, work, clock, changes.pulseMs ?? pace.pulseMs),
    rivals,
    knownRivals: rivals.all,
    pace: { ...pace, ...changes },
    closing: new AbortController().signal,
    log: (event, fields) => void logged.push({ event, fields }),
  };
  return { ferry, source, sink, rows, blobs, clock, logged };
}

/** Where no test has a table of names. */
export function noTable(): never {
  throw new Error("there are no tables of names");
}

/** A checked request; the sink's file system is "lake" unless said otherwise. */
export function requestOf(
  body: { readonly source?: object; readonly sink?: object; readonly [property: string]: unknown } = {},
): MigrationRequest {
  return migrationRequest.parse({ ...body, sink: { fileSystem: "lake", ...body.sink } });
}

/** Adds a queued run. */
export async function addRun(
  ferry: Ferry,
  id: string,
  request: MigrationRequest,
  about: Pick<Run, "job" | "cutOffMs"> = {},
): Promise<Run> {
  const run: Run = { ...about, id, status: "Queued", epoch: 1, request, createdMs: ferry.clock.nowMs(), workedMs: 0 };
  await ferry.runs.add(run);
  return run;
}

/** What a slice of a wave with one lane is asked to do, without an end in time. */
export function sliceOf(run: string, epoch = 1): SliceInput {
  return {
    run,
    epoch,
    lane: 0,
    lanes: 1,
    plannedMs: 0,
    deadlineMs: Number.MAX_SAFE_INTEGER,
    isPatient: true,
    mayGrow: false,
  };
}

/** Another process beside that of a ferry, with its own memory, slots and knowledge, over the same rows; `lakes` are its own. */
export function beside({ ferry }: TestFerry<Clock>, lakes: Ferry["lakes"]): Ferry {
  const { runs, work, clock, pace: own } = ferry;
  return {
    ...ferry,
    lakes,
    memory: budget(ferry.memory.size()),
    buffers: openBuffers(ferry.memory.size()),
    files: budget(ferry.files.size()),
    access: { ...ferry.access, memory: openAccessMemories(toldIn(runs)) },
    pulse: openPulses(runs, work, clock, own.pulseMs),
  };
}

/**
 * Does what the orchestrator does until the run rests; `beforeSlice` may throw in place of a slice, as a lost worker. Lanes
 * are dealt to the ferry and to the `others` in turn.
 */
export async function drive(
  ferry: Ferry,
  run: string,
  epoch = 1,
  beforeSlice: (wave: number, lane: number) => Promise<void> | void = () => undefined,
  others: readonly Ferry[] = [],
): Promise<Run> {
  const processes = [ferry, ...others];
  let progress = noProgress;
  let seen: WaveSeen | undefined;
  let lastError: Failure | undefined;
  for (let wave = 0; wave < 500; wave++) {
    const plan = await planWave(ferry, {
      run,
      epoch,
      wave,
      progress,
      ...(seen === undefined ? {} : { seen }),
      ...(lastError === undefined ? {} : { lastError }),
    });
    if (plan.do === "end") break;
    if (plan.do === "again") continue;
    progress = plan.progress;
    const { lanes, plannedMs, deadlineMs, isPatient, mayGrow } = plan;
    const slices = await Promise.allSettled(
      Array.from({ length: lanes }, async (_, lane) => {
        await beforeSlice(wave, lane);
        const own = processes[lane % processes.length] ?? ferry;
        return ferryPacket(own, { run, epoch, lane, lanes, plannedMs, deadlineMs, isPatient, mayGrow });
      }),
    );
    // A lost worker says nothing.
    const results = slices.flatMap((slice) => (slice.status === "fulfilled" ? [slice.value] : []));
    const late = results.filter(({ isLate }) => isLate).length;
    lastError = results.find(({ error }) => error !== undefined)?.error;
    seen = { lanes, late, idle: results.filter(({ isIdle }) => isIdle).length };
  }
  const ended = await ferry.runs.get(run);
  if (ended === undefined) throw new Error(`run ${run} is gone`);
  return ended;
}
