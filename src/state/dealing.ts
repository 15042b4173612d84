import { type Cut, dealt } from "../core/cut.ts";
import { maxGiven, pieces } from "./fit.ts";
import { isRace } from "./races.ts";
import type { Change, StoredRow } from "./rows.ts";
import {
  accountOf,
  afterLaid,
  emptyAccount,
  laneChange,
  packetOf,
  packetRow,
  type PacketState,
  type Place,
} from "./workRows.ts";

/** Counts the packets that nobody has given away; no lane has this key. */
export const dealerKey = "lane-dealer";

/** Divides pending packets until there are `wanted`, as far as their ranges go; says how many there are then. */
export async function dealPackets(place: Place, wanted: number): Promise<number> {
  for (;;) {
    const pending = await pendingPackets(place);
    let count = pending.length;
    // The largest first, each into as many parts as are still missing.
    const largest = pending
      .map((stored) => ({ stored, packet: packetOf(stored.row) }))
      .toSorted((a, b) => pieces(b.packet.cut) - pieces(a.packet.cut));
    for (const { stored, packet } of largest) {
      if (count >= wanted) break;
      const parts = dealt(packet.cut, Math.min(wanted - count + 1, maxGiven));
      if (parts.length > 1 && (await divide(place, stored, packet, parts))) count += parts.length - 1;
    }
    // What has become several packets may become more: one step has room for so many only.
    if (count >= wanted || count === pending.length) return count;
  }
}

async function pendingPackets({ rows, partitionKey }: Place): Promise<readonly StoredRow[]> {
  const found: StoredRow[] = [];
  for await (const stored of rows.list(partitionKey, "packet-", "pending")) found.push(stored);
  return found;
}

// Gives parts of a pending packet rows of their own. A slice may take it at this very moment: then it stays whole.
async function divide(
  place: Place,
  { row, etag }: StoredRow,
  packet: PacketState,
  parts: readonly Cut[],
): Promise<boolean> {
  const { rows, partitionKey, nonce } = place;
  const [first, ...more] = parts;
  if (first === undefined) return false;
  const [known, ...others] = sharesOf(packet, parts);
  const part = (cut: Cut, its = packet.known): PacketState => ({ ...packet, cut, known: its, nonce: nonce() });
  const held = await rows.get(partitionKey, dealerKey);
  const account = held === undefined ? emptyAccount : accountOf(held);
  const created = account.created + more.length;
  try {
    await rows.transact([
      { do: "replace", row: packetRow(place, row.rowKey, part(first, known)), etag },
      laneChange(place, dealerKey, held, { ...account, created, waiting: afterLaid(account.waiting, more.length) }),
      ...more.map(
        (cut, index): Change => ({
          do: "insert",
          row: packetRow(place, `packet-${nonce()}`, part(cut, others[index])),
        }),
      ),
    ]);
    return true;
  } catch (error) {
    if (!isRace(error)) throw error;
    return false;
  }
}

// Nobody knows which of the parts has how much of it: equal shares, which together are the whole.
function sharesOf({ known }: PacketState, parts: readonly Cut[]): readonly PacketState["known"][] {
  const share = (amount: number, index: number) =>
    Math.floor((amount * (index + 1)) / parts.length) - Math.floor((amount * index) / parts.length);
  return parts.map((_, index) => ({ files: share(known.files, index), bytes: share(known.bytes, index) }));
}
