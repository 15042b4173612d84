import { budget } from "../../src/core/budget.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { Entry } from "../../src/core/entry.ts";
import { LakeError } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { openJournal } from "../../src/state/journal.ts";
import { addRun, drive, ferryAt, requestOf } from "../../test/kit/testFerry.ts";

/** What a run did, and what isn't as it should be. */
export type Named = {
  readonly seconds: number;
  /** The most memory that this process has had so far. */
  readonly peakMiB: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
};

// As an answer from a lake does, it lets whatever else is due come on.
const answer = () => new Promise<void>((resolve) => setImmediate(resolve));

const modifiedMs = 1_500_000_000_000;
const lineBytes = 15;
const listPath = "/list.txt";

/** A list of so many files, of which one in `missingEvery` isn't there, carried over by so many lanes. */
export async function carryList(lines: number, missingEvery: number, lanes: number, clock: Clock): Promise<Named> {
  const isMissing = (index: number) => index % missingEvery === missingEvery - 1;
  const nameOf = (index: number) => `d${String(index % 1000).padStart(3, "0")}/f${String(index).padStart(8, "0")}`;
  const indexOf = (path: string) => Number(/^\/d\d{3}\/f(\d{8})$/u.exec(path)?.[1] ?? Number.NaN);
  const stat = async (path: LakePath): Promise<Entry> => {
    if (path === "/" || /^\/d\d{3}$/u.test(path)) return entryOf("folder", 0);
    if (path === listPath) return entryOf("file", lines * lineBytes);
    if (!(indexOf(path) < lines) || isMissing(indexOf(path))) throw missing(path);
    return entryOf("file", 1);
  };
  // Of the list only the lines that are asked for ever exist.
  const bytesAt = (offset: number, length: number) => {
    const [first, last] = [Math.floor(offset / lineBytes), Math.ceil((offset + length) / lineBytes)];
    let text = "";
    for (let index = first; index < last; index++) text += `${nameOf(index)}\n`;
    return Buffer.from(text).subarray(offset - first * lineBytes, offset - first * lineBytes + length);
  };
  const content = Buffer.from("x");
  const read = (path: LakePath, offset: number, length: number) =>
    path === listPath ? bytesAt(offset, length) : content;
  const sink = countingSink(lines, indexOf);
  const source = countingSource({ stat, read, list: async () => [] });
  const wanted = Array.from({ length: lines }, (_, index) => index).filter((index) => !isMissing(index)).length;
  const measured = await carry({ fileListPath: listPath }, { source, sink }, lanes, clock);
  const { tally } = measured;
  const faults = [
    ...sink.faults(),
    ...unequal("status", measured.status, "CompletedWithErrors"),
    ...unequal("entries", tally.filesListed, lines),
    ...unequal("copied", tally.filesCopied, wanted),
    ...unequal("missing", tally.filesSkipped.fileMissing ?? 0, lines - wanted),
    ...unequal("at the sink", sink.written(), wanted),
  ];
  return { ...measured, requests: { ...source.requests, ...sink.requests }, faults };
}

/** A folder a day for so many years, of which a window of so many days is carried over. */
export async function carryDays(
  years: number,
  days: number,
  clock: Clock,
): Promise<Named & { readonly listed: readonly string[] }> {
  const [startMs, endMs] = [Date.UTC(2010, 0, 1), Date.UTC(2010 + years, 0, 1)];
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10).split("-");
  const tree = new Map<string, Set<string>>();
  for (let ms = startMs; ms < endMs; ms += 86_400_000) {
    dayOf(ms).reduce((folder, name) => {
      tree.set(folder, (tree.get(folder) ?? new Set()).add(name));
      return folder === "/" ? `/${name}` : `${folder}/${name}`;
    }, "/");
  }
  const listed: string[] = [];
  const fromMs = startMs + Math.floor(((endMs - startMs) / 86_400_000) * 0.6) * 86_400_000;
  const files = Array.from({ length: 24 }, (_, hour) => `h${String(hour).padStart(2, "0")}.csv`);
  const list = async (folder: LakePath, after: string) => {
    listed.push(folder);
    const names = [...(tree.get(folder) ?? [])];
    const kind = names.length > 0 ? "folder" : "file";
    const entries = (names.length > 0 ? names : files).map((name) => ({
      ...entryOf(kind, kind === "file" ? 1 : 0),
      name,
    }));
    return entries.filter(({ name }) => name > after);
  };
  const content = Buffer.from("x");
  const stat = async (path: LakePath) =>
    entryOf(path.endsWith(".csv") ? "file" : "folder", path.endsWith(".csv") ? 1 : 0);
  const indexOf = (path: string) => {
    const [, year, month, day, hour] = /^\/(\d+)\/(\d+)\/(\d+)\/h(\d+)/u.exec(path) ?? [];
    return ((Date.UTC(Number(year), Number(month) - 1, Number(day)) - startMs) / 86_400_000) * 24 + Number(hour);
  };
  const sink = countingSink(((endMs - startMs) / 86_400_000) * 24, indexOf);
  const source = countingSource({ stat, read: () => content, list });
  const timePattern = {
    path: "/{yyyy}/{MM}/{dd}/*",
    start: new Date(fromMs).toISOString(),
    end: new Date(fromMs + days * 86_400_000).toISOString(),
  };
  const measured = await carry({ timePattern }, { source, sink }, 1, clock);
  const matching = new Set<string>(["/"]);
  for (let day = 0; day < days; day++) {
    const [year, month, date] = dayOf(fromMs + day * 86_400_000);
    for (const path of [`/${year}`, `/${year}/${month}`, `/${year}/${month}/${date}`]) matching.add(path);
  }
  const faults = [
    ...sink.faults(),
    ...unequal("status", measured.status, "Succeeded"),
    ...unequal("copied", measured.tally.filesCopied, days * 24),
    ...unequal("at the sink", sink.written(), days * 24),
    // A folder may be listed again after a save, or once its files were sent; one that can't match never is.
    ...unequal("folders listed", [...new Set(listed)].toSorted().join(), [...matching].toSorted().join()),
  ];
  return { ...measured, requests: { ...source.requests, ...sink.requests }, faults, listed };
}

