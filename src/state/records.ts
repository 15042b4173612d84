import { isKind, LakeError, messageOf } from "../core/error.ts";
import { gather, type InState, type Row, type Rows, type StoredRow, spread } from "./rows.ts";

/** Written into every row; code that meets a larger number must not touch the row. */
const rowVersion = 1;
const tries = 10;

/** A record whose row is there and can't be read: it is damaged, or a newer lakeferry wrote it. */
export type Unreadable = { readonly id: string; readonly detail: string };

/** Things of one kind by their ids. One that can't be read throws "corrupt" wherever it is asked for by its id. */
export type Records<T> = {
  /** Adds a new one; "conflict" when the id is taken. */
  readonly add: (record: T) => Promise<void>;
  readonly get: (id: string) => Promise<T | undefined>;
  /** All of them, or those in this state, ascending by id, and apart from them those that can't be read. */
  readonly list: (state?: InState) => Promise<Listing<T>>;
  /** What `look` makes of each of them: one after the other is read, so that many large ones take no more memory than one. */
  readonly each: <P>(look: (record: T) => P, state?: InState) => Promise<Listing<P>>;
  /**
   * Changes one as `change` says, looked at afresh each time somebody else was faster; undefined leaves it. Resolves to
   * it as it stands then; "not-found" when there is none.
   */
  readonly change: (id: string, change: (record: T) => T | undefined) => Promise<T>;
  /** Takes one away; it is no error when it is gone. */
  readonly remove: (id: string) => Promise<void>;
};

/** See Records. */
export type Listing<T> = { readonly records: readonly T[]; readonly unreadable: readonly Unreadable[] };

/** How records of one kind are kept. */
export type RecordKind<T> = {
  readonly partitionKey: string;
  /** The property of the row that holds them. */
  readonly property: string;
  /** What they are called by people. */
  readonly noun: string;
  readonly ids: RegExp;
  readonly idOf: (record: T) => string;
  /** What they may be listed by. */
  readonly stateOf?: (record: T) => string;
  /** Enough to tell a row of ours from one that a person, or a lost half of a write, has left. */
  readonly isSound: (value: Partial<Readonly<Record<keyof T, unknown>>>) => boolean;
  /** A record as an earlier lakeferry has written it, with what it lacks. */
  readonly complete?: (record: T) => T;
};

/** Keeps records as rows of one partition. */
export function openRecords<T extends object>(rows: Rows, kind: RecordKind<T>): Records<T> {
  const { partitionKey, property, noun, complete = (record: T) => record } = kind;
  // An id comes from a URL: a key that a table can't hold is one that nothing has.
  const stored = async (id: string) => (kind.ids.test(id) ? rows.get(partitionKey, id) : undefined);

  function rowOf(record: T): Row {
    const state = kind.stateOf === undefined ? {} : { state: kind.stateOf(record) };
    return { partitionKey, rowKey: kind.idOf(record), version: rowVersion, ...state, ...spread(property, record) };
  }

  function recordOf(there: StoredRow): T {
    const read = readRow(there);
    if ("record" in read) return read.record;
    throw new LakeError("corrupt", { op: property, path: there.row.rowKey, detail: read.unreadable });
  }

  function readRow({ row }: StoredRow): { readonly record: T } | { readonly unreadable: string } {
    if (Number(row["version"]) > rowVersion) {
      const unreadable = `the row has version ${row["version"]}, written by a newer lakeferry; deploy that one again`;
      return { unreadable };
    }
    try {
      const value = gather(property, row);
      const isOurs = typeof value === "object" && value !== null && kind.isSound(value);
      if (isOurs && kind.idOf(value as T) === row.rowKey) return { record: complete(value as T) };
      return { unreadable: `the row is damaged: what it holds is no ${noun}` };
    } catch (error) {
      return { unreadable: `the row is damaged: ${messageOf(error)}` };
    }
  }

  async function each<P>(look: (record: T) => P, state?: InState): Promise<Listing<P>> {
    const records: P[] = [];
    const unreadable: Unreadable[] = [];
    for await (const there of rows.list(partitionKey, "", state)) {
      const read = readRow(there);
      if ("record" in read) records.push(look(read.record));
      else unreadable.push({ id: there.row.rowKey, detail: read.unreadable });
    }
    return { records, unreadable };
  }

  return {
    add: async (record) => {
      await rows.insert(rowOf(record));
    },
    get: async (id) => {
      const there = await stored(id);
      return there === undefined ? undefined : recordOf(there);
    },
    list: (state) => each((record) => record, state),
    each,
    change: async (id, change) => {
      for (let tried = 1; ; tried++) {
        const there = await stored(id);
        if (there === undefined) {
          throw new LakeError("not-found", { op: property, path: id, detail: `there is no such ${noun}` });
        }
        const record = recordOf(there);
        const changed = change(record);
        if (changed === undefined) return record;
        try {
          await rows.replace(rowOf(changed), there.etag);
          return changed;
        } catch (error) {
          if (!isKind(error, "conflict") || tried >= tries) throw error;
        }
      }
    },
    remove: async (id) => {
      for (let tried = 1; ; tried++) {
        const there = await stored(id);
        if (there === undefined) return;
        try {
          return await rows.remove(partitionKey, id, there.etag);
        } catch (error) {
          if (isKind(error, "not-found")) return;
          if (!isKind(error, "conflict") || tried >= tries) throw error;
        }
      }
    },
  };
}
