import { LakeError } from "../core/error.ts";
import { type Change, checkRow, checkTransaction, type InState, type Row, type Rows, type StoredRow } from "./rows.ts";

/** A table in memory, with the limits and failures of the real one. */
export function memoryRows(): Rows {
  const stored = new Map<string, StoredRow>();
  /** All keys in order, as rows are asked for by their beginnings. */
  const keys: string[] = [];
  let version = 0;

  function keyOf(partitionKey: string, rowKey: string): string {
    return `${partitionKey}\n${rowKey}`;
  }

  // Where a key stands, or would stand.
  function placeOf(key: string): number {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function check(change: Change): void {
    const { partitionKey, rowKey } = change.row;
    const there = stored.get(keyOf(partitionKey, rowKey));
    const path = `${partitionKey}/${rowKey}`;
    if (change.do === "put") return;
    if (change.do === "insert") {
      if (there !== undefined) throw new LakeError("conflict", { op: "insert", path, detail: "the row exists" });
    } else if (there === undefined) {
      throw new LakeError("not-found", { op: "replace", path, detail: "the row is gone" });
    } else if (there.etag !== change.etag) {
      throw new LakeError("conflict", { op: "replace", path, detail: "the row was changed by somebody else" });
    }
  }

  function put(row: Row): string {
    version++;
    const etag = `W/"${version}"`;
    const key = keyOf(row.partitionKey, row.rowKey);
    if (!stored.has(key)) keys.splice(placeOf(key), 0, key);
    stored.set(key, { row: structuredClone(row), etag });
    return etag;
  }

  async function transact(changes: readonly Change[]): Promise<readonly string[]> {
    checkTransaction(changes);
    for (const change of changes) check(change);
    return changes.map(({ row }) => put(row));
  }

  return {
    transact,
    get: async (partitionKey, rowKey) => stored.get(keyOf(partitionKey, rowKey)),
    list: async function* (partitionKey, prefix, state, from = prefix) {
      const beginning = keyOf(partitionKey, prefix);
      const first = keyOf(partitionKey, from < prefix ? prefix : from);
      const rows: StoredRow[] = [];
      for (let at = placeOf(first); keys[at]?.startsWith(beginning) === true; at++) {
        const found = stored.get(keys[at] ?? "");
        if (found !== undefined && isIn(found.row, state)) rows.push(found);
      }
      yield* rows;
    },
    insert: async (row) => {
      checkRow(row);
      check({ do: "insert", row });
      return { etag: put(row) };
    },
    replace: async (row, etag) => {
      checkRow(row);
      check({ do: "replace", row, etag });
      return { etag: put(row) };
    },
    remove: async (partitionKey, rowKey, etag) => {
      const there = stored.get(keyOf(partitionKey, rowKey));
      const path = `${partitionKey}/${rowKey}`;
      if (there === undefined) throw new LakeError("not-found", { op: "remove", path, detail: "the row is gone" });
      if (there.etag !== etag) {
        throw new LakeError("conflict", { op: "remove", path, detail: "the row was changed by somebody else" });
      }
      keys.splice(placeOf(keyOf(partitionKey, rowKey)), 1);
      stored.delete(keyOf(partitionKey, rowKey));
    },
  };
}

function isIn(row: Row, state: InState | undefined): boolean {
  if (state === undefined) return true;
  return typeof state === "string" ? row["state"] === state : row["state"] !== state.not;
}
