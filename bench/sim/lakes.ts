import type { Clock } from "../../src/core/clock.ts";
import { addToCrc64, type Crc64, emptyCrc64 } from "../../src/core/crc64.ts";
import type { Entry, SinkItem } from "../../src/core/entry.ts";
import { LakeError } from "../../src/core/error.ts";
import { type LakePath, rootPath } from "../../src/core/path.ts";
import type { Guard, Sink, Source } from "../../src/lake/lake.ts";
import type { Meter } from "../../src/wire/meter.ts";
import { type Child, indexAfter, openFinder, type SyntheticLake } from "./shelves.ts";

/** How slow the lakes are. */
export type LakePace = {
  /** Each request, without its content. */
  readonly leastMs: number;
  readonly mostMs: number;
  /** Content over one connection. */
  readonly megabytesPerSecond: number;
  /** What an account of either lake takes; more has to queue. */
  readonly account: { readonly requestsPerSecond: number; readonly megabytesPerSecond: number };
};

/** How long a request with so many bytes waits for its turn at an account. */
type Turn = (bytes: number) => number;

// An account that deals with its requests one after the other.
function openAccount({ requestsPerSecond, megabytesPerSecond }: LakePace["account"], clock: Clock): Turn {
  let freeMs = 0;
  return (bytes) => {
    const nowMs = clock.nowMs();
    const beginMs = Math.max(nowMs, freeMs);
    freeMs = beginMs + Math.max(1000 / requestsPerSecond, bytes / (megabytesPerSecond * 1000));
    return beginMs - nowMs;
  };
}

/** Told of each request to a lake: by whom it is sent, and when it is answered. */
export type Onlooker = { readonly sent: () => void; readonly answered: () => void };

/** Both lakes, and what became of every name. */
export type SyntheticLakes = {
  readonly open: (meter: Meter, onlooker: Onlooker) => { readonly source: Source; readonly sink: Sink };
  /** What is wrong at the sink: files and folders that aren't there exactly once. */
  readonly faults: () => readonly string[];
};

const pageSize = 4000;
const chunk = new Uint8Array(1024 * 1024);
const content = new Uint8Array(8 * 1024 * 1024);
const md5 = "00".repeat(16);
const modifiedMs = 1_500_000_000_000;

