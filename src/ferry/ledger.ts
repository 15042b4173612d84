import { budget } from "../core/budget.ts";
import type { SinkEntry } from "../core/entry.ts";
import type { Failure } from "../core/error.ts";
import { extraLine, fileLine, folderLine, joinedLine, type Span, spanLine, widened } from "../core/journal.ts";
import { type FileOutcome, type FolderOutcome, tallyOfExtra, tallyOfFile, tallyOfFolder } from "../core/outcome.ts";
import { childPath, type LakePath, splitPath } from "../core/path.ts";
import { addStaged, type LargeFile, type Staged } from "../core/largeFile.ts";
import { addTallies, emptyTally, type Tally } from "../core/tally.ts";
import type { JournalWriter } from "../state/journal.ts";
import { maxLarge, type Step } from "../state/work.ts";
import type { Meter } from "../wire/meter.ts";

/** Failures may wait for the next save up to this many characters; then whoever brings more waits. */
const maxWaitingUnits = 200_000;
/** Folders with unchanged files that wait for their line. */
const maxSpans = 1000;

/** What happened since the last save: counts, failures, and a line in the journal for everything. */
export type Ledger = {
  readonly file: (path: LakePath, outcome: FileOutcome) => void;
  readonly folder: (path: LakePath, outcome: FolderOutcome) => void;
  /** Items that only the sink has in a folder of the source. */
  readonly extra: (folder: LakePath, items: readonly SinkEntry[]) => void;
  readonly joined: (folder: LakePath, how: "hashed" | "asked") => void;
  /**
   * Resolves when one more large file may be opened, or its blocks be sent, so that they never fill a step; the place is
   * free again with the save after its release.
   */
  readonly large: (signal: AbortSignal) => Promise<() => void>;
  readonly opened: (file: LargeFile) => void;
  readonly staged: (blocks: Staged, bytes: number) => void;
  /** Everything since the last take; the next begins at zero. */
  readonly take: () => Pick<Step, "tally" | "failures" | "journal" | "large">;
  /** True when a save should come soon. */
  readonly isFull: () => boolean;
  /** Resolves when there is room for more, so that failures and lines never fill the memory; rejects when aborted. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  /** Files and folders dealt with, over all saves. */
  readonly items: () => number;
  /** What is counted and not yet taken. */
  readonly unsaved: () => { readonly listed: number; readonly failed: number };
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
  const places = budget(maxLarge);
  const left: (() => void)[] = [];
  let opened: LargeFile[] = [];
  let staged = new Map<string, Staged>();

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
    return waitingUnits >= maxWaitingUnits || journal.isFull() || left.length >= maxLarge / 2;
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
    extra: (folder, found) => {
      for (const item of found) {
        tally = addTallies(tally, tallyOfExtra(item));
        journal.add(extraLine(childPath(folder, item.name), item));
      }
    },
    joined: (folder, how) => {
      tally = addTallies(tally, { ...emptyTally, joined: { [how]: 1 } });
      journal.add(joinedLine(folder, how));
    },
    large: async (signal) => {
      const release = await places.take(1, signal);
      return () => void left.push(release);
    },
    opened: (file) => void opened.push(file),
    staged: (blocks, bytes) => {
      const sent = blocks.failure === undefined ? blocks.blocks : 0;
      tally = addTallies(tally, { ...emptyTally, blocksSent: sent, bytesRead: bytes });
      staged.set(blocks.file, addStaged(staged.get(blocks.file), blocks));
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
    unsaved: () => ({ listed: tally.filesListed + tally.foldersListed, failed: failures.length }),
    take: () => {
      writeSpans();
      const mark = journal.mark();
      const taken = {
        tally: addTallies(tally, requestsSinceLast()),
        failures,
        ...(opened.length + staged.size === 0 ? {} : { large: { opened, staged: [...staged.values()] } }),
        ...(mark === undefined ? {} : { journal: { mark, stored: () => journal.stored(mark) } }),
      };
      tally = emptyTally;
      failures = [];
      waitingUnits = 0;
      const released = waiters;
      waiters = [];
      opened = [];
      staged = new Map();
      for (const go of [...released, ...left.splice(0)]) go();
      return taken;
    },
  };
}
