import { type Clock, isDue } from "../core/clock.ts";
import { type Cut, cutBytes, type Gift, maxCutBytes } from "../core/cut.ts";
import type { Activity } from "../core/glance.ts";
import { nextSaveMs } from "../core/saving.ts";
import { addTallies, emptyTally, totalOf } from "../core/tally.ts";
import type { ClaimedPacket } from "../state/claimed.ts";
import { maxGiven, splitToFit } from "../state/fit.ts";
import type { Ledger } from "./ledger.ts";
import type { Waiting } from "./waiting.ts";
import type { Walk } from "./walk.ts";

/** Until a save that could not be made yet is tried again. */
const againMs = 250;

/** The saves of one packet, one after the other, and what of its work is given away with them. */
export type Saves = {
  /** Puts down what the walk says is left, the last time lets the packet go; `suspect`: the name that is about to be started. */
  readonly save: (isLast: boolean, suspect?: string) => Promise<void>;
  /** Resolves once the cut, as it is at some instant from now on, was saved. */
  readonly saved: () => Promise<void>;
  /** Takes so many parts, a share of what is left, out of the walk and saves them; false when there are none. */
  readonly shareOut: (parts: number, share: number) => Promise<boolean>;
  readonly isDue: (nowMs: number) => boolean;
  /** Whether somebody else has taken the packet over. */
  readonly isFenced: () => boolean;
  /** From here on nothing is saved, not even what waits for its turn. */
  readonly end: () => void;
};

/** What saving needs. */
export type SaveMeans = {
  readonly packet: ClaimedPacket;
  /** Asked for with each save: the walk is opened with the means to be saved. */
  readonly walk: () => Walk;
  readonly ledger: Ledger;
  readonly activity: Activity;
  readonly waiting: Waiting;
  readonly clock: Clock;
  /** Between two saves, while the state store is quick. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/** Opens the saves of a packet. */
export function openSaves({ packet, walk, ledger, activity, waiting, clock, everyMs, signal }: SaveMeans): Saves {
  const given: Gift[] = [];
  let unconfirmed = { files: 0, bytes: 0 };
  const saving = {
    everyMs,
    lastMs: clock.nowMs(),
    count: 0,
    isUrgent: false,
    isFenced: false,
    isLetGo: false,
  };
  let lastSave: Promise<void> = Promise.resolve();

  // One save after the other. Cut, tally and journal are taken in the same instant, when it is this one's turn.
  function save(isLast: boolean, suspect?: string): Promise<void> {
    lastSave = lastSave.then(async () => {
      // A packet that was let go is somebody else's, however late a gift was ready.
      if (saving.isFenced || saving.isLetGo) return;
      saving.isLetGo = isLast;
      const cut = isLast ? takeAll() : takeFitting();
      if (cut === undefined) return;
      const startedMs = clock.nowMs();
      const taken = ledger.take();
      const { filesListed, bytesRead, requests } = taken.tally;
      // What was sent has happened, whenever it counts.
      const before = unconfirmed;
      unconfirmed = walk().unconfirmed();
      const files = filesListed + unconfirmed.files - before.files;
      const bytes = bytesRead + unconfirmed.bytes - before.bytes;
      const { seen: acted, spentMs, waits: own } = activity.take();
      const waits = waiting.take(own);
      const glance = { ...acted, ...walk().view(), files, bytes, requests: totalOf(requests), waits };
      const step = {
        cut,
        given: given.splice(0),
        ...taken,
        tally: addTallies(taken.tally, { ...emptyTally, spentMs, waits }),
        glance,
        isLast,
        ...(suspect === undefined ? {} : { suspect }),
      };
      const { ended, wasThrottled } = await packet.save(step, signal);
      saving.isFenced = ended === "fenced";
      if (!saving.isFenced) saving.count++;
      saving.lastMs = clock.nowMs();
      saving.everyMs = nextSaveMs(everyMs, saving.everyMs, { tookMs: saving.lastMs - startedMs, wasThrottled });
    });
    // Whoever waits for a save hears of its failure; so does the next save.
    lastSave.catch(() => undefined);
    return lastSave;
  }

  // What is written down before it is done, by all who ask before the cut is taken. A packet that isn't held any more is never
  // saved again.
  let noting: Promise<void> | undefined;
  function saved(): Promise<void> {
    noting ??= lastSave.then(async () => {
      noting = undefined;
      for (const before = saving.count; saving.count === before; ) {
        signal.throwIfAborted();
        if (saving.isFenced || saving.isLetGo) throw new Error("the packet was taken over");
        // However large the cut is: whoever waits here holds what makes it smaller.
        saving.isUrgent = true;
        await save(false);
        if (saving.count === before) await clock.sleep(againMs, signal);
      }
    });
    return noting;
  }

  // A cut that is too large for its row gives ranges away, and then waits until fewer names are open.
  function takeFitting(): Cut | undefined {
    let cut = walk().cut();
    while (cutBytes(cut) > maxCutBytes) {
      if (given.length >= maxGiven || !giveAway(1)) break;
      cut = walk().cut();
    }
    const isTooLarge = cutBytes(cut) > maxCutBytes;
    walk().hold(isTooLarge);
    // Open names that wait for the ledger to be emptied would never close.
    const mustWait = isTooLarge && !ledger.isFull() && !saving.isUrgent;
    saving.isUrgent = false;
    return mustWait ? undefined : cut;
  }

  // Given away is what the next save puts into rows of its own.
  function giveAway(parts: number, share?: number): boolean {
    const groups = walk().give(parts, share);
    for (const group of groups) given.push(...splitToFit(group));
    return groups.length > 0;
  }

  async function shareOut(parts: number, share: number): Promise<boolean> {
    if (given.length > 0 || !giveAway(parts, share)) return false;
    await save(false);
    return true;
  }

  function takeAll(): Cut {
    const [first = { ranges: [], open: [] }, ...more] = splitToFit(walk().cut(), Math.max(1, maxGiven - given.length));
    given.push(...more);
    return first;
  }

  return {
    save,
    saved,
    shareOut,
    isDue: (nowMs) => isDue(saving.lastMs, saving.everyMs, nowMs),
    isFenced: () => saving.isFenced,
    end: () => {
      saving.isLetGo = true;
    },
  };
}
