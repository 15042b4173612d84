import type { BlockSizes } from "../../src/core/blocks.ts";
import { budget } from "../../src/core/budget.ts";
import type { Backoff } from "../../src/core/backoff.ts";
import type { Clock } from "../../src/core/clock.ts";
import { isLive } from "../../src/core/run.ts";
import { openValves } from "../../src/ferry/valves.ts";
import type { Ferry, Pace } from "../../src/ferry/ferry.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { journalLines, openJournal } from "../../src/state/journal.ts";
import { openPulses } from "../../src/state/pulse.ts";
import { openRivals } from "../../src/state/rivals.ts";
import { openRoots } from "../../src/state/roots.ts";
import type { Rows, StoredRow } from "../../src/state/rows.ts";
import { openAccessMemories, toldIn } from "../../src/ferry/accessMemory.ts";
import { openBuffers } from "../../src/ferry/buffers.ts";
import { openRuns } from "../../src/state/runs.ts";
import { openWork } from "../../src/state/work.ts";
import { patiently } from "../../src/wire/retry.ts";
import { noTable } from "../kit/testFerry.ts";
import type { Dice } from "./dice.ts";
import type { Call, Network } from "./network.ts";
import type { Simulation } from "./simulation.ts";

/** What all machines of a seed have in common. */
export type World = {
  readonly sim: Simulation;
  readonly dice: Dice;
  readonly network: Network;
  readonly rows: Rows;
  readonly blobs: Blobs;
  /** The lakes as one machine's clients see them, without weather; `clock` is that machine's. */
  readonly lakes: (clock: Clock) => { readonly source: Source; readonly sink: Sink };
  readonly pace: Pace;
  readonly sizes: BlockSizes;
  readonly memoryBytes: number;
  /** Files in flight per machine. */
  readonly files: number;
  /** What is wrong for good with what a request asks for. */
  readonly curse: (call: Call) => Error | undefined;
  /** A number that was never given before. */
  readonly count: () => number;
  /** Called when a request leaves a machine. */
  readonly seen: (machine: Machine, call: Call) => void;
};

/** A process that runs the app, for as long as nobody pulls its plug. */
export type Machine = {
  readonly name: string;
  readonly ferry: Ferry;
  readonly isAlive: () => boolean;
  /** Pulls the plug: it hears and does nothing from now on, but what it has sent still arrives. */
  readonly kill: () => void;
  readonly died: Promise<void>;
  /** Stands still for so long, and goes on as if nothing had been. */
  readonly freeze: (ms: number) => void;
  /** How long it has been standing still. */
  readonly frozenMs: () => number;
  /** Tells the app to end, as SIGTERM does. */
  readonly close: () => void;
  /** Sets its clock forward or back. */
  readonly jump: (ms: number) => void;
};

/** As the lakes' clients and the state's SDKs retry. */
const lakeBackoff: Backoff = { tries: 6, firstMs: 500, maxMs: 30_000 };
const stateBackoff: Backoff = { tries: 4, firstMs: 1000, maxMs: 20_000 };
/** A listing of rows is no snapshot: rows come by pages, and change in between. */
const rowsPerPage = 3;

