import type { Blobs } from "../../src/state/blobs.ts";
import { memoryBlobs } from "../../src/state/memoryBlobs.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import type { Rows } from "../../src/state/rows.ts";

/** A state store that can be made to forget what was done last. */
export type State = {
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly forget: () => Promise<void>;
  readonly close: () => Promise<void>;
};

type Deed = { readonly of: "rows" | "blobs"; readonly act: (rows: Rows, blobs: Blobs) => Promise<unknown> };

/** Deeds that a state store may forget at once. */
const mostForgotten = 12;

/**
 * Rows and blobs in memory that can lose what was done last, as a killed Azurite does: the rows never remember what the
 * blobs have forgotten.
 */
export function forgetfulState(roll: () => number): State {
  let [rows, blobs] = [memoryRows(), memoryBlobs()];
  let deeds: Deed[] = [];
  let junk = 0;

  async function doing<T>(of: Deed["of"], act: (rows: Rows, blobs: Blobs) => Promise<T>): Promise<T> {
    const done = await act(rows, blobs);
    deeds.push({ of, act });
    return done;
  }

  return {
    rows: {
      get: (partitionKey, rowKey) => rows.get(partitionKey, rowKey),
      list: (...what) => rows.list(...what),
      insert: (row) => doing("rows", (into) => into.insert(row)),
      replace: (row, etag) => doing("rows", (into) => into.replace(row, etag)),
      transact: (changes) => doing("rows", (into) => into.transact(changes)),
      remove: (partitionKey, rowKey, etag) => doing("rows", (into) => into.remove(partitionKey, rowKey, etag)),
    },
    blobs: {
      append: (name, content, position) => doing("blobs", (_, into) => into.append(name, content, position)),
      read: (name, offset, length) => blobs.read(name, offset, length),
      removeUnder: (prefix) => doing("blobs", (_, into) => into.removeUnder(prefix)),
    },
    close: async () => undefined,
    forget: async () => {
      const forRows = Math.max(0, deeds.length - Math.floor(roll() * mostForgotten));
      const forBlobs = forRows + Math.floor(roll() * (deeds.length - forRows + 1));
      const forgotten = deeds.length - forRows;
      deeds = deeds.filter(({ of }, index) => index < (of === "rows" ? forRows : forBlobs));
      [rows, blobs] = [memoryRows(), memoryBlobs()];
      // The same deeds in the same order make the same ETags.
      for (const { act } of deeds) await act(rows, blobs);
      // An ETag that was forgotten is never given again.
      for (let burnt = 0; burnt < forgotten; burnt++) {
        const row = { partitionKey: "junk", rowKey: `${junk++}` };
        await doing("rows", (into) => into.insert(row));
      }
    },
  };
}