/** Lakes that are computed: the source has no bytes but their lengths, the sink keeps one mark per name. */
export function syntheticLakes(lake: SyntheticLake, pace: LakePace, clock: Clock): SyntheticLakes {
  const { root, files, folders, slowdown } = lake;
  const { shelfAt, childAt } = openFinder(root);
  const written = new Uint8Array(files);
  const made = new Uint8Array(folders);
  const doubled: string[] = [];
  const checksums = new Map<number, Crc64>();
  const bytesPerMs = (pace.megabytesPerSecond * 1e6) / 1000;
  const [sourceTurn, sinkTurn] = [openAccount(pace.account, clock), openAccount(pace.account, clock)];

  function rollMs(): number {
    return pace.leastMs + Math.floor(clock.roll() * (pace.mostMs - pace.leastMs + 1));
  }

  function realBytes(bytes: number, isLarge: boolean): number {
    return (isLarge ? slowdown : 1) * bytes;
  }

  function mark(path: LakePath, op: string, guard: Guard): void {
    const child = childAt(path);
    if (child?.kind !== "file") throw new LakeError("conflict", { op, path, detail: "no file of the source" });
    const there = written[child.number] ?? 0;
    if ((guard.replaces === "nothing") !== (there === 0)) {
      throw new LakeError("conflict", { op, path, detail: "something else stands there" });
    }
    if (there > 0) doubled.push(path);
    written[child.number] = 1;
  }

  function open(meter: Meter, onlooker: Onlooker): { readonly source: Source; readonly sink: Sink } {
    async function asked<T>(name: string, bytes: number, signal: AbortSignal | undefined, act: () => T): Promise<T> {
      meter.requests[name] = (meter.requests[name] ?? 0) + 1;
      onlooker.sent();
      try {
        const turn = name.startsWith("source") ? sourceTurn : sinkTurn;
        await clock.sleep(turn(bytes) + rollMs() + bytes / bytesPerMs);
        signal?.throwIfAborted();
        return act();
      } finally {
        onlooker.answered();
      }
    }

    const source: Source = {
      stat: (path, signal) =>
        asked("source GETFILESTATUS", 0, signal, () => {
          if (path === rootPath) return entryOf(undefined);
          const child = childAt(path);
          if (child === undefined) throw missing("GETFILESTATUS", path);
          return entryOf(child);
        }),
      list: (folder, after, signal, most = pageSize) =>
        asked("source LISTSTATUS", 0, signal, () => {
          const shelf = shelfAt(folder);
          if (shelf === undefined) throw missing("LISTSTATUS", folder);
          const from = after === undefined ? 0 : indexAfter(shelf, after);
          const upTo = Math.min(shelf.count, from + Math.min(most, pageSize));
          const entries: Entry[] = [];
          for (let index = from; index < upTo; index++) entries.push(entryOf(shelf.child(index)));
          const last = entries.at(-1)?.name;
          return upTo === shelf.count || last === undefined ? { entries } : { entries, next: last };
        }),
      nameAfter: (folder, after, signal) =>
        asked("source LISTSTATUS", 0, signal, () => {
          const shelf = shelfAt(folder);
          if (shelf === undefined) throw missing("LISTSTATUS", folder);
          const index = indexAfter(shelf, after);
          return index < shelf.count ? shelf.child(index).name : undefined;
        }),
      read: async (path, _offset, length, receive, signal) => {
        const child = childAt(path);
        const isLarge = child?.kind === "file" && child.bytes > content.byteLength;
        if (!isLarge) {
          await asked("source OPEN", realBytes(length, false), signal, () => undefined);
          await receive(content.subarray(0, length));
          return length;
        }
        await asked("source OPEN", 0, signal, () => undefined);
        // Under way until the end, but not while the receiver has no room.
        for (let given = 0; given < length; ) {
          const next = Math.min(chunk.byteLength, length - given);
          onlooker.sent();
          try {
            const real = realBytes(next, true);
            await clock.sleep(sourceTurn(real) + real / bytesPerMs, signal);
          } finally {
            onlooker.answered();
          }
          await receive(chunk.subarray(0, next));
          given += next;
        }
        return length;
      },
      getAccess: async (path) => {
        throw missing("GETACLSTATUS", path);
      },
      summary: (_folder, signal) =>
        asked("source GETCONTENTSUMMARY", 0, signal, () => ({ files: lake.files, bytes: lake.bytes })),
    };

    const sink: Sink = {
      makeFileSystem: (_label, signal) => asked("sink createFileSystem", 0, signal, () => "made"),
      stat: (path, signal) =>
        asked("sink getProperties", 0, signal, (): SinkItem | undefined => {
          if (path === rootPath) return { kind: "folder", bytes: 0, etag: '"root"' };
          const child = childAt(path);
          if (child === undefined) return undefined;
          if (child.kind === "folder") {
            return made[child.number] === 0 ? undefined : { kind: "folder", bytes: 0, etag: '"folder"' };
          }
          if (written[child.number] === 0) return undefined;
          const origin = { run: "simulated", bytes: child.bytes, modifiedMs };
          return { kind: "file", bytes: child.bytes, etag: '"file"', md5, origin };
        }),
      // What this run made itself is fresh; whatever else is asked for one by one.
      list: async (folder) => {
        throw missing("list", folder);
      },
      read: async (path) => {
        throw missing("read", path);
      },
      makeFolder: (path, _label, signal) =>
        asked("sink createFolder", 0, signal, (): "made" | SinkItem => {
          const child = childAt(path);
          if (child?.kind !== "folder") throw missing("createFolder", path);
          const was = made[child.number];
          made[child.number] = 1;
          return was === 0 ? "made" : { kind: "folder", bytes: 0, etag: '"folder"' };
        }),
      putFile: (path, bytes, _label, guard, signal) =>
        asked("sink putBlob", realBytes(bytes.byteLength, false), signal, () => {
          mark(path, "putBlob", guard);
          return { md5, etag: '"file"' };
        }),
      stageBlock: (_path, _id, bytes, signal) =>
        asked("sink putBlock", realBytes(bytes.byteLength, true), signal, () => checksumOf(bytes)),
      commitBlocks: (path, _ids, _label, guard, signal) =>
        asked("sink putBlockList", 0, signal, () => {
          mark(path, "putBlockList", guard);
          return { etag: '"file"' };
        }),
      getAccess: async (path) => {
        throw missing("getAccess", path);
      },
      remove: async (path) => {
        throw missing("remove", path);
      },
      setAccess: async (path) => {
        throw missing("setAccess", path);
      },
      setExpiry: async (path) => {
        throw missing("setExpiry", path);
      },
    };
    return { source, sink };
  }

  // All content is zeros: one checksum per length.
  function checksumOf(bytes: Uint8Array): Crc64 {
    const known = checksums.get(bytes.byteLength) ?? addToCrc64(emptyCrc64, bytes);
    checksums.set(bytes.byteLength, known);
    return known;
  }

  return {
    open,
    faults: () => [
      ...doubled.slice(0, 3).map((path) => `${path} was written more than once`),
      ...missed("files", written),
      ...missed("folders", made),
    ],
  };
}

function missed(what: string, marks: Uint8Array): readonly string[] {
  const count = marks.reduce((sum, mark) => sum + (mark === 0 ? 1 : 0), 0);
  return count === 0 ? [] : [`${count} of ${marks.length} ${what} are not there`];
}

function entryOf(child: Child | undefined): Entry {
  return {
    name: child?.name ?? "",
    kind: child?.kind ?? "folder",
    bytes: child?.kind === "file" ? child.bytes : 0,
    modifiedMs,
    owner: "owner",
    group: "group",
    permission: "770",
    hasAcl: false,
  };
}

function missing(op: string, path: LakePath): LakeError {
  return new LakeError("not-found", { op, path, detail: "does not exist" });
}
