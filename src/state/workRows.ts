import type { Clock } from "../core/clock.ts";
import { type Cut, decodeCut, type EncodedCut, encodeCut, type Gift } from "../core/cut.ts";
import type { Failure } from "../core/error.ts";
import { type Glance, type Known, nothingKnown } from "../core/glance.ts";
import type { JournalMark } from "../core/journal.ts";
import type { LargeFileState } from "../core/largeFile.ts";
import type { Run } from "../core/run.ts";
import { addTallies, emptyTally, type Tally } from "../core/tally.ts";
import { type Change, gather, type Row, type Rows, type StoredRow, spread } from "./rows.ts";

/** Packets in nobody's hands, and what is known of them. */
export type Waiting = Known & { readonly packets: number };

/** A lane's account. Packets created = done + failed once nothing is left. */
export type LaneAccount = {
  readonly tally: Tally;
  readonly created: number;
  readonly done: number;
  readonly failed: number;
  /** What the lane has laid down for others, less what it has taken up: only all lanes together say what waits. */
  readonly waiting: Waiting;
};

const nothingWaits: Waiting = { packets: 0, ...nothingKnown };

/** The account of a lane that has done nothing. */
export const emptyAccount: LaneAccount = { tally: emptyTally, created: 0, done: 0, failed: 0, waiting: nothingWaits };

/** What waits once so many packets, and what is known of them, were laid down; taken up, if they are fewer than none. */
export function afterLaid(waiting: Waiting, packets: number, { files, bytes }: Known = nothingKnown): Waiting {
  const sign = Math.sign(packets);
  return {
    packets: waiting.packets + packets,
    files: waiting.files + sign * files,
    bytes: waiting.bytes + sign * bytes,
  };
}

/** What of an account tells how many items it has counted. */
export type Counting = Pick<LaneAccount, "failed"> & {
  readonly tally: Pick<Tally, "filesListed" | "foldersListed" | "checked">;
};

/** How many items an account of a run has counted, and how many of them failed. An audit lists nothing, it checks. */
export function countedIn({ job }: Pick<Run, "job">, { tally, failed }: Counting) {
  return { listed: job === "audit" ? tally.checked : tally.filesListed + tally.foldersListed, failed };
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
  /** As of its last save. */
  readonly known: Known;
  readonly lane: number;
  readonly claims: number;
  /** Claims in a row, the present one included, in which nothing was counted. */
  readonly barren: number;
  readonly suspect?: string;
  readonly nonce: string;
  /** The slice that had it last let it go by itself: nothing happened after its last save. */
  readonly isClean: boolean;
};

/** The rows of one run, and what it takes to write them. */
export type Place = {
  readonly rows: Rows;
  readonly partitionKey: string;
  /** A text that nobody else has. */
  readonly nonce: () => string;
  readonly clock: Clock;
};

/** A packet's row. */
export function packetRow({ partitionKey }: Place, rowKey: string, packet: PacketState): Row {
  const { cut, known, suspect, ...rest } = packet;
  return {
    partitionKey,
    rowKey,
    version: 1,
    ...rest,
    ...spread("cut", encodeCut(cut)),
    knownFiles: known.files,
    knownBytes: known.bytes,
    ...(suspect === undefined ? {} : spread("suspect", suspect)),
  };
}

/** A packet that nobody has taken yet. */
export function freshPacket({ nonce }: Place, { known = nothingKnown, ...cut }: Gift): PacketState {
  return { state: "pending", cut, known, lane: 0, claims: 0, barren: 0, nonce: nonce(), isClean: true };
}

/** Reads a packet's row. */
export function packetOf(row: Row): PacketState {
  return {
    state: row["state"] as PacketState["state"],
    cut: decodeCut(gather("cut", row) as EncodedCut),
    known: { files: Number(row["knownFiles"] ?? 0), bytes: Number(row["knownBytes"] ?? 0) },
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

/** A lane's row. */
export function laneRow({ partitionKey }: Place, rowKey: string, account: LaneAccount, glance?: Glance): Row {
  const seen = glance === undefined ? {} : spread("glance", glance);
  return { partitionKey, rowKey, version: 1, ...spread("account", account), ...seen };
}

/** The change that puts another account into a lane's row, of which this is the present one, if there is any. */
export function laneChange(place: Place, rowKey: string, held: StoredRow | undefined, account: LaneAccount): Change {
  if (held === undefined) return { do: "insert", row: laneRow(place, rowKey, account) };
  return { do: "replace", row: laneRow(place, rowKey, account, glanceOf(held)), etag: held.etag };
}

/** Reads a lane's row. */
export function accountOf({ row }: StoredRow): LaneAccount {
  const account = gather("account", row) as LaneAccount;
  // A lakeferry that counted less may have written it.
  return { ...emptyAccount, ...account, tally: { ...emptyTally, ...account.tally } };
}

/** A lane as its row shows it; the dealer's row has no number. */
export type LaneSeen = { readonly lane: number | undefined; readonly account: LaneAccount; readonly glance?: Glance };

/** See LaneSeen. */
export function laneOf(stored: StoredRow): LaneSeen {
  const lane = Number(stored.row.rowKey.slice("lane-".length));
  const glance = glanceOf(stored);
  return {
    lane: Number.isNaN(lane) ? undefined : lane,
    account: accountOf(stored),
    ...(glance === undefined ? {} : { glance }),
  };
}

function glanceOf({ row }: StoredRow): Glance | undefined {
  return row["glance0"] === undefined ? undefined : (gather("glance", row) as Glance);
}

/** Two accounts together. */
export function addAccounts(a: LaneAccount, b: LaneAccount): LaneAccount {
  return {
    tally: addTallies(a.tally, b.tally),
    created: a.created + b.created,
    done: a.done + b.done,
    failed: a.failed + b.failed,
    waiting: {
      packets: a.waiting.packets + b.waiting.packets,
      files: a.waiting.files + b.waiting.files,
      bytes: a.waiting.bytes + b.waiting.bytes,
    },
  };
}
