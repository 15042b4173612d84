import { hash } from "node:crypto";
import type { Clock } from "../../src/core/clock.ts";
import type { Origin } from "../../src/core/entry.ts";
import type { LakePath } from "../../src/core/path.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import type { Rows } from "../../src/state/rows.ts";
import { type MemorySink, type MemorySource, memorySink, memorySource } from "../kit/memoryLake.ts";
import type { State } from "./amnesia.ts";

/** What really stands in a lake, known without asking the code under test. */
export type Truth = {
  readonly files: ReadonlyMap<string, { readonly bytes: number; readonly modifiedMs: number; readonly md5: string }>;
  readonly folders: ReadonlySet<string>;
};

/** Two lakes and a state store, and a way around everything that chaos does to them. */
export type Ground = {
  readonly rows: Rows;
  readonly blobs: Blobs;
  /** The lakes as the clients of one machine see them. */
  readonly lakes: (clock: Clock) => { readonly source: Source; readonly sink: Sink };
  readonly write: (path: string, content: string, modifiedMs: number) => Promise<void>;
  readonly makeFolder: (path: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly source: () => Promise<Truth>;
  readonly sink: () => Promise<Truth>;
  /** The sink, to put things there beforehand. */
  readonly bare: Sink;
  /** How often each file of the sink was written. */
  readonly writes: () => ReadonlyMap<string, number>;
  /** The lakes begin to do wrong things by themselves, if they ever do; and cease. */
  readonly rage: () => boolean;
  readonly calm: () => void;
  /** The state store is killed, and comes back without its last moments. */
  readonly forget: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Lakes in memory, beside any state store. */
export function memoryGround(pageSize: number, state: State): Ground {
  const source = memorySource(pageSize);
  const sink = memorySink();
  return {
    rows: state.rows,
    blobs: state.blobs,
    lakes: () => ({ source, sink }),
    write: async (path, content, modifiedMs) => source.write(path, content, modifiedMs),
    makeFolder: async (path) => source.makeFolder(path),
    remove: async (path) => source.remove(path),
    source: () => truthOf(source, async (path) => (await source.stat(path)).modifiedMs),
    sink: () => truthOf(sink, async (path) => (await sink.stat(path))?.origin?.modifiedMs ?? 0),
    bare: sink,
    writes: sink.writes,
    rage: () => false,
    calm: () => undefined,
    forget: state.forget,
    close: state.close,
  };
}

async function truthOf(lake: MemorySource | MemorySink, timeOf: (path: LakePath) => Promise<number>): Promise<Truth> {
  const files = new Map<string, { bytes: number; modifiedMs: number; md5: string }>();
  for (const [path, content] of lake.files()) {
    const bytes = Buffer.from(content, "utf8");
    const modifiedMs = await timeOf(path as LakePath);
    files.set(path, { bytes: bytes.byteLength, modifiedMs, md5: hash("md5", bytes, "hex") });
  }
  return { files, folders: new Set(lake.folders()) };
}

/** Where an earlier migration might have come from. */
export function earlier(bytes: number, modifiedMs: number): Origin {
  return { run: "earlier", bytes, modifiedMs };
}
