import type { Failure } from "../core/error.ts";
import { addTallies, emptyTally, type Tally } from "../core/tally.ts";
import type { Meter } from "../wire/meter.ts";

/** Failures may wait for the next save up to this many characters; then whoever brings more waits. */
const maxWaitingUnits = 200_000;

/** What happened since the last save. */
export type Ledger = {
  readonly add: (tally: Tally, failure?: Failure) => void;
  /** Everything since the last take; the next begins at zero. */
  readonly take: () => { readonly tally: Tally; readonly failures: readonly Failure[] };
  /** True when a save should come soon. */
  readonly isFull: () => boolean;
  /** Resolves when there is room for more failures, so that they never fill the memory. */
  readonly room: () => Promise<void>;
  /** Files and folders dealt with, over all saves. */
  readonly files: () => number;
};

/** A ledger at zero that counts the meter's requests as well. */
export function openLedger(meter: Meter): Ledger {
  let tally = emptyTally;
  let failures: Failure[] = [];
  let waitingUnits = 0;
  let waiters: (() => void)[] = [];
  let files = 0;
  let counted: Meter = { requests: {}, throttles: 0 };

  function requestsSinceLast(): Tally {
    const requests: Record<string, number> = {};
    for (const [op, count] of Object.entries(meter.requests)) requests[op] = count - (counted.requests[op] ?? 0);
    const throttles = meter.throttles - counted.throttles;
    counted = { requests: { ...meter.requests }, throttles: meter.throttles };
    return { ...emptyTally, requests, throttles };
  }

  return {
    add: (more, failure) => {
      files += more.filesListed + more.foldersListed;
      tally = addTallies(tally, more);
      if (failure === undefined) return;
      failures.push(failure);
      waitingUnits += JSON.stringify(failure).length;
    },
    isFull: () => waitingUnits >= maxWaitingUnits,
    room: async () => {
      if (waitingUnits >= maxWaitingUnits) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    files: () => files,
    take: () => {
      const taken = { tally: addTallies(tally, requestsSinceLast()), failures };
      tally = emptyTally;
      failures = [];
      waitingUnits = 0;
      const released = waiters;
      waiters = [];
      for (const go of released) go();
      return taken;
    },
  };
}
