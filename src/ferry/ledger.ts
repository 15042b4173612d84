import { type Assessed, openAssessing } from "../core/assessment.ts";
import { budget } from "../core/budget.ts";
import type { Failure } from "../core/error.ts";
import { extraLine, fileLine, folderLine, joinedLine } from "../core/journal.ts";
import { type FileOutcome, type FolderOutcome, tallyOfFile, tallyOfFindings, tallyOfFolder } from "../core/outcome.ts";
import { type Extra, tallyOfExtra } from "../core/extra.ts";
import { childPath, type LakePath } from "../core/path.ts";
import { addStaged, type LargeFile, type Staged } from "../core/largeFile.ts";
import type { SkipReason, Tally } from "../core/tally.ts";
import { openSum } from "../core/sum.ts";
import type { Way } from "../core/way.ts";
import type { JournalWriter } from "../state/journal.ts";
import { maxLarge, type Step } from "../state/claimed.ts";
import type { Counting } from "../state/workRows.ts";
import type { Meter } from "../wire/meter.ts";
import { openSpans } from "./spans.ts";

/** Failures may wait for the next save up to this many characters; then whoever brings more waits. */
const maxWaitingUnits = 200_000;

/** What happened since the last save: counts, failures, and a line in the journal for everything. */
export type Ledger = {
  readonly file: (path: LakePath, outcome: FileOutcome) => void;
  readonly folder: (path: LakePath, outcome: FolderOutcome) => void;
  /** Items that only the sink has in a folder of the source. */
  readonly extra: (folder: LakePath, found: readonly Extra[]) => void;
  /** Items that are counted already and were looked at once more; `more` is what that changes in the books. */
  readonly checked: (more?: Partial<Tally>) => void;
  /** A file that an audit found the same. */
  readonly same: (path: LakePath, file: FileOutcome) => void;
  /** Items in folders that only the sink has, which are told at their end. */
  readonly weighed: (items: number) => void;
  /** Bytes of the source that were read to be compared. */
  readonly compared: (bytes: number) => void;
  /** What an assessment has seen that is no item. */
  readonly assessed: (more: Partial<Assessed>) => void;
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
  /** Files, folders and pieces of large files dealt with, over all saves. */
  readonly items: () => number;
  /** What is counted and not yet taken. */
  readonly unsaved: () => Counting;
};

/** A ledger at zero that counts the meter's requests as well; the journal says where an item is at the sink, if under other names. */
export function openLedger(meter: Meter, journal: JournalWriter, way: Way): Ledger {
  const { renamed, moved, sourceOf } = way;
  const sum = openSum();
  let failures: Failure[] = [];
  let waitingUnits = 0;
  let waiters: (() => void)[] = [];
  let items = 0;
  let counted: Pick<Meter, "requests" | "throttles"> = { requests: {}, throttles: 0 };
  const spans = openSpans(journal.add);
  const places = budget(maxLarge);
  const left: (() => void)[] = [];
  let opened: LargeFile[] = [];
  let staged = new Map<string, Staged>();
  const assessing = openAssessing();

  function requestsSinceLast(): Partial<Tally> {
    const requests: Record<string, number> = {};
    for (const [op, count] of Object.entries(meter.requests)) requests[op] = count - (counted.requests[op] ?? 0);
    const throttles = meter.throttles - counted.throttles;
    counted = { requests: { ...meter.requests }, throttles: meter.throttles };
    return { requests, throttles };
  }

  function add(path: LakePath, more: Partial<Tally>, outcome: FileOutcome | FolderOutcome): void {
    items++;
    sum.add(more);
    const findings = tallyOfFindings(path, outcome);
    if (findings !== undefined) sum.add(findings);
    if ("assessed" in outcome && outcome.assessed !== undefined) assessing.add(outcome.assessed);
    if (outcome.do !== "failed") return;
    failures.push(outcome.failure);
    waitingUnits += JSON.stringify(outcome.failure).length;
  }

  function isFull(): boolean {
    return waitingUnits >= maxWaitingUnits || journal.isFull() || left.length >= maxLarge / 2;
  }

  return {
    file: (path, outcome) => {
      add(path, tallyOfFile(outcome), outcome);
      const because = spanOf(outcome);
      if (because === undefined) return journal.add(fileLine(path, outcome, renamed(path)));
      spans.add(path, because, outcome);
    },
    folder: (path, outcome) => {
      add(path, tallyOfFolder(outcome), outcome);
      const because = spanOf(outcome);
      if (because === undefined) return journal.add(folderLine(path, outcome, renamed(path)));
      spans.add(path, because);
    },
    extra: (folder, found) => {
      for (const extra of found) {
        items++;
        sum.add(tallyOfExtra(extra));
        const { name: there, origin } = extra.item;
        const name = origin?.name ?? sourceOf(there) ?? there;
        const under = extra.under ?? moved(folder);
        const isPlain = name === there && under === moved(folder) && renamed(folder) === undefined;
        journal.add(extraLine(childPath(folder, name), extra, isPlain ? undefined : childPath(under, there)));
      }
    },
    checked: (more = {}) => {
      items++;
      sum.add(more);
      sum.add({ checked: 1 });
    },
    same: (path, file) => {
      spans.add(path, "same", file);
      items++;
      sum.add({ checked: 1 });
    },
    weighed: (count) => {
      items++;
      sum.add({ weighed: count });
    },
    compared: (bytes) => sum.add({ bytesRead: bytes }),
    assessed: assessing.add,
    joined: (folder, how) => {
      sum.add({ joined: { [how]: 1 } });
      journal.add(joinedLine(folder, how));
    },
    large: async (signal) => {
      const release = await places.take(1, signal);
      return () => void left.push(release);
    },
    opened: (file) => void opened.push(file),
    staged: (blocks, bytes) => {
      items++;
      const sent = blocks.failure === undefined ? blocks.blocks : 0;
      sum.add({ blocksSent: sent, bytesRead: bytes });
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
    unsaved: () => ({ tally: sum.items(), failed: failures.length }),
    take: () => {
      spans.write();
      const mark = journal.mark();
      const assessed = assessing.take();
      sum.add(requestsSinceLast());
      if (assessed !== undefined) sum.add({ assessed });
      const taken = {
        tally: sum.take(),
        failures,
        ...(opened.length + staged.size === 0 ? {} : { large: { opened, staged: [...staged.values()] } }),
        ...(mark === undefined ? {} : { journal: { mark, stored: () => journal.stored(mark) } }),
      };
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

// Unchanged and unselected items have no line of their own: they are told together.
function spanOf(outcome: FileOutcome | FolderOutcome): SkipReason | undefined {
  // What is known of an item's access has a line.
  const isPlain = outcome.do === "skipped" && outcome.carried === undefined;
  const because = isPlain ? outcome.because : undefined;
  return because === "same" || because === "filtered" ? because : undefined;
}
