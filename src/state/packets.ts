import { budget } from "../core/budget.ts";
import type { Cut } from "../core/cut.ts";
import { isKind } from "../core/error.ts";
import { emptyTally, type Tally } from "../core/tally.ts";
import { type ClaimedPacket, claimedPacket } from "./claimed.ts";
import { dealerKey } from "./dealing.ts";
import { splitToFit } from "./fit.ts";
import { isBusy, isRace, removeOnce } from "./races.ts";
import type { Change, StoredRow } from "./rows.ts";
import {
  accountOf,
  afterLaid,
  emptyAccount,
  freshPacket,
  laneChange,
  laneKey,
  laneRow,
  packetOf,
  packetRow,
  type PacketState,
  type Place,
} from "./workRows.ts";

/** Lays down the first packets, and what it took to get there. May be repeated. */
export async function seedPackets(place: Place, cut: Cut, tally: Tally = emptyTally): Promise<void> {
  const parts = splitToFit(cut);
  const waiting = afterLaid(emptyAccount.waiting, parts.length);
  try {
    await place.rows.transact([
      ...laidDown(place, "", parts),
      { do: "insert", row: laneRow(place, laneKey(0), { ...emptyAccount, tally, created: parts.length, waiting }) },
    ]);
  } catch (error) {
    if (!isKind(error, "conflict")) throw error;
  }
}

/** Lays down the packets of a later walk, once; says whether it did. */
export async function layPackets(place: Place, walk: string, cut: Cut): Promise<boolean> {
  const { rows, partitionKey } = place;
  const parts = splitToFit(cut);
  for (;;) {
    const held = await rows.get(partitionKey, dealerKey);
    const account = held === undefined ? emptyAccount : accountOf(held);
    const waiting = afterLaid(account.waiting, parts.length);
    try {
      await rows.transact([
        { do: "insert", row: { partitionKey, rowKey: `walk-${walk}`, version: 1 } },
        laneChange(place, dealerKey, held, { ...account, created: account.created + parts.length, waiting }),
        ...laidDown(place, `${walk}-`, parts),
      ]);
      return true;
    } catch (error) {
      if (!isRace(error)) throw error;
      if ((await rows.get(partitionKey, `walk-${walk}`)) !== undefined) return false;
    }
  }
}

function laidDown(place: Place, name: string, parts: readonly Cut[]): readonly Change[] {
  return parts.map((part, index) => ({
    do: "insert",
    row: packetRow(place, `packet-${name}${index}`, freshPacket(place, part)),
  }));
}

/** Packets that a lane looks at before it looks at all of them: many lanes ask at the same time, and packets may be many. */
const fewPackets = 16;

/** Takes a pending packet for a lane, any one besides those named, if there is one. */
export async function claimAny(
  place: Place,
  lane: number,
  besides?: ReadonlySet<string>,
): Promise<ClaimedPacket | undefined> {
  const { rows, partitionKey, clock } = place;
  // Each begins at another packet. Their keys go on with digits of a number that nobody can guess.
  const from = `packet-${Math.floor(clock.roll() * 256)
    .toString(16)
    .padStart(2, "0")}`;
  for (const begin of [from, "packet-"]) {
    const some: StoredRow[] = [];
    for await (const stored of rows.list(partitionKey, "packet-", "pending", begin, fewPackets)) {
      if (besides?.has(stored.row.rowKey) === true) continue;
      some.push(stored);
      if (some.length < fewPackets) continue;
      const claimed = await claimOneOf(place, lane, some.splice(0));
      if (claimed !== undefined) return claimed;
    }
    const claimed = await claimOneOf(place, lane, some);
    if (claimed !== undefined) return claimed;
  }
  return undefined;
}

async function claimOneOf(place: Place, lane: number, some: readonly StoredRow[]): Promise<ClaimedPacket | undefined> {
  const first = Math.floor(place.clock.roll() * some.length);
  for (const stored of [...some.slice(first), ...some.slice(0, first)]) {
    const claimed = await claimRow(place, lane, stored);
    if (claimed !== undefined) return claimed;
  }
  return undefined;
}

