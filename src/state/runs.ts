import { isKind, LakeError, messageOf } from "../core/error.ts";
import { isLive, type Run, runIdPattern } from "../core/run.ts";
import { gather, type Row, type Rows, type StoredRow, spread } from "./rows.ts";

const partitionKey = "runs";
/** Written into every row; code that meets a larger number must not touch the row. */
const rowVersion = 1;
const tries = 10;

/** A run whose row is there and can't be read: it is damaged, or a newer lakeferry wrote it. */
export type UnreadableRun = { readonly id: string; readonly detail: string };

/** The runs of this app. One that can't be read throws "corrupt" wherever it is asked for by its id. */
export type Runs = {
  /** Adds a new run; "conflict" when the id is taken. */
  readonly add: (run: Run) => Promise<void>;
  readonly get: (id: string) => Promise<Run | undefined>;
  /** All runs, newest first, and apart from them those that can't be read. */
  readonly list: () => Promise<{ readonly runs: readonly Run[]; readonly unreadable: readonly UnreadableRun[] }>;
  /** True while a run holds its root. One that can't be read does: it may be at work under a newer lakeferry. */
  readonly isLive: (id: string) => Promise<boolean>;
  /**
   * Changes a run as `change` says, looked at afresh each time somebody else was faster; undefined leaves it. Resolves
   * to the run as it stands then; "not-found" when there is none.
   */
  readonly change: (id: string, change: (run: Run) => Run | undefined) => Promise<Run>;
  /** Takes a run back that could not begin. */
  readonly remove: (id: string) => Promise<void>;
};

/** Keeps runs as rows of one partition. */
export function openRuns(rows: Rows): Runs {
  // An id comes from a URL: a key that a table can't hold is one that no run has.
  const stored = async (id: string) => (runIdPattern.test(id) ? rows.get(partitionKey, id) : undefined);

  return {
    add: async (run) => {
      await rows.insert(rowOf(run));
    },
    get: async (id) => {
      const there = await stored(id);
      return there === undefined ? undefined : runOf(there);
    },
    remove: async (id) => {
      const there = await stored(id);
      if (there !== undefined) await rows.remove(partitionKey, id, there.etag);
    },
    list: async () => {
      const runs: Run[] = [];
      const unreadable: UnreadableRun[] = [];
      for await (const row of rows.list(partitionKey, "")) {
        const read = readRow(row);
        if ("run" in read) runs.push(read.run);
        else unreadable.push({ id: row.row.rowKey, detail: read.unreadable });
      }
      return { runs: runs.toSorted((a, b) => b.createdMs - a.createdMs), unreadable };
    },
    isLive: async (id) => {
      const there = await stored(id);
      const read = there === undefined ? undefined : readRow(there);
      return read !== undefined && (!("run" in read) || isLive(read.run.status));
    },
    change: async (id, change) => {
      for (let tried = 1; ; tried++) {
        const there = await stored(id);
        if (there === undefined) {
          throw new LakeError("not-found", { op: "run", path: id, detail: "there is no such migration" });
        }
        const run = runOf(there);
        const changed = change(run);
        if (changed === undefined) return run;
        try {
          await rows.replace(rowOf(changed), there.etag);
          return changed;
        } catch (error) {
          if (!isKind(error, "conflict") || tried >= tries) throw error;
        }
      }
    },
  };
}

function rowOf(run: Run): Row {
  return { partitionKey, rowKey: run.id, version: rowVersion, ...spread("run", run) };
}

function runOf(stored: StoredRow): Run {
  const read = readRow(stored);
  if ("run" in read) return read.run;
  throw new LakeError("corrupt", { op: "run", path: stored.row.rowKey, detail: read.unreadable });
}

function readRow({ row }: StoredRow): { readonly run: Run } | { readonly unreadable: string } {
  if (Number(row["version"]) > rowVersion) {
    const unreadable = `the row has version ${row["version"]}, written by a newer lakeferry; deploy that one again`;
    return { unreadable };
  }
  try {
    const run = gather("run", row);
    return isRun(run, row.rowKey) ? { run } : { unreadable: "the row is damaged: what it holds is no migration" };
  } catch (error) {
    return { unreadable: `the row is damaged: ${messageOf(error)}` };
  }
}

// Enough to tell a row of ours from one that a person, or a lost half of a write, has left.
function isRun(value: unknown, id: string): value is Run {
  if (typeof value !== "object" || value === null) return false;
  const { id: own, status, request } = value as Partial<Record<keyof Run, unknown>>;
  return own === id && typeof status === "string" && typeof request === "object" && request !== null;
}