function unequal(what: string, is: unknown, wanted: unknown): readonly string[] {
  return is === wanted ? [] : [`${what}: ${String(is)}, not ${String(wanted)}`];
}

async function carry(
  chosen: object,
  lakes: { readonly source: Source; readonly sink: Sink },
  lanes: number,
  clock: Clock,
) {
  const made = ferryAt(clock, {
    saveMs: 1000,
    pulseMs: 200,
    giveMs: 200,
    pollMs: 50,
    waveMs: 10_000,
    firstWaveMs: 2000,
    lookMs: 500,
  });
  const blobs = countingBlobs();
  const ferry = {
    ...made.ferry,
    files: budget(64),
    lakes: () => lakes,
    journal: (run: string, claim: string) => openJournal(blobs, `${run}/${claim}.jsonl`),
  };
  const request = requestOf({ parallelism: lanes, preserve: ["LastModified"], source: chosen });
  const startedMs = performance.now();
  await addRun(ferry, "named", request);
  const { status } = await drive(ferry, "named");
  const { tally } = await ferry.work("named").account();
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { status, tally, seconds: (performance.now() - startedMs) / 1000, peakMiB };
}

// Blobs that keep nothing but how long they are.
function countingBlobs(): Blobs {
  const lengths = new Map<string, number>();
  return {
    append: async (name, content, position) => void lengths.set(name, position + content.byteLength),
    read: async () => new Uint8Array(0),
    removeUnder: async () => undefined,
  };
}

function countingSource(lake: {
  readonly stat: (path: LakePath) => Promise<Entry>;
  readonly read: (path: LakePath, offset: number, length: number) => Uint8Array;
  readonly list: (folder: LakePath, after: string) => Promise<readonly Entry[]>;
}): Source & { readonly requests: Readonly<Record<string, number>> } {
  const requests: Record<string, number> = {};
  const count = (op: string) => void (requests[op] = (requests[op] ?? 0) + 1);
  const never = () => Promise.reject(new Error("nobody should ask for that"));
  return {
    requests,
    stat: async (path) => {
      count("source GETFILESTATUS");
      await answer();
      return lake.stat(path);
    },
    list: async (folder, after = "") => {
      count("source LISTSTATUS");
      await answer();
      return { entries: await lake.list(folder, after) };
    },
    read: async (path, offset, length, receive) => {
      count("source OPEN");
      await answer();
      const bytes = lake.read(path, offset, length);
      await receive(bytes);
      return bytes.byteLength;
    },
    nameAfter: never,
    getAccess: never,
    summary: never,
  };
}

// A sink that keeps one mark for each file.
function countingSink(files: number, indexOf: (path: string) => number) {
  const written = new Uint8Array(files);
  const folders = new Set<string>(["/"]);
  const requests: Record<string, number> = {};
  const faults: string[] = [];
  const count = (op: string) => void (requests[op] = (requests[op] ?? 0) + 1);
  const never = () => Promise.reject(new Error("nobody should ask for that"));
  const item = (kind: "file" | "folder") => ({ kind, bytes: 0, etag: '"1"' }) as const;
  const sink: Sink = {
    makeFileSystem: async () => "made",
    stat: async (path) => {
      count("sink stat");
      await answer();
      if (folders.has(path)) return item("folder");
      return written[indexOf(path)] === 1 ? item("file") : undefined;
    },
    list: async () => {
      count("sink list");
      return { entries: [] };
    },
    makeFolder: async (path) => {
      count("sink makeFolder");
      await answer();
      if (folders.has(path)) return item("folder");
      folders.add(path);
      return "made";
    },
    putFile: async (path) => {
      count("sink putFile");
      await answer();
      const index = indexOf(path);
      if (written[index] !== 0) faults.push(`${path} was written again`);
      if (!folders.has(path.slice(0, path.lastIndexOf("/")))) faults.push(`${path} came before its folder`);
      written[index] = 1;
      return { etag: '"1"', md5: "00".repeat(16) };
    },
    read: never,
    remove: never,
    stageBlock: never,
    commitBlocks: never,
    getAccess: never,
    setAccess: never,
    setExpiry: never,
  };
  return {
    ...sink,
    requests,
    faults: () => faults.slice(0, 10),
    written: () => written.reduce((sum, mark) => sum + mark, 0),
  };
}

function entryOf(kind: "file" | "folder", bytes: number): Entry {
  const rights = { owner: "owner", group: "group", permission: "770", hasAcl: false };
  return { name: "", kind, bytes, modifiedMs, ...rights };
}

function missing(path: string): LakeError {
  return new LakeError("not-found", { op: "GETFILESTATUS", path, detail: "it does not exist" });
}
