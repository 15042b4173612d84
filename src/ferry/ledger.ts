import type { Failure } from "../core/error.ts";
import { fileLine, folderLine, type Span, spanLine, widened } from "../core/journal.ts";
import { type FileOutcome, type FolderOutcome, tallyOfFile, tallyOfFolder } from "../core/outcome.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import { addTallies, emptyTally, type Tally } from "../core/tally.ts";
import type { JournalWriter } from "../state/journal.ts";
import type { Step } from "../state/work.ts";
import type { Meter } from "../wire/meter.ts";

/** Failures may wait for the next save up to this many characters; then whoever brings more waits. */
const maxWaitingUnits = 200_000;
/** Folders with unchanged files that wait for their line. */
const maxSpans = 1000;

/** What happened since the last save: counts, failures, and a line in the journal for everything. */
export type Ledger = {
  readonly file: (path: LakePath, outcome: FileOutcome) => void;
  readonly folder: (path: LakePath, outcome: FolderOutcome) => void;
  /** Everything since the last take; the next begins at zero. */
  readonly take: () => Pick<Step, "tally" | "failures" | "journal">;
  /** True when a save should come soon. */
  readonly isFull: () => boolean;
  /** Resolves when there is room for more, so that failures and lines never fill the memory; rejects when aborted. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  /** Files and folders dealt with, over all saves. */
  readonly items: () => number;
};

/** A ledger at zero that counts the meter's requests as well. */
export function openLedger(meter: Meter, journal: JournalWriter): Ledger {
  let tally = emptyTally;
  let failures: Failure[] = [];
  let waitingUnits = 0;
  let waiters: (() => void)[] = [];
  let items = 0;
  let counted: Pick<Meter, "requests" | "throttles"> = { requests: {}, throttles: 0 };
  let spans = new Map<LakePath, Span>();

  function requestsSinceLast(): Tally {
    const requests: Record<string, number> = {};
    for (const [op, count] of Object.entries(meter.requests)) requests[op] = count - (counted.requests[op] ?? 0);
    const throttles = meter.throttles - counted.throttles;
    counted = { requests: { ...meter.requests }, throttles: meter.throttles };
    return { ...emptyTally, requests, throttles };
  }

  function add(more: Tally, outcome: FileOutcome | FolderOutcome): void {
    items++;
    tally = addTallies(tally, more);
    if (outcome.do !== "failed") return;
    failures.push(outcome.failure);
    waitingUnits += JSON.stringify(outcome.failure).length;
  }

  function writeSpans(): void {
    for (const [folder, span] of spans) journal.add(spanLine(folder, span));
    spans = new Map();
  }

  function isFull(): boolean {
    return waitingUnits >= maxWaitingUnits || journal.isFull();
  }

  return {
    file: (path, outcome) => {
      add(tallyOfFile(outcome), outcome);
      if (outcome.do !== "skipped" || outcome.because !== "same") return journal.add(fileLine(path, outcome));
      const { folder } = splitPath(path);
      spans.set(folder, widened(spans.get(folder), path, outcome));
      if (spans.size >= maxSpans) writeSpans();
    },
    folder: (path, outcome) => {
      add(tallyOfFolder(outcome), outcome);
      journal.add(folderLine(path, outcome));
    },
    isFull,
    room: async (signal) => {
      while (isFull()) {
        signal.throwIfAborted();
        const { promise, resolve } = Promise.withResolvers<void>();
        waiters.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
        await promise;
      }
    },
    items: () => items,
    take: () => {
      writeSpans();
      const mark = journal.mark();
      const taken = {
        tally: addTallies(tally, requestsSinceLast()),
        failures,
        ...(mark === undefined ? {} : { journal: { mark, stored: () => journal.stored(mark) } }),
      };
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
