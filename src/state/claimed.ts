import { type Backoff, delayMs } from "../core/backoff.ts";
import { type Cut, type Gift, isDone, takenOver } from "../core/cut.ts";
import type { Failure } from "../core/error.ts";
import { type Glance, nothingKnown } from "../core/glance.ts";
import type { JournalMark } from "../core/journal.ts";
import type { LargeFile, Staged } from "../core/largeFile.ts";
import { type Care, careFor } from "../core/poison.ts";
import { addTallies, movedIn, type Tally } from "../core/tally.ts";
import { giftRow } from "./hunger.ts";
import { largeChanges } from "./largeFiles.ts";
import { isBusy, isRace } from "./races.ts";
import { type Change, type Row, spread } from "./rows.ts";
import {
  accountOf,
  afterLaid,
  freshPacket,
  type LaneAccount,
  laneKey,
  laneRow,
  packed,
  packetRow,
  type PacketState,
  type Place,
} from "./workRows.ts";

/** A packet in the hands of one slice. Every call answers "fenced" once somebody else has taken the packet over. */
export type ClaimedPacket = {
  readonly key: string;
  /** A name that no other claim of any packet has. */
  readonly claim: string;
  readonly cut: Cut;
  readonly care: Care;
  /** Whether nobody has taken the packet over by now. */
  readonly isHeld: () => Promise<boolean>;
  /**
   * Puts down what is left, what was given away, what was done since the last save and what failed, in one step. While the
   * state store is busy the same step is tried again, until the signal aborts.
   */
  readonly save: (step: Step, signal: AbortSignal) => Promise<Saved>;
};

/** How a save ended, and whether the store had refused it as too many. */
export type Saved = { readonly ended: "saved" | "fenced"; readonly wasThrottled: boolean };

/** One saved step of a slice. */
export type Step = {
  readonly cut: Cut;
  /** Parts of the work that others may take from now on; at most `maxGiven` of at most maxCutBytes each. */
  readonly given: readonly Gift[];
  readonly tally: Tally;
  readonly failures: readonly Failure[];
  /** Large files that were begun, and blocks that were dealt with; at most `maxLarge` each. */
  readonly large?: { readonly opened: readonly LargeFile[]; readonly staged: readonly Staged[] };
  /** The journal as it stands with this step, and how to have it stored up to there; its lines go first. */
  readonly journal?: { readonly mark: JournalMark; readonly stored: () => Promise<void> };
  /** What the lane was doing, for people. */
  readonly glance?: Glance;
  /** The name that is about to be started, in a packet that loses its workers. */
  readonly suspect?: string;
  /** True when the slice lets the packet go; a packet with nothing left is done then. */
  readonly isLast: boolean;
};

/** Large files in one step, so that it fits into one transaction. */
export const maxLarge = 16;

/** Between tries of a step. */
const backoff: Backoff = { tries: Number.POSITIVE_INFINITY, firstMs: 500, maxMs: 10_000 };

