import type { Clock } from "../../src/core/clock.ts";
import { LakeError } from "../../src/core/error.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { type Change, checkRow, type InState, type Row, type Rows, type StoredRow } from "../../src/state/rows.ts";

/** What a table was asked to do. Azure's target for one partition is 2,000 entities a second. */
export type TableUse = {
  readonly requests: number;
  readonly transactions: number;
  readonly entities: number;
  /** The most of one second. */
  readonly peakRequests: number;
  readonly peakEntities: number;
  readonly largestRow: { readonly kind: string; readonly bytes: number };
  readonly largestTransaction: { readonly changes: number; readonly bytes: number };
};

/** Rows a query answers with at most, before it must be asked to go on. */
const rowsPerAnswer = 1000;

/** Rows in memory, at `requestMs` per request; the same without delay; and what they were asked for. */
export function slowRows(
  clock: Clock,
  requestMs: number,
): { readonly rows: Rows; readonly bare: Rows; readonly use: () => TableUse } {
  const rows = memoryRows();
  const there = Math.floor(requestMs / 2);
  const second = { at: 0, requests: 0, entities: 0 };
  const sum = { requests: 0, transactions: 0, entities: 0, peakRequests: 0, peakEntities: 0 };
  let largestRow = { kind: "", bytes: 0 };
  let largestTransaction = { changes: 0, bytes: 0 };

  function count(entities: number): void {
    const at = Math.floor(clock.nowMs() / 1000);
    if (second.at !== at) Object.assign(second, { at, requests: 0, entities: 0 });
    second.requests++;
    second.entities += entities;
    sum.requests++;
    sum.entities += entities;
    sum.peakRequests = Math.max(sum.peakRequests, second.requests);
    sum.peakEntities = Math.max(sum.peakEntities, second.entities);
  }

  function measure(written: readonly Row[]): void {
    let bytes = 0;
    for (const row of written) {
      const size = checkRow(row);
      bytes += size;
      const kind = row.rowKey.split("-", 1)[0] ?? "";
      if (size > largestRow.bytes)
        largestRow = { kind: row.partitionKey.startsWith("work-") ? kind : row.partitionKey, bytes: size };
    }
    sum.transactions++;
    if (bytes > largestTransaction.bytes) largestTransaction = { changes: written.length, bytes };
  }

  // Its effect comes half-way.
  async function asked<T>(entities: number, act: () => Promise<T>): Promise<T> {
    count(entities);
    await clock.sleep(there);
    try {
      return await act();
    } finally {
      await clock.sleep(requestMs - there);
    }
  }

  async function written<T>(changed: readonly Row[], act: () => Promise<T>): Promise<T> {
    measure(changed);
    return asked(changed.length, act);
  }

  async function* list(
    partitionKey: string,
    prefix: string,
    state?: InState,
    from?: string,
    atATime = rowsPerAnswer,
  ): AsyncGenerator<StoredRow> {
    await clock.sleep(there);
    const found: StoredRow[] = [];
    for await (const stored of rows.list(partitionKey, prefix, state, from)) found.push(stored);
    count(Math.min(found.length, atATime));
    await clock.sleep(requestMs - there);
    for (const [index, stored] of found.entries()) {
      if (index > 0 && index % atATime === 0)
        await asked(Math.min(found.length - index, atATime), async () => undefined);
      yield stored;
    }
  }

  return {
    bare: rows,
    rows: {
      get: (partitionKey, rowKey) => asked(1, () => rows.get(partitionKey, rowKey)),
      list,
      insert: (row) => written([row], () => rows.insert(row)),
      replace: (row, etag) => written([row], () => rows.replace(row, etag)),
      transact: (changes: readonly Change[]) =>
        written(
          changes.map(({ row }) => row),
          () => rows.transact(changes),
        ),
      remove: (partitionKey, rowKey, etag) => asked(1, () => rows.remove(partitionKey, rowKey, etag)),
    },
    use: () => ({ ...sum, largestRow, largestTransaction }),
  };
}

/** Append blobs of which only the lengths are kept. */
export function slowBlobs(clock: Clock, leastMs: number, mostMs: number): Blobs {
  const lengths = new Map<string, number>();
  return {
    append: async (name, content, position) => {
      await clock.sleep(leastMs + Math.floor(clock.roll() * (mostMs - leastMs + 1)));
      const length = lengths.get(name) ?? 0;
      if (length !== position) {
        throw new LakeError("conflict", { op: "blob append", path: name, detail: `the blob has ${length} bytes` });
      }
      lengths.set(name, length + content.byteLength);
    },
    read: async (name) => {
      throw new LakeError("not-found", { op: "blob read", path: name, detail: "its content was not kept" });
    },
    removeUnder: async (prefix) => {
      for (const name of lengths.keys()) if (name.startsWith(prefix)) lengths.delete(name);
    },
  };
}
