import { type Cut, decodeCut, type EncodedCut, encodeCut } from "../core/cut.ts";
import type { Failure } from "../core/error.ts";
import type { Glance } from "../core/glance.ts";
import type { JournalMark } from "../core/journal.ts";
import type { LargeFileState } from "../core/largeFile.ts";
import { addTallies, emptyTally, type Tally } from "../core/tally.ts";
import { gather, type Row, type StoredRow, spread } from "./rows.ts";

/** A lane's account. Packets created = done + failed once nothing is left. */
export type LaneAccount = {
  readonly tally: Tally;
  readonly created: number;
  readonly done: number;
  readonly failed: number;
};

/** The account of a lane that has done nothing. */
export const emptyAccount: LaneAccount = { tally: emptyTally, created: 0, done: 0, failed: 0 };

/** How many items an account has counted, and how many of them failed. */
export function countedIn({ tally, failed }: Pick<LaneAccount, "tally" | "failed">) {
  return { listed: tally.filesListed + tally.foldersListed, failed };
}

/** Characters of failures in one row: far below what Azure allows, so that a step's rows fit into one transaction. */
const failureUnitsPerRow = 50_000;

/** Failures in packs that each fit into a row. */
export function packed(failures: readonly Failure[]): readonly (readonly Failure[])[] {
  const packs: Failure[][] = [];
  let units = Number.POSITIVE_INFINITY;
  for (const failure of failures) {
    const own = JSON.stringify(failure).length;
    if (units + own > failureUnitsPerRow) {
      packs.push([]);
      units = 0;
    }
    packs.at(-1)?.push(failure);
    units += own;
  }
  return packs;
}

/** What a packet's row holds. */
export type PacketState = {
  readonly state: "pending" | "claimed" | "done";
  readonly cut: Cut;
  readonly lane: number;
  readonly claims: number;
  /** Claims in a row, the present one included, in which nothing was counted. */
  readonly barren: number;
  readonly suspect?: string;
  readonly nonce: string;
  /** The slice that had it last let it go by itself: nothing happened after its last save. */
  readonly isClean: boolean;
};

/** A packet as the properties of its row. */
export function packetFields({ cut, suspect, ...rest }: PacketState): Omit<Row, "partitionKey" | "rowKey"> {
  return { ...rest, ...spread("cut", encodeCut(cut)), ...(suspect === undefined ? {} : spread("suspect", suspect)) };
}

/** Reads a packet's row. */
export function packetOf(row: Row): PacketState {
  return {
    state: row["state"] as PacketState["state"],
    cut: decodeCut(gather("cut", row) as EncodedCut),
    lane: Number(row["lane"]),
    claims: Number(row["claims"]),
    barren: Number(row["barren"]),
    ...(row["suspect0"] === undefined ? {} : { suspect: String(gather("suspect", row)) }),
    nonce: String(row["nonce"]),
    isClean: row["isClean"] === true,
  };
}

/** Reads a journal row. */
export function markOf(row: Row): JournalMark {
  return {
    blob: String(row["blob"]),
    bytes: Number(row["bytes"]),
    lines: Number(row["lines"]),
    sha256: String(row["sha256"]),
  };
}

/** The key of a large file's row. */
export function fileKey(id: string): string {
  return `file-${id}`;
}

/** Reads a large file's row. */
export function fileOf(row: Row): LargeFileState {
  return gather("file", row) as LargeFileState;
}

/** Digits of a lane's number in keys. */
export const laneDigits = 3;

/** The key of a lane's row. */
export function laneKey(lane: number): string {
  return `lane-${String(lane).padStart(laneDigits, "0")}`;
}

/** Reads a lane's row. */
export function accountOf({ row }: StoredRow): LaneAccount {
  const account = gather("account", row) as LaneAccount;
  // A lakeferry that counted less may have written it.
  return { ...account, tally: { ...emptyTally, ...account.tally } };
}

/** A lane as its row shows it; the dealer's row has no number. */
export type LaneSeen = { readonly lane: number | undefined; readonly account: LaneAccount; readonly glance?: Glance };

/** See LaneSeen. */
export function laneOf(stored: StoredRow): LaneSeen {
  const { row } = stored;
  const lane = Number(row.rowKey.slice("lane-".length));
  return {
    lane: Number.isNaN(lane) ? undefined : lane,
    account: accountOf(stored),
    ...(row["glance0"] === undefined ? {} : { glance: gather("glance", row) as Glance }),
  };
}

/** Two accounts together. */
export function addAccounts(a: LaneAccount, b: LaneAccount): LaneAccount {
  return {
    tally: addTallies(a.tally, b.tally),
    created: a.created + b.created,
    done: a.done + b.done,
    failed: a.failed + b.failed,
  };
}