/** The packet that a lane has just claimed, which was like `before`. */
export function claimedPacket(
  place: Place,
  lane: number,
  rowKey: string,
  claimed: PacketState,
  before: PacketState,
): ClaimedPacket {
  const { rows, partitionKey, nonce, clock } = place;
  const claim = `${String(lane).padStart(3, "0")}-${String(claimed.claims).padStart(6, "0")}-${claimed.nonce}`;
  let packet = claimed;
  let failed = 0;
  let saving = claimed.nonce;

  async function save(step: Step, signal: AbortSignal): Promise<Saved> {
    const isPacketDone = step.isLast && isDone(step.cut);
    const { opened = [], staged = [] } = step.large ?? {};
    const hasMoved = movedIn(step.tally) + step.given.length + step.failures.length + opened.length + staged.length > 0;
    // The name that was written down last stays under suspicion until something is counted.
    const { suspect: last, ...rest } = packet;
    const suspect = step.suspect ?? (hasMoved ? undefined : last);
    const next: PacketState = {
      ...rest,
      cut: step.cut,
      known: step.glance?.known ?? nothingKnown,
      state: isPacketDone ? "done" : step.isLast ? "pending" : "claimed",
      isClean: step.isLast,
      // Who lets go without having moved anything was not lost, and proves nothing of those before.
      barren: hasMoved ? 0 : step.isLast ? Math.max(0, packet.barren - 1) : packet.barren,
      nonce: nonce(),
      ...(suspect === undefined ? {} : { suspect }),
    };
    // A lane that lets a packet go knows nothing of it any more.
    const glance = step.isLast && step.glance !== undefined ? { ...step.glance, known: nothingKnown } : step.glance;
    saving = next.nonce;
    // Frozen here: a step is the same, to its keys, each time it is tried.
    const added: Change[] = [
      ...packed(step.failures).map(
        (failures): Change => ({ do: "insert", row: failedRow(place, `${claim}-${failed++}`, failures) }),
      ),
      ...step.given.map(
        (gift): Change => ({ do: "insert", row: packetRow(place, `packet-${nonce()}`, freshPacket(place, gift)) }),
      ),
      ...(step.given.length === 0 ? [] : [{ do: "put", row: giftRow(place) } as const]),
      ...(step.journal === undefined ? [] : [{ do: "put", row: journalRow(place, claim, step.journal.mark) } as const]),
    ];
    const laid = [
      ...step.given.map(({ known }) => ({ packets: 1, known })),
      ...(next.state === "pending" ? [{ packets: 1, known: next.known }] : []),
    ];
    const commitKeys = new Map(staged.map(({ file }) => [file, `packet-${nonce()}`]));
    let isStored = step.journal === undefined;
    let wasThrottled = false;
    for (let tried = 1; ; tried++) {
      try {
        if (!isStored) await step.journal?.stored();
        isStored = true;
        const [there, held] = await Promise.all([
          rows.get(partitionKey, rowKey),
          rows.get(partitionKey, laneKey(lane)),
        ]);
        if (there?.row["nonce"] === next.nonce) {
          packet = next;
          return { ended: "saved", wasThrottled };
        }
        if (there?.row["nonce"] !== packet.nonce || held === undefined) return { ended: "fenced", wasThrottled };
        const large = await largeChanges(place, opened, staged, commitKeys);
        const account = accountOf(held);
        const nextAccount: LaneAccount = {
          tally: addTallies(account.tally, step.tally),
          created: account.created + step.failures.length + step.given.length + large.commits,
          failed: account.failed + step.failures.length,
          done: account.done + (isPacketDone ? 1 : 0),
          waiting: laid.reduce(
            (sum, { packets, known }) => afterLaid(sum, packets, known),
            afterLaid(account.waiting, large.commits),
          ),
        };
        await rows.transact([
          { do: "replace", row: packetRow(place, rowKey, next), etag: there.etag },
          { do: "replace", row: laneRow(place, laneKey(lane), nextAccount, glance), etag: held.etag },
          ...added,
          ...large.changes,
        ]);
        packet = next;
        return { ended: "saved", wasThrottled };
      } catch (error) {
        if (!isBusy(error) && !(isStored && isRace(error))) throw error;
        wasThrottled ||= isBusy(error);
        // After a conflict the next look tells at once whose it was; a busy store gets some air.
        if (isBusy(error)) await clock.sleep(delayMs(backoff, tried, clock.roll(), undefined), signal);
        signal.throwIfAborted();
      }
    }
  }

  const cut = before.isClean ? claimed.cut : takenOver(claimed.cut);
  return {
    key: rowKey,
    claim,
    cut,
    care: careFor(before.barren, before.suspect),
    // A save under way may have changed the nonce, and nobody has told yet.
    isHeld: async () => {
      const known = packet.nonce;
      const there = (await rows.get(partitionKey, rowKey))?.row["nonce"];
      return there === known || there === packet.nonce || there === saving;
    },
    save,
  };
}

function failedRow({ partitionKey }: Place, suffix: string, failures: readonly Failure[]): Row {
  return {
    partitionKey,
    rowKey: `failed-${suffix}`,
    version: 1,
    count: failures.length,
    ...spread("failures", failures),
  };
}

function journalRow({ partitionKey }: Place, claim: string, mark: JournalMark): Row {
  return { partitionKey, rowKey: `journal-${claim}`, version: 1, ...mark };
}
