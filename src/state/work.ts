import { type Cut, decodeCut, type EncodedCut, encodeCut, isDone, withoutFreshness } from "../core/cut.ts";
import { type Failure, isKind } from "../core/error.ts";
import { addTallies, emptyTally, type Tally } from "../core/tally.ts";
import { type Change, gather, type Row, type Rows, type StoredRow, spread } from "./rows.ts";

/** A lane's account. Packets created = done + failed once nothing is left. */
export type LaneAccount = {
  readonly tally: Tally;
  readonly created: number;
  readonly done: number;
  readonly failed: number;
};

const emptyAccount: LaneAccount = { tally: emptyTally, created: 0, done: 0, failed: 0 };

/** A packet in the hands of one slice. Every call answers "fenced" once somebody else has taken the packet over. */
export type ClaimedPacket = {
  readonly cut: Cut;
  /** Puts down what is left, what was done since the last save and what failed, in one step. */
  readonly save: (step: Step) => Promise<"saved" | "fenced">;
};

/** One saved step of a slice. */
export type Step = {
  readonly cut: Cut;
  readonly tally: Tally;
  readonly failures: readonly Failure[];
  /** True when the slice lets the packet go; a packet with nothing left is done then. */
  readonly isLast: boolean;
};

/** Characters of failures in one row: far below what Azure allows, so that a step's rows fit into one transaction. */
const failureUnitsPerRow = 50_000;

/** The packets and lanes of one run, in one partition so that a step is one transaction. */
export type Work = {
  /** Lays down the first packet, and what it took to get there. May be repeated. */
  readonly seed: (cut: Cut, tally?: Tally) => Promise<void>;
  /** Takes a pending packet for a lane, if there is one. */
  readonly claim: (lane: number) => Promise<ClaimedPacket | undefined>;
  /** Takes every claimed packet away from its slice, removes the done ones, and says how many are left. */
  readonly requeue: () => Promise<number>;
  /** All lanes together. */
  readonly account: () => Promise<LaneAccount>;
  /** Some of the names that failed, for people. */
  readonly failures: (most: number) => Promise<readonly Failure[]>;
};

