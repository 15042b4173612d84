import { isKind } from "../core/error.ts";
import type { Rival } from "../core/fairness.ts";
import { gather, type Row, type Rows, spread } from "./rows.ts";

const partitionKey = "rivals";
const rowKey = "live";
const tries = 20;
/** More runs at the same time make no wave shorter. */
const mostKept = 100;

/** Which runs are at work, for those that share instances with them: one row, as all of them look at it. */
export type Rivals = {
  /** Says that a run is at work from now on. May be repeated. */
  readonly enter: (rival: Rival) => Promise<void>;
  /** Says that runs are at work no longer. May be repeated. */
  readonly leave: (runs: readonly string[]) => Promise<void>;
  /** Runs at work, as far as they have said so: one that ended in an accident may still be among them. */
  readonly all: () => Promise<readonly Rival[]>;
};

/** Opens the row. */
export function openRivals(rows: Rows): Rivals {
  async function update(change: (rivals: readonly Rival[]) => readonly Rival[]): Promise<void> {
    for (let tried = 1; ; tried++) {
      const stored = await rows.get(partitionKey, rowKey);
      const before = stored === undefined ? [] : (gather("rivals", stored.row) as readonly Rival[]);
      const after = change(before);
      if (after.length === before.length && after.every((rival, index) => rival === before[index])) return;
      const row: Row = { partitionKey, rowKey, version: 1, ...spread("rivals", after) };
      try {
        await (stored === undefined ? rows.insert(row) : rows.replace(row, stored.etag));
        return;
      } catch (error) {
        if (!isKind(error, "conflict") || tried >= tries) throw error;
      }
    }
  }

  return {
    enter: (rival) => update((rivals) => [...rivals.filter(({ run }) => run !== rival.run), rival].slice(-mostKept)),
    leave: (runs) => update((rivals) => rivals.filter(({ run }) => !runs.includes(run))),
    all: async () => {
      const stored = await rows.get(partitionKey, rowKey);
      return stored === undefined ? [] : (gather("rivals", stored.row) as readonly Rival[]);
    },
  };
}
