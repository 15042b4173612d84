import type { Clock } from "../core/clock.ts";
import type { Cut } from "../core/cut.ts";
import type { Failure } from "../core/error.ts";
import type { JournalMark } from "../core/journal.ts";
import type { LargeFileState } from "../core/largeFile.ts";
import type { NameList } from "../core/nameList.ts";
import type { LakePath } from "../core/path.ts";
import type { Tally } from "../core/tally.ts";
import type { ClaimedPacket } from "./claimed.ts";
import { dealPackets } from "./dealing.ts";
import { failedList } from "./failedList.ts";
import { type Hunger, hungerIn, hungerPrefix, saysHungry } from "./hunger.ts";
import type { JournalLines } from "./journal.ts";
import { largeFileIn } from "./largeFiles.ts";
import { claimAny, each, layPackets, requeuePackets, seedPackets, takeBackFrom } from "./packets.ts";
import { removeOnce } from "./races.ts";
import { gather, type Rows, type StoredRow } from "./rows.ts";
import { addAccounts, emptyAccount, type LaneAccount, laneOf, type LaneSeen, markOf, type Place } from "./workRows.ts";

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
  readonly hasFailed: (path: LakePath) => Promise<boolean>;
  /** All names that failed, and those that a fault rule has skipped: of them only the journal tells. */
  readonly failed: (journal: JournalLines) => NameList;
  /** The committed parts of the journal, ascending by blob. */
  readonly journal: () => AsyncIterable<JournalMark>;
  /** Removes all rows of a run that has ended. May be repeated. */
  readonly clear: () => Promise<void>;
};

/** Opens the work of a run. `nonce` gives a text that nobody else has. */
export function openWork(rows: Rows, run: string, nonce: () => string, clock: Clock): Work {
  const partitionKey = `work-${run}`;
  const place: Place = { rows, partitionKey, nonce, clock };

  const remove = ({ row, etag }: StoredRow) => removeOnce(rows, partitionKey, row.rowKey, etag);

  async function lanes(): Promise<readonly LaneSeen[]> {
    const found: LaneSeen[] = [];
    for await (const stored of rows.list(partitionKey, "lane-")) found.push(laneOf(stored));
    return found;
  }

  return {
    seed: (cut, tally) => seedPackets(place, cut, tally),
    lay: (walk, cut) => layPackets(place, walk, cut),
    claim: (lane, besides) => claimAny(place, lane, besides),
    requeue: async () => {
      const left = await requeuePackets(place);
      await each(rows.list(partitionKey, hungerPrefix), remove);
      return left;
    },
    takeBack: (lane) => takeBackFrom(place, lane),
    deal: (wanted) => dealPackets(place, wanted),
    wait: (lane, sinceMs) => saysHungry(place, lane, sinceMs),
    file: (id) => largeFileIn(place, id),
    hunger: () => hungerIn(place),
    lanes,
    account: async () => (await lanes()).reduce((sum, { account }) => addAccounts(sum, account), emptyAccount),

    failures: async (most) => {
      const found: Failure[] = [];
      for await (const { row } of rows.list(partitionKey, "failed-", undefined, undefined, most)) {
        found.push(...(gather("failures", row) as Failure[]));
        if (found.length >= most) break;
      }
      return found.slice(0, most);
    },

    hasFailed: async (path) => {
      for await (const { row } of rows.list(partitionKey, "failed-")) {
        if ((gather("failures", row) as readonly Failure[]).some((failure) => failure.path === path)) return true;
      }
      return false;
    },

    failed: (journal) => failedList(rows, partitionKey, "failed-", run, journal),

    journal: async function* () {
      for await (const { row } of rows.list(partitionKey, "journal-")) yield markOf(row);
    },

    clear: () => each(rows.list(partitionKey, ""), remove),
  };
}
