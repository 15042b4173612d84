import { type Backoff, delayMs } from "../core/backoff.ts";
import { budget } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import { type Cut, dealt, isDone, maxCutBytes, splitCut, takenOver } from "../core/cut.ts";
import type { Glance } from "../core/glance.ts";
import { type Failure, isKind, LakeError } from "../core/error.ts";
import type { JournalMark } from "../core/journal.ts";
import { afterStaged, begun, commitOf, type LargeFile, type LargeFileState, type Staged } from "../core/largeFile.ts";
import type { NameList } from "../core/nameList.ts";
import { type Care, careFor } from "../core/poison.ts";
import { addTallies, emptyTally, movedIn, type Tally } from "../core/tally.ts";
import { failedList } from "./failedList.ts";
import { type Change, gather, type Row, type Rows, type StoredRow, spread } from "./rows.ts";
import {
  accountOf,
  addAccounts,
  emptyAccount,
  fileKey,
  fileOf,
  type LaneAccount,
  laneDigits,
  laneKey,
  laneOf,
  type LaneSeen,
  markOf,
  packed,
  packetFields,
  packetOf,
  type PacketState,
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
  readonly given: readonly Cut[];
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

/** Lanes without work, since when in the same order, and when somebody last gave some away (0: nobody yet). */
export type Hunger = {
  readonly lanes: readonly number[];
  readonly waiting: readonly number[];
  readonly lastGiftMs: number;
};

/** Packets in one step, so that it fits into one transaction. */
export const maxGiven = 40;

/** Large files in one step, for the same reason. */
export const maxLarge = 16;

/** Rows that say which lanes wait, and one that says when work was last given away. */
const hungerPrefix = "hunger-";
const giftKey = `${hungerPrefix}gift`;

/** Counts the packets that were made by dividing others; no lane has this key. */
const dealerKey = "lane-dealer";

/** Between tries of a step. */
const backoff: Backoff = { tries: Number.POSITIVE_INFINITY, firstMs: 500, maxMs: 10_000 };

/** The packets, lanes and journal marks of one run, in one partition so that a step is one transaction. */
export type Work = {
  /** Lays down the first packets, and what it took to get there. May be repeated. */
  readonly seed: (cut: Cut, tally?: Tally) => Promise<void>;
  /** Lays down the packets of a later walk, once; says whether it did. */
  readonly lay: (walk: string, cut: Cut) => Promise<boolean>;
  /** Takes a pending packet for a lane, any one besides those named, if there is one. */
  readonly claim: (lane: number, besides?: ReadonlySet<string>) => Promise<ClaimedPacket | undefined>;
  /**
   * Takes every claimed packet away from its slice, removes done ones and the lanes that wait, and says how many packets
   * are left.
   */
  readonly requeue: () => Promise<number>;
  /** Takes what a lane's earlier slice has claimed away from it, for others to claim. */
  readonly takeBack: (lane: number) => Promise<void>;
  /** Divides pending packets until there are `wanted`, as far as their ranges go; says how many there are then. */
  readonly deal: (wanted: number) => Promise<number>;
  /** Says, for all to see, that a lane has waited for work since then; undefined: no longer. */
  readonly wait: (lane: number, sinceMs: number | undefined) => Promise<void>;
  /** A large file as it stands; undefined for one that was never begun. */
  readonly file: (id: string) => Promise<LargeFileState | undefined>;
  /** Which lanes wait for work, and when somebody last gave some away. */
  readonly hunger: () => Promise<Hunger>;
  /** Each lane's account, and what it was doing when it last saved; in one query. */
  readonly lanes: () => Promise<readonly LaneSeen[]>;
  /** All lanes together. */
  readonly account: () => Promise<LaneAccount>;
  /** Some of the names that failed, for people. */
  readonly failures: (most: number) => Promise<readonly Failure[]>;
  /** All names that failed. */
  readonly failed: () => NameList;
  /** The committed parts of the journal, ascending by blob. */
  readonly journal: () => AsyncIterable<JournalMark>;
  /** Removes all rows of a run that has ended. May be repeated. */
  readonly clear: () => Promise<void>;
};

/** Opens the work of a run. `nonce` gives a text that nobody else has. */
export function openWork(rows: Rows, run: string, nonce: () => string, clock: Clock): Work {
  const partitionKey = `work-${run}`;

  function packetRow(rowKey: string, packet: PacketState): Row {
    return { partitionKey, rowKey, version: 1, ...packetFields(packet) };
  }

  function laneRow(lane: number, account: LaneAccount, glance?: Glance): Row {
    const seen = glance === undefined ? {} : spread("glance", glance);
    return { partitionKey, rowKey: laneKey(lane), version: 1, ...spread("account", account), ...seen };
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

  async function claimRow(
    lane: number,
    { row, etag }: StoredRow,
    packet: PacketState,
  ): Promise<ClaimedPacket | undefined> {
    const held = await rows.get(partitionKey, laneKey(lane));
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
      await rows.transact([
        { do: "replace", row: packetRow(row.rowKey, claimed), etag },
        held === undefined
          ? { do: "insert", row: laneRow(lane, emptyAccount) }
          : { do: "replace", row: held.row, etag: held.etag },
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
    return holding(lane, row.rowKey, claimed, packet);
  }

  function holding(lane: number, rowKey: string, claimed: PacketState, before: PacketState): ClaimedPacket {
    const claim = `${String(lane).padStart(3, "0")}-${String(claimed.claims).padStart(6, "0")}-${claimed.nonce}`;
    let packet = claimed;
    let failed = 0;
    let saving = claimed.nonce;

    async function save(step: Step, signal: AbortSignal): Promise<Saved> {
      const isPacketDone = step.isLast && isDone(step.cut);
      const { opened = [], staged = [] } = step.large ?? {};
      const hasMoved =
        movedIn(step.tally) + step.given.length + step.failures.length + opened.length + staged.length > 0;
      // The name that was written down last stays under suspicion until something is counted.
      const { suspect: last, ...rest } = packet;
      const suspect = step.suspect ?? (hasMoved ? undefined : last);
      const next: PacketState = {
        ...rest,
        cut: step.cut,
        state: isPacketDone ? "done" : step.isLast ? "pending" : "claimed",
        isClean: step.isLast,
        // Who lets go without having moved anything was not lost, and proves nothing of those before.
        barren: hasMoved ? 0 : step.isLast ? Math.max(0, packet.barren - 1) : packet.barren,
        nonce: nonce(),
        ...(suspect === undefined ? {} : { suspect }),
      };
      saving = next.nonce;
      // Frozen here: a step is the same, to its keys, each time it is tried.
      const added: Change[] = [
        ...packed(step.failures).map(
          (failures): Change => ({ do: "insert", row: failedRow(`${claim}-${failed++}`, failures) }),
        ),
        ...step.given.map((cut): Change => ({ do: "insert", row: packetRow(`packet-${nonce()}`, freshPacket(cut)) })),
        ...(step.given.length === 0 ? [] : [{ do: "put", row: giftRow() } as const]),
        ...(step.journal === undefined ? [] : [{ do: "put", row: journalRow(claim, step.journal.mark) } as const]),
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
          const large = await largeChanges(opened, staged, commitKeys);
          const account = accountOf(held);
          const nextAccount: LaneAccount = {
            tally: addTallies(account.tally, step.tally),
            created: account.created + step.failures.length + step.given.length + large.commits,
            failed: account.failed + step.failures.length,
            done: account.done + (isPacketDone ? 1 : 0),
          };
          await rows.transact([
            { do: "replace", row: packetRow(rowKey, next), etag: there.etag },
            { do: "replace", row: laneRow(lane, nextAccount, step.glance), etag: held.etag },
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

  // Each file's row is counted down; with its last blocks goes a packet that makes them its content.
  async function largeChanges(
    opened: readonly LargeFile[],
    staged: readonly Staged[],
    commitKeys: ReadonlyMap<string, string>,
  ): Promise<{ readonly changes: readonly Change[]; readonly commits: number }> {
    const changes: Change[] = [];
    let commits = 0;
    const fresh = new Map(opened.map((file) => [file.id, begun(file)]));
    for (const file of opened) {
      if (!staged.some((blocks) => blocks.file === file.id)) changes.push({ do: "insert", row: fileRow(begun(file)) });
    }
    for (const blocks of staged) {
      const there = await rows.get(partitionKey, fileKey(blocks.file));
      const before = there === undefined ? fresh.get(blocks.file) : fileOf(there.row);
      if (before === undefined) throw lostFile(blocks.file);
      const after = afterStaged(before, blocks);
      const row = fileRow(after);
      changes.push(there === undefined ? { do: "insert", row } : { do: "replace", row, etag: there.etag });
      const key = commitKeys.get(blocks.file);
      if (after.left > 0 || key === undefined) continue;
      commits++;
      const cut = { ranges: [], open: [], blocks: [commitOf(after)] };
      changes.push({ do: "insert", row: packetRow(key, freshPacket(cut)) });
    }
    return { changes, commits };
  }

  function fileRow(file: LargeFileState): Row {
    return { partitionKey, rowKey: fileKey(file.id), version: 1, ...spread("file", file) };
  }

  function giftRow(): Row {
    return { partitionKey, rowKey: giftKey, version: 1, sinceMs: clock.nowMs() };
  }

  function journalRow(claim: string, mark: JournalMark): Row {
    return { partitionKey, rowKey: `journal-${claim}`, version: 1, ...mark };
  }

  function freshPacket(cut: Cut): PacketState {
    return { state: "pending", cut, lane: 0, claims: 0, barren: 0, nonce: nonce(), isClean: true };
  }

  // The slice may save at this very moment; then its newer row is freed, unless it has let go or another has the packet.
  async function free({ row, etag }: StoredRow, claims: number): Promise<void> {
    const packet = packetOf(row);
    if (packet.state !== "claimed" || packet.claims !== claims) return;
    try {
      await rows.replace(packetRow(row.rowKey, { ...packet, state: "pending", isClean: false, nonce: nonce() }), etag);
    } catch (error) {
      if (!isRace(error)) throw error;
      const newer = await rows.get(partitionKey, row.rowKey);
      if (newer !== undefined) await free(newer, claims);
    }
  }

  // A doubled execution may have been faster.
  async function removeOnce(rowKey: string, etag: string): Promise<void> {
    try {
      await rows.remove(partitionKey, rowKey, etag);
    } catch (error) {
      if (!isRace(error)) throw error;
    }
  }

  async function pendingPackets(): Promise<readonly StoredRow[]> {
    const found: StoredRow[] = [];
    for await (const stored of rows.list(partitionKey, "packet-", "pending")) found.push(stored);
    return found;
  }

  function dealerRow(account: LaneAccount): Row {
    return { partitionKey, rowKey: dealerKey, version: 1, ...spread("account", account) };
  }

  // Gives parts of a pending packet rows of their own. A slice may take it at this very moment: then it stays whole.
  async function divide({ row, etag }: StoredRow, parts: readonly Cut[]): Promise<boolean> {
    const [first, ...more] = parts;
    if (first === undefined) return false;
    const packet = { ...packetOf(row), cut: first, nonce: nonce() };
    const held = await rows.get(partitionKey, dealerKey);
    const account = held === undefined ? emptyAccount : accountOf(held);
    const dealer = dealerRow({ ...account, created: account.created + more.length });
    try {
      await rows.transact([
        { do: "replace", row: packetRow(row.rowKey, packet), etag },
        held === undefined ? { do: "insert", row: dealer } : { do: "replace", row: dealer, etag: held.etag },
        ...more.map(
          (cut): Change => ({ do: "insert", row: packetRow(`packet-${nonce()}`, { ...packet, cut, nonce: nonce() }) }),
        ),
      ]);
      return true;
    } catch (error) {
      if (!isRace(error)) throw error;
      return false;
    }
  }

  async function lanes(): Promise<readonly LaneSeen[]> {
    const found: LaneSeen[] = [];
    for await (const stored of rows.list(partitionKey, "lane-")) found.push(laneOf(stored));
    return found;
  }

  return {
    seed: async (cut, tally = emptyTally) => {
      const parts = splitToFit(cut);
      try {
        await rows.transact([
          ...parts.map(
            (part, index): Change => ({ do: "insert", row: packetRow(`packet-${index}`, freshPacket(part)) }),
          ),
          { do: "insert", row: laneRow(0, { ...emptyAccount, tally, created: parts.length }) },
        ]);
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
      }
    },

    lay: async (walk, cut) => {
      const parts = splitToFit(cut);
      for (;;) {
        const held = await rows.get(partitionKey, dealerKey);
        const account = held === undefined ? emptyAccount : accountOf(held);
        const dealer: Row = dealerRow({ ...account, created: account.created + parts.length });
        try {
          await rows.transact([
            { do: "insert", row: { partitionKey, rowKey: `walk-${walk}`, version: 1 } },
            held === undefined ? { do: "insert", row: dealer } : { do: "replace", row: dealer, etag: held.etag },
            ...parts.map(
              (part, index): Change => ({ do: "insert", row: packetRow(`packet-${walk}-${index}`, freshPacket(part)) }),
            ),
          ]);
          return true;
        } catch (error) {
          if (!isRace(error)) throw error;
          if ((await rows.get(partitionKey, `walk-${walk}`)) !== undefined) return false;
        }
      }
    },

    claim: async (lane, besides) => {
      const pending = (await pendingPackets()).filter(({ row }) => besides?.has(row.rowKey) !== true);
      // Many lanes ask at the same time: each begins at another packet.
      const first = Math.floor(clock.roll() * pending.length);
      for (const stored of [...pending.slice(first), ...pending.slice(0, first)]) {
        const claimed = await claimRow(lane, stored, packetOf(stored.row));
        if (claimed !== undefined) return claimed;
      }
      return undefined;
    },

    requeue: async () => {
      let left = 0;
      await each(rows.list(partitionKey, "packet-"), async (stored) => {
        const packet = packetOf(stored.row);
        if (packet.state === "done") return removeOnce(stored.row.rowKey, stored.etag);
        left++;
        return free(stored, packet.claims);
      });
      await each(rows.list(partitionKey, hungerPrefix), ({ row, etag }) => removeOnce(row.rowKey, etag));
      return left;
    },

    takeBack: (lane) =>
      each(rows.list(partitionKey, "packet-", "claimed"), async (stored) => {
        const { lane: holder, claims } = packetOf(stored.row);
        if (holder === lane) await free(stored, claims);
      }),

    deal: async (wanted) => {
      for (;;) {
        const pending = await pendingPackets();
        let count = pending.length;
        // The largest first, each into as many parts as are still missing.
        const largest = pending
          .map((stored) => ({ stored, cut: packetOf(stored.row).cut }))
          .toSorted((a, b) => pieces(b.cut) - pieces(a.cut));
        for (const { stored, cut } of largest) {
          if (count >= wanted) break;
          const parts = dealt(cut, Math.min(wanted - count + 1, maxGiven));
          if (parts.length > 1 && (await divide(stored, parts))) count += parts.length - 1;
        }
        // What has become several packets may become more: one step has room for so many only.
        if (count >= wanted || count === pending.length) return count;
      }
    },

    wait: async (lane, sinceMs) => {
      const rowKey = `${hungerPrefix}${laneKey(lane)}`;
      if (sinceMs !== undefined)
        return void (await rows.transact([{ do: "put", row: { partitionKey, rowKey, version: 1, sinceMs } }]));
      const there = await rows.get(partitionKey, rowKey);
      if (there !== undefined) await removeOnce(rowKey, there.etag);
    },

    file: async (id) => {
      const there = await rows.get(partitionKey, fileKey(id));
      return there === undefined ? undefined : fileOf(there.row);
    },

    hunger: async () => {
      const lanes: number[] = [];
      const waiting: number[] = [];
      let lastGiftMs = 0;
      for await (const { row } of rows.list(partitionKey, hungerPrefix)) {
        if (row.rowKey === giftKey) lastGiftMs = Number(row["sinceMs"]);
        else {
          lanes.push(Number(row.rowKey.slice(-laneDigits)));
          waiting.push(Number(row["sinceMs"]));
        }
      }
      return { lanes, waiting, lastGiftMs };
    },

    lanes,

    account: async () => (await lanes()).reduce((sum, { account }) => addAccounts(sum, account), emptyAccount),

    failures: async (most) => {
      const found: Failure[] = [];
      for await (const { row } of rows.list(partitionKey, "failed-")) {
        found.push(...(gather("failures", row) as Failure[]));
        if (found.length >= most) break;
      }
      return found.slice(0, most);
    },

    failed: () => failedList(rows, partitionKey, "failed-", run),

    journal: async function* () {
      for await (const { row } of rows.list(partitionKey, "journal-")) yield markOf(row);
    },

    clear: () => each(rows.list(partitionKey, ""), ({ row, etag }) => removeOnce(row.rowKey, etag)),
  };
}

/** The same work in rows that fit into one transaction; they are larger than wanted only when they would be too many. */
export function splitToFit(cut: Cut, most = maxGiven): readonly Cut[] {
  for (let maxBytes = maxCutBytes; ; maxBytes *= 2) {
    const parts = splitCut(cut, maxBytes);
    if (parts.length <= most) return parts;
  }
}

function pieces({ ranges, blocks = [] }: Cut): number {
  return ranges.length + blocks.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Rows that are changed side by side: one after the other, hundreds of lanes would wait for them between two waves. */
const rowsAtOnce = 32;

async function each(found: AsyncIterable<StoredRow>, act: (stored: StoredRow) => Promise<void>): Promise<void> {
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

function lostFile(id: string): LakeError {
  return new LakeError("unexpected", {
    op: "save",
    path: id,
    detail: "the row of a large file is gone from the state table; cancel the run and start it again",
  });
}

function isBusy(error: unknown): boolean {
  return isKind(error, "unavailable") || isKind(error, "throttled");
}

function isRace(error: unknown): boolean {
  return isKind(error, "conflict") || isKind(error, "not-found");
}
