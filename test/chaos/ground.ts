import { hash } from "node:crypto";
import type { Access } from "../../src/core/access.ts";
import { parseAcl, printAcl } from "../../src/core/acl.ts";
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
  /** Who owns each file and folder, who may do what with it, and when it vanishes: as one text. */
  readonly accesses: ReadonlyMap<string, string>;
};

/** What an item's owner may have given it. */
export type Rights = {
  readonly owner: string;
  readonly group: string;
  /** The comma list. */
  readonly acl: string;
  readonly isSticky: boolean;
  readonly expiresMs: number | undefined;
};

/** The text by which accesses are compared; expiries as whole seconds, none too early. */
export function rightsText({ owner, group, acl, isSticky, expiresMs }: Rights): string {
  const expires = expiresMs === undefined || expiresMs === 0 ? "never" : `at ${Math.ceil(expiresMs / 1000)} s`;
  return `${owner} ${group} ${acl.split(",").toSorted().join(",")}${isSticky ? " sticky" : ""} expires ${expires}`;
}

/** Two lakes and a state store, and a way around everything that chaos does to them. */
export type Ground = {
  readonly rows: Rows;
  readonly blobs: Blobs;
  /** The lakes as the clients of one machine see them. */
  readonly lakes: (clock: Clock) => { readonly source: Source; readonly sink: Sink };
  readonly write: (path: string, content: string, modifiedMs: number) => Promise<void>;
  /** Writes over a file, if it is there, at once and with as many bytes; says with which. */
  readonly scribble: (path: string, filling: string, modifiedMs: number) => string | undefined;
  readonly makeFolder: (path: string) => Promise<void>;
  readonly setRights: (path: string, rights: Rights) => Promise<void>;
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
    lakes: (clock) => ({ source: tornBy(source, clock), sink }),
    write: async (path, content, modifiedMs) => source.write(path, content, modifiedMs),
    scribble: (path, filling, modifiedMs) => {
      const there = source.files().get(path);
      if (there === undefined) return undefined;
      const content = filling.repeat(there.length).slice(0, there.length);
      source.write(path, content, modifiedMs);
      return content;
    },
    makeFolder: async (path) => source.makeFolder(path),
    setRights: async (path, { owner, group, acl, isSticky, expiresMs }) => {
      source.setAccess(path, { owner, group, acl: parseAcl(acl, path), isSticky });
      if (expiresMs !== undefined) source.setExpiry(path, expiresMs);
    },
    remove: async (path) => source.remove(path),
    source: () =>
      truthOf(
        source,
        async (path) => source.stat(path),
        (path) => source.getAccess(path, "ids"),
      ),
    sink: () =>
      truthOf(
        sink,
        async (path) => {
          const { origin, expiresMs } = (await sink.stat(path)) ?? {};
          return { modifiedMs: origin?.modifiedMs ?? 0, expiresMs };
        },
        (path) => sink.getAccess(path),
      ),
    bare: sink,
    writes: sink.writes,
    rage: () => false,
    calm: () => undefined,
    forget: state.forget,
    close: state.close,
  };
}

// Half of a file is read a moment after the other half: who overwrites it in between makes a file that never was.
function tornBy(source: MemorySource, clock: Clock): Source {
  return {
    ...source,
    read: async (path, offset, length, receive, signal) => {
      const half = Math.ceil(length / 2);
      const given = await source.read(path, offset, half, receive, signal);
      if (given < half || half === length) return given;
      await clock.sleep(2, signal);
      return given + (await source.read(path, offset + half, length - half, receive, signal));
    },
  };
}

/** The same ground, and every version that its source ever had, by path: "<time> <MD5>". */
export function remembering(ground: Ground): Ground & { readonly versions: ReadonlyMap<string, ReadonlySet<string>> } {
  const versions = new Map<string, Set<string>>();
  function note(path: string, content: string, modifiedMs: number): void {
    const version = versionOf(modifiedMs, hash("md5", Buffer.from(content, "utf8"), "hex"));
    versions.set(path, (versions.get(path) ?? new Set()).add(version));
  }
  return {
    ...ground,
    versions,
    scribble: (path, filling, modifiedMs) => {
      const content = ground.scribble(path, filling, modifiedMs);
      if (content !== undefined) note(path, content, modifiedMs);
      return content;
    },
    write: async (path, content, modifiedMs) => {
      note(path, content, modifiedMs);
      await ground.write(path, content, modifiedMs);
    },
  };
}

/** See remembering. */
export function versionOf(modifiedMs: number, md5: string): string {
  return `${modifiedMs} ${md5}`;
}

async function truthOf(
  lake: MemorySource | MemorySink,
  timesOf: (path: LakePath) => Promise<{ readonly modifiedMs: number; readonly expiresMs?: number | undefined }>,
  accessOf: (path: LakePath) => Promise<Access>,
): Promise<Truth> {
  const files = new Map<string, { bytes: number; modifiedMs: number; md5: string }>();
  const accesses = new Map<string, string>();
  const note = async (path: string, expiresMs: number | undefined) => {
    const { acl, ...access } = await accessOf(path as LakePath);
    accesses.set(path, rightsText({ ...access, acl: printAcl(acl), expiresMs }));
  };
  for (const [path, content] of lake.files()) {
    const bytes = Buffer.from(content, "utf8");
    const { modifiedMs, expiresMs } = await timesOf(path as LakePath);
    files.set(path, { bytes: bytes.byteLength, modifiedMs, md5: hash("md5", bytes, "hex") });
    await note(path, expiresMs);
  }
  const folders = new Set(lake.folders());
  for (const path of folders) await note(path, undefined);
  return { files, folders, accesses };
}

/** Where an earlier migration might have come from. */
export function earlier(bytes: number, modifiedMs: number): Origin {
  return { run: "earlier", bytes, modifiedMs };
}