async function claimRow(place: Place, lane: number, { row, etag }: StoredRow): Promise<ClaimedPacket | undefined> {
  const { rows, partitionKey, nonce } = place;
  const packet = packetOf(row);
  const held = await rows.get(partitionKey, laneKey(lane));
  const account = held === undefined ? emptyAccount : accountOf(held);
  const claimed: PacketState = {
    ...packet,
    state: "claimed",
    lane,
    claims: packet.claims + 1,
    // Counted before the work, as a worker that is lost can't count itself.
    barren: packet.barren + 1,
    nonce: nonce(),
    // The claim itself ends the knowledge that the last one ended cleanly, but this slice may still use it.
    isClean: false,
  };
  try {
    const waiting = afterLaid(account.waiting, -1, packet.known);
    await rows.transact([
      { do: "replace", row: packetRow(place, row.rowKey, claimed), etag },
      laneChange(place, laneKey(lane), held, { ...account, waiting }),
    ]);
  } catch (error) {
    if (!isRace(error) && !isBusy(error)) throw error;
    // A claim whose reply was lost looks like a conflict when it is sent again: the nonce tells.
    const there = await rows.get(partitionKey, row.rowKey);
    if (there?.row["nonce"] !== claimed.nonce) {
      if (isBusy(error)) throw error;
      return undefined;
    }
  }
  return claimedPacket(place, lane, row.rowKey, claimed, packet);
}

/**
 * Takes every claimed packet away from its slice, removes done ones, and says how many packets are left.
 */
export async function requeuePackets(place: Place): Promise<number> {
  const { rows, partitionKey } = place;
  let left = 0;
  await each(rows.list(partitionKey, "packet-"), async (stored) => {
    const packet = packetOf(stored.row);
    if (packet.state === "done") return removeOnce(rows, partitionKey, stored.row.rowKey, stored.etag);
    left++;
    return free(place, stored, packet.claims);
  });
  return left;
}

/** Takes what a lane's earlier slice has claimed away from it, for others to claim. */
export async function takeBackFrom(place: Place, lane: number): Promise<void> {
  await each(place.rows.list(place.partitionKey, "packet-", "claimed"), async (stored) => {
    const { lane: holder, claims } = packetOf(stored.row);
    if (holder === lane) await free(place, stored, claims);
  });
}

// The slice may save at this very moment; then its newer row is freed, unless it has let go or another has the packet.
async function free(place: Place, { row, etag }: StoredRow, claims: number): Promise<void> {
  const { rows, partitionKey, nonce } = place;
  const packet = packetOf(row);
  if (packet.state !== "claimed" || packet.claims !== claims) return;
  const freed: PacketState = { ...packet, state: "pending", isClean: false, nonce: nonce() };
  const key = laneKey(packet.lane);
  const held = await rows.get(partitionKey, key);
  const account = held === undefined ? emptyAccount : accountOf(held);
  const waiting = afterLaid(account.waiting, 1, packet.known);
  try {
    await rows.transact([
      { do: "replace", row: packetRow(place, row.rowKey, freed), etag },
      laneChange(place, key, held, { ...account, waiting }),
    ]);
  } catch (error) {
    if (!isRace(error)) throw error;
    const newer = await rows.get(partitionKey, row.rowKey);
    if (newer !== undefined) await free(place, newer, claims);
  }
}

/** Rows that are changed side by side: one after the other, hundreds of lanes would wait for them between two waves. */
const rowsAtOnce = 32;

/** Does something with each row, some at a time. */
export async function each(found: AsyncIterable<StoredRow>, act: (stored: StoredRow) => Promise<void>): Promise<void> {
  const slots = budget(rowsAtOnce);
  const acts: Promise<void>[] = [];
  for await (const stored of found) {
    const release = await slots.take(1);
    const acting = act(stored).finally(release);
    // Told below, to whoever waits for all of them.
    acting.catch(() => undefined);
    acts.push(acting);
  }
  await Promise.all(acts);
}
