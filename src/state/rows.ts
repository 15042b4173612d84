import { LakeError } from "../core/error.ts";
import { asciiJson } from "../core/json.ts";

/** A row of a table: its two keys, and properties that Table Storage can hold. */
export type Row = {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly [property: string]: string | number | boolean;
};

/** What state rows are to be in; `not` is for all others, those that have none among them. */
export type InState = string | { readonly not: string };

/** A row as it was read, with the ETag of that version. */
export type StoredRow = { readonly row: Row; readonly etag: string };

/**
 * One change of a transaction. `replace` needs the version it replaces; `put` takes what is there, guarded by the other
 * changes; there is no delete, whose ETag Azure ignores.
 */
export type Change =
  | { readonly do: "insert"; readonly row: Row }
  | { readonly do: "put"; readonly row: Row }
  | { readonly do: "replace"; readonly row: Row; readonly etag: string };

/**
 * A table. Failures are LakeErrors: "conflict" when a row exists already or has another version, "not-found" when it
 * is gone, "invalid" when it is larger than Azure allows. Nothing is half done.
 */
export type Rows = {
  readonly get: (partitionKey: string, rowKey: string) => Promise<StoredRow | undefined>;
  /**
   * All rows whose key begins with `prefix`, ascending by key; only those in this state, and from this key on, where one is
   * given. Who may want a few only asks for so many at a time.
   */
  readonly list: (
    partitionKey: string,
    prefix: string,
    state?: InState,
    from?: string,
    atATime?: number,
  ) => AsyncIterable<StoredRow>;
  readonly insert: (row: Row) => Promise<{ readonly etag: string }>;
  readonly replace: (row: Row, etag: string) => Promise<{ readonly etag: string }>;
  /** All changes or none, in one partition; the new ETags in the order of the changes. */
  readonly transact: (changes: readonly Change[]) => Promise<readonly string[]>;
  /** Removes a row of exactly this version. */
  readonly remove: (partitionKey: string, rowKey: string, etag: string) => Promise<void>;
};

const maxStringUnits = 32 * 1024;
const maxRowBytes = 1024 * 1024;
const maxProperties = 252;
const maxKeyUnits = 512;
const maxChanges = 100;
const maxTransactionBytes = 4 * 1024 * 1024;
// oxlint-disable-next-line no-control-regex
const refusedInKeys = /[/\\#?\u0000-\u001f\u007f-\u009f]/u;

/**
 * Throws LakeError "invalid" for rows that Azure Table Storage would refuse; an emulator accepts more.
 * Source: "Understanding the Table service data model" and "Performing entity group transactions".
 */
export function checkRow(row: Row): number {
  const refuse = (detail: string) =>
    new LakeError("invalid", { op: "row", path: `${row.partitionKey}/${row.rowKey}`, detail });
  let bytes = 0;
  const properties = Object.entries(row);
  if (properties.length > maxProperties + 2) throw refuse(`${properties.length} properties; Azure allows 252`);
  for (const [name, value] of properties) {
    if (typeof value === "string") {
      const units = name === "partitionKey" || name === "rowKey" ? maxKeyUnits : maxStringUnits;
      if (value.length > units) throw refuse(`${name} has ${value.length} UTF-16 units; Azure allows ${units}`);
      bytes += 2 * value.length;
    } else {
      if (typeof value === "number" && !Number.isFinite(value)) throw refuse(`${name} is ${value}`);
      bytes += 8;
    }
    bytes += 2 * name.length + 8;
  }
  if (refusedInKeys.test(row.partitionKey + row.rowKey)) throw refuse("a key holds / \\ # ? or a control character");
  if (bytes > maxRowBytes) throw refuse(`the row has about ${bytes} bytes; Azure allows 1 MiB`);
  return bytes;
}

/** Throws LakeError "invalid" for transactions that Azure would refuse. */
export function checkTransaction(changes: readonly Change[]): void {
  const first = changes[0]?.row;
  const refuse = (detail: string) =>
    new LakeError("invalid", { op: "transaction", path: first?.partitionKey ?? "", detail });
  if (changes.length === 0 || changes.length > maxChanges) {
    throw refuse(`${changes.length} changes; Azure allows 1 to ${maxChanges}`);
  }
  if (changes.some(({ row }) => row.partitionKey !== first?.partitionKey)) throw refuse("rows of several partitions");
  if (new Set(changes.map(({ row }) => row.rowKey)).size !== changes.length) throw refuse("one row changed twice");
  const bytes = changes.reduce((sum, { row }) => sum + checkRow(row), 0);
  if (bytes > maxTransactionBytes) throw refuse(`about ${bytes} bytes; Azure allows 4 MiB`);
}

const chunkUnits = 32_000;

/**
 * Spreads a value, as JSON in plain ASCII, over properties name0, name1, … that each fit into a row. ASCII, because a
 * surrogate pair cut in two at the end of a property can't be sent, and Azurite damages characters at the edge of a packet.
 */
export function spread(name: string, value: unknown): Record<string, string> {
  const text = asciiJson(value);
  const parts: Record<string, string> = {};
  for (let at = 0, index = 0; at < text.length; at += chunkUnits, index++) {
    parts[`${name}${index}`] = text.slice(at, at + chunkUnits);
  }
  return parts;
}

/** Reads what `spread` wrote; LakeError "invalid" when the row holds nothing of that name. */
export function gather(name: string, row: Row): unknown {
  let text = "";
  for (let index = 0; typeof row[`${name}${index}`] === "string"; index++) text += row[`${name}${index}`];
  if (text !== "") return JSON.parse(text);
  const path = `${row.partitionKey}/${row.rowKey}`;
  throw new LakeError("invalid", { op: "row", path, detail: `not a row of lakeferry: it has no ${name}0` });
}