/** Opens the work of a run. `nonce` gives a text that nobody else has. */
export function openWork(rows: Rows, run: string, nonce: () => string): Work {
  const partitionKey = `work-${run}`;

  function packetRow(rowKey: string, packet: PacketState): Row {
    const { cut, ...rest } = packet;
    return { partitionKey, rowKey, version: 1, ...rest, ...spread("cut", encodeCut(cut)) };
  }

  function laneRow(lane: number, account: LaneAccount): Row {
    return { partitionKey, rowKey: laneKey(lane), version: 1, ...spread("account", account) };
  }

  // A transaction whose reply was lost looks like a conflict to the one who sends it again: the nonce tells.
  async function transact(changes: readonly Change[], mine: string, packetKey: string): Promise<"saved" | "fenced"> {
    try {
      await rows.transact(changes);
      return "saved";
    } catch (error) {
      if (!isKind(error, "conflict") && !isKind(error, "not-found") && !isKind(error, "unavailable")) throw error;
      const there = await rows.get(partitionKey, packetKey);
      if (there?.row["nonce"] === mine) return "saved";
      if (isKind(error, "unavailable")) throw error;
      return "fenced";
    }
  }

  async function take(
    lane: number,
    rowKey: string,
    packet: PacketState,
    etag: string,
  ): Promise<PacketState | undefined> {
    const held = await rows.get(partitionKey, laneKey(lane));
    const claimed: PacketState = { ...packet, state: "claimed", lane, claims: packet.claims + 1, nonce: nonce() };
    const changes: Change[] = [
      { do: "replace", row: packetRow(rowKey, claimed), etag },
      held === undefined
        ? { do: "insert", row: laneRow(lane, emptyAccount) }
        : { do: "replace", row: held.row, etag: held.etag },
    ];
    return (await transact(changes, claimed.nonce, rowKey)) === "saved" ? claimed : undefined;
  }

  function holding(lane: number, rowKey: string, first: PacketState): ClaimedPacket {
    let packet = first;
    let failed = 0;

    async function save(step: Step): Promise<"saved" | "fenced"> {
      const [there, held] = await Promise.all([rows.get(partitionKey, rowKey), rows.get(partitionKey, laneKey(lane))]);
      if (there?.row["nonce"] !== packet.nonce || held === undefined) return "fenced";
      const isPacketDone = step.isLast && isDone(step.cut);
      const next: PacketState = {
        ...packet,
        cut: step.cut,
        state: isPacketDone ? "done" : step.isLast ? "pending" : "claimed",
        isClean: step.isLast,
        nonce: nonce(),
      };
      const account = accountOf(held);
      const nextAccount: LaneAccount = {
        tally: addTallies(account.tally, step.tally),
        created: account.created + step.failures.length,
        failed: account.failed + step.failures.length,
        done: account.done + (isPacketDone ? 1 : 0),
      };
      const changes: Change[] = [
        { do: "replace", row: packetRow(rowKey, next), etag: there.etag },
        { do: "replace", row: laneRow(lane, nextAccount), etag: held.etag },
        ...packed(step.failures).map(
          (failures): Change => ({ do: "insert", row: failedRow(`${rowKey}-${first.nonce}-${failed++}`, failures) }),
        ),
      ];
      const saved = await transact(changes, next.nonce, rowKey);
      packet = next;
      return saved;
    }

    return { cut: first.isClean ? first.cut : withoutFreshness(first.cut), save };
  }

  function failedRow(suffix: string, failures: readonly Failure[]): Row {
    return {
      partitionKey,
      rowKey: `failed-${suffix}`,
      version: 1,
      count: failures.length,
      ...spread("failures", failures),
    };
  }

  // The slice may save at this very moment; then its newer row is freed, or it has let go by itself.
  async function free(row: Row, etag: string): Promise<void> {
    const packet = packetOf(row);
    if (packet.state !== "claimed") return;
    try {
      await rows.replace(packetRow(row.rowKey, { ...packet, state: "pending", isClean: false, nonce: nonce() }), etag);
    } catch (error) {
      if (!isKind(error, "conflict")) throw error;
      const newer = await rows.get(partitionKey, row.rowKey);
      if (newer !== undefined) await free(newer.row, newer.etag);
    }
  }

  async function packets(): Promise<readonly StoredRow[]> {
    const found: StoredRow[] = [];
    for await (const stored of rows.list(partitionKey, "packet-")) found.push(stored);
    return found;
  }

  return {
    seed: async (cut, tally = emptyTally) => {
      const packet: PacketState = { state: "pending", cut, lane: 0, claims: 0, nonce: nonce(), isClean: true };
      try {
        await rows.transact([
          { do: "insert", row: packetRow("packet-0", packet) },
          { do: "insert", row: laneRow(0, { ...emptyAccount, tally, created: 1 }) },
        ]);
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
      }
    },

    claim: async (lane) => {
      for (const { row, etag } of await packets()) {
        const packet = packetOf(row);
        if (packet.state !== "pending") continue;
        const taken = await take(lane, row.rowKey, packet, etag);
        if (taken === undefined) continue;
        // The claim itself ends the knowledge that the last one ended cleanly, but this slice may still use it.
        return holding(lane, row.rowKey, { ...taken, isClean: packet.isClean });
      }
      return undefined;
    },

    requeue: async () => {
      let left = 0;
      for (const { row, etag } of await packets()) {
        const packet = packetOf(row);
        if (packet.state === "done") {
          await rows.remove(partitionKey, row.rowKey, etag);
          continue;
        }
        left++;
        if (packet.state === "claimed") await free(row, etag);
      }
      return left;
    },

    account: async () => {
      let sum = emptyAccount;
      for await (const stored of rows.list(partitionKey, "lane-")) sum = addAccounts(sum, accountOf(stored));
      return sum;
    },

    failures: async (most) => {
      const found: Failure[] = [];
      for await (const { row } of rows.list(partitionKey, "failed-")) {
        found.push(...(gather("failures", row) as Failure[]));
        if (found.length >= most) break;
      }
      return found.slice(0, most);
    },
  };
}

function packed(failures: readonly Failure[]): readonly (readonly Failure[])[] {
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

type PacketState = {
  readonly state: "pending" | "claimed" | "done";
  readonly cut: Cut;
  readonly lane: number;
  readonly claims: number;
  readonly nonce: string;
  /** The slice that had it last let it go by itself: nothing happened after its last save. */
  readonly isClean: boolean;
};

function packetOf(row: Row): PacketState {
  return {
    state: row["state"] as PacketState["state"],
    cut: decodeCut(gather("cut", row) as EncodedCut),
    lane: Number(row["lane"]),
    claims: Number(row["claims"]),
    nonce: String(row["nonce"]),
    isClean: row["isClean"] === true,
  };
}

function laneKey(lane: number): string {
  return `lane-${String(lane).padStart(3, "0")}`;
}

function accountOf({ row }: StoredRow): LaneAccount {
  return gather("account", row) as LaneAccount;
}

function addAccounts(a: LaneAccount, b: LaneAccount): LaneAccount {
  return {
    tally: addTallies(a.tally, b.tally),
    created: a.created + b.created,
    done: a.done + b.done,
    failed: a.failed + b.failed,
  };
}
