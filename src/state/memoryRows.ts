import { LakeError } from "../core/error.ts";
import { type Change, checkRow, checkTransaction, type Row, type Rows, type StoredRow } from "./rows.ts";

/** A table in memory, with the limits and failures of the real one. */
export function memoryRows(): Rows {
  const stored = new Map<string, StoredRow>();
  let version = 0;

  function keyOf(partitionKey: string, rowKey: string): string {
    return `${partitionKey}\n${rowKey}`;
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
    stored.set(keyOf(row.partitionKey, row.rowKey), { row: structuredClone(row), etag });
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
      const rows = [...stored.values()].filter(
        ({ row }) =>
          row.partitionKey === partitionKey &&
          row.rowKey.startsWith(prefix) &&
          row.rowKey >= from &&
          (state === undefined || row["state"] === state),
      );
      yield* rows.toSorted((a, b) => (a.row.rowKey < b.row.rowKey ? -1 : 1));
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
      stored.delete(keyOf(partitionKey, rowKey));
    },
  };
}
