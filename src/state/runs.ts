import { isKind, LakeError } from "../core/error.ts";
import { type Run, runIdPattern } from "../core/run.ts";
import { gather, type Row, type Rows, type StoredRow, spread } from "./rows.ts";

const partitionKey = "runs";
/** Written into every row; code that meets a larger number must not touch the row. */
const rowVersion = 1;
const tries = 10;

/** The runs of this app. */
export type Runs = {
  /** Adds a new run; "conflict" when the id is taken. */
  readonly add: (run: Run) => Promise<void>;
  readonly get: (id: string) => Promise<Run | undefined>;
  /** All runs, newest first. */
  readonly list: () => Promise<readonly Run[]>;
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
      for await (const row of rows.list(partitionKey, "")) runs.push(runOf(row));
      return runs.toSorted((a, b) => b.createdMs - a.createdMs);
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

function runOf({ row }: StoredRow): Run {
  if (Number(row["version"]) > rowVersion) {
    throw new LakeError("invalid", {
      op: "run",
      path: row.rowKey,
      detail: `the row has version ${row["version"]}, written by a newer lakeferry; deploy that one again`,
    });
  }
  return gather("run", row) as Run;
}
