import { completed } from "../core/request.ts";
import { isKind } from "../core/error.ts";
import { isLive, type Run, runIdPattern } from "../core/run.ts";
import { openRecords, type Records, type Unreadable } from "./records.ts";
import type { Rows } from "./rows.ts";

/** The runs of this app. */
export type Runs = Omit<Records<Run>, "list"> & {
  /** All runs, newest first, or the live ones, hardly reading what has ended; apart from them those that can't be read. */
  readonly list: (
    state?: "live",
  ) => Promise<{ readonly runs: readonly Run[]; readonly unreadable: readonly Unreadable[] }>;
  /** True while a run holds its root. One that can't be read does: it may be at work under a newer lakeferry. */
  readonly isLive: (id: string) => Promise<boolean>;
};

const ended = "ended";

/** Opens the runs. */
export function openRuns(rows: Rows): Runs {
  const { list, ...records } = openRecords<Run>(rows, {
    partitionKey: "runs",
    property: "run",
    noun: "migration",
    ids: runIdPattern,
    idOf: ({ id }) => id,
    stateOf: ({ status }) => (isLive(status) ? "live" : ended),
    isSound: ({ status, request }) => typeof status === "string" && typeof request === "object" && request !== null,
    complete: (run) => ({ ...run, request: completed(run.request) }),
  });
  return {
    ...records,
    list: async (state) => {
      // An earlier lakeferry wrote down no state beside its runs: they are among those that are asked for, and looked at.
      const { records, unreadable } = await list(state === undefined ? undefined : { not: ended });
      const runs = state === undefined ? records : records.filter(({ status }) => isLive(status));
      return { runs: runs.toSorted((a, b) => b.createdMs - a.createdMs), unreadable };
    },
    isLive: async (id) => {
      try {
        const run = await records.get(id);
        return run !== undefined && isLive(run.status);
      } catch (error) {
        if (isKind(error, "corrupt")) return true;
        throw error;
      }
    },
  };
}