/** Switches a machine on. */
export function openMachine(world: World, name: string): Machine {
  const { sim, network, dice } = world;
  const closing = new AbortController();
  const died = Promise.withResolvers<void>();
  let isAlive = true;
  let frozeMs = 0;
  let thawsMs = 0;
  let skewMs = 0;
  let waiting: (() => void)[] = [];

  function gate(go: () => void): void {
    if (!isAlive) return;
    if (sim.nowMs() < thawsMs) waiting.push(go);
    else go();
  }

  // What the machine hears of something that goes on by itself.
  function heard<T>(happening: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(signal?.reason as Error);
      signal?.addEventListener("abort", giveUp, { once: true });
      happening.then(
        (value) => gate(() => resolve(value)),
        (error: unknown) => gate(() => reject(error)),
      );
    });
  }

  const clock: Clock = {
    nowMs: () => sim.nowMs() + skewMs,
    roll: dice.roll,
    sleep: (ms, signal) => sim.sleep(ms, signal, gate),
  };

  async function ask<T>(call: Call, act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const backoff = call.store === "source" || call.store === "sink" ? lakeBackoff : stateBackoff;
    const attempt = async () => {
      signal?.throwIfAborted();
      world.seen(machine, call);
      const blessed = async () => {
        const curse = world.curse(call);
        if (curse !== undefined) throw curse;
        return act();
      };
      return heard(network.carry(call, blessed), signal);
    };
    return patiently(attempt, backoff, clock, signal);
  }

  const rows = rowsOver(world.rows, ask);
  const blobs = through("blobs", world.blobs, ask);
  const runs = openRuns(rows);
  const work = (run: string) => openWork(rows, run, () => `${name}-${world.count()}`, clock);
  const lakes = world.lakes(clock);
  const source = sourceOver(lakes.source, ask);
  const sink = through("sink", lakes.sink, ask);

  const machine: Machine = {
    name,
    isAlive: () => isAlive,
    kill: () => {
      isAlive = false;
      waiting = [];
      died.resolve();
    },
    died: died.promise,
    frozenMs: () => (sim.nowMs() < thawsMs ? sim.nowMs() - frozeMs : 0),
    freeze: (ms) => {
      if (sim.nowMs() >= thawsMs) frozeMs = sim.nowMs();
      thawsMs = Math.max(thawsMs, sim.nowMs() + ms);
      void sim.sleep(thawsMs - sim.nowMs()).then(() => {
        if (!isAlive || sim.nowMs() < thawsMs) return;
        const ready = waiting;
        waiting = [];
        for (const go of ready) go();
      });
    },
    close: () => closing.abort(new Error("the app is closing")),
    jump: (ms) => {
      skewMs += ms;
    },
    ferry: {
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
      sizes: world.sizes,
      memory: budget(world.memoryBytes),
      buffers: openBuffers(world.memoryBytes),
      files: budget(world.files),
      mostFiles: world.files,
      widen: () => undefined,
      access: { namedEntries: 28, memory: openAccessMemories(toldIn(runs)) },
      pulse: openPulses(runs, work, clock, world.pace.pulseMs),
      rivals: openRivals(rows),
      knownRivals: openRivals(rows).all,
      pace: world.pace,
      closing: closing.signal,
      log: () => undefined,
    },
  };
  return machine;
}

type Ask = <T>(call: Call, act: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
type Operation = (...args: readonly unknown[]) => Promise<unknown>;

// Every operation of a store as a request over the network. The bytes of a request are those of the moment it was sent.
function through<T extends object>(store: Call["store"], base: T, ask: Ask): T {
  const operations = Object.entries(base).filter(([, act]) => typeof act === "function") as [string, Operation][];
  return Object.fromEntries(
    operations.map(([op, act]) => [
      op,
      (...args: readonly unknown[]) => {
        const signal = args.find((arg) => arg instanceof AbortSignal);
        const sent = args.map((arg) => (arg instanceof Uint8Array ? Uint8Array.from(arg) : arg));
        const path = typeof args[0] === "string" ? args[0] : "";
        return ask({ store, op, path }, () => act(...sent), signal);
      },
    ]),
  ) as T;
}

function sourceOver(base: Source, ask: Ask): Source {
  return {
    ...through("source", base, ask),
    read: async (path, offset, length, receive, signal) => {
      const read = async () => {
        const chunks: Uint8Array[] = [];
        const given = await base.read(
          path,
          offset,
          length,
          (chunk) => void chunks.push(Uint8Array.from(chunk)),
          signal,
        );
        return { given, chunks };
      };
      const { given, chunks } = await ask({ store: "source", op: "read", path }, read, signal);
      for (const chunk of chunks) await receive(chunk);
      return given;
    },
  };
}

function rowsOver(base: Rows, ask: Ask): Rows {
  async function page(
    [partitionKey, prefix, state]: Parameters<Rows["list"]>,
    after: string | undefined,
  ): Promise<StoredRow[]> {
    const found: StoredRow[] = [];
    for await (const stored of base.list(partitionKey, prefix, state)) {
      if (after !== undefined && stored.row.rowKey <= after) continue;
      found.push(stored);
      if (found.length === rowsPerPage) break;
    }
    return found;
  }

  return {
    ...through("rows", base, ask),
    get: (partitionKey, rowKey) =>
      ask({ store: "rows", op: "get", path: `${partitionKey}/${rowKey}` }, () => base.get(partitionKey, rowKey)),
    list: async function* (...what) {
      for (let after: string | undefined; ; ) {
        const from = after;
        const rows = await ask({ store: "rows", op: "list", path: what[0] }, () => page(what, from));
        yield* rows;
        if (rows.length < rowsPerPage) return;
        after = rows.at(-1)?.row.rowKey;
      }
    },
  };
}
