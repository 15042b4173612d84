import { type Budget, budget } from "../core/budget.ts";
import type { Cut, CutRange } from "../core/cut.ts";
import type { Entry } from "../core/entry.ts";
import { failureOf, isLakeError } from "../core/error.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import { childPath, type LakePath } from "../core/path.ts";
import { isBeyond, isOrderSafe } from "../core/range.ts";
import type { Source } from "../lake/lake.ts";

/** What a walk asks of its owner. Files run many at a time; the walk stops at the first error that is thrown. */
export type Visitor = {
  /**
   * Deals with one file; `entry` is missing for a name that an earlier walk had started. A postponed file stays open: it
   * is what is left for a later walk.
   */
  readonly file: (
    path: LakePath,
    entry: Entry | undefined,
    isFresh: boolean,
    signal: AbortSignal,
  ) => Promise<FileOutcome | "postponed">;
  /** Prepares one folder, before anything in it is listed. */
  readonly folder: (path: LakePath, signal: AbortSignal) => Promise<FolderOutcome>;
  /** Told in the same instant as the cut changes, so that cut and count never disagree. */
  readonly fileDone: (path: LakePath, outcome: FileOutcome) => void;
  readonly folderDone: (path: LakePath, outcome: FolderOutcome) => void;
};

/** How wide a walk may go. */
export type Width = { readonly listings: number; readonly files: number };

/** A walk under way. */
export type Walk = {
  /** What is left at this instant. */
  readonly cut: () => Cut;
  /** Starts nothing new; what is in flight goes on. */
  readonly stop: () => void;
  /** Resolves when nothing runs any more; rejects with the first error that isn't about one name. */
  readonly ended: Promise<void>;
};

/** How many listed names a walk keeps in memory, over all folders it stands in. */
const maxHeldEntries = 100_000;

// A folder being walked. `after` is the last name that was started; `page` what was listed and not yet started.
type Frame = {
  readonly folder: LakePath;
  after: string | undefined;
  readonly upTo: string | undefined;
  /** The sink has nothing here that we didn't write. */
  readonly isFresh: boolean;
  /** What became of the folder itself, until it is counted: with its first name, or when it turns out to be empty. */
  uncounted: FolderOutcome | undefined;
  page: readonly Entry[];
  at: number;
  isListed: boolean;
};

/** Walks what a cut says is left, depth first, several folders at once; memory is bounded by the width, not the lake. */
export function startWalk(source: Source, cut: Cut, visitor: Visitor, width: Width, signal: AbortSignal): Walk {
  const standing: Frame[] = [];
  const moving = new Set<Frame>();
  const open = new Set<LakePath>(cut.open);
  const inFlight = new Set<Promise<void>>();
  const slots: Budget = budget(width.files);
  let isStopped = false;
  let firstError: { readonly error: unknown } | undefined;
  let wake: (() => void)[] = [];

  function stop(): void {
    isStopped = true;
    wakeAll();
  }

  function fail(error: unknown): void {
    firstError ??= { error };
    stop();
  }

  function wakeAll(): void {
    const sleepers = wake;
    wake = [];
    for (const up of sleepers) up();
  }

  function startFile(path: LakePath, entry: Entry | undefined, isFresh: boolean, release: () => void): void {
    const running = visitor
      .file(path, entry, isFresh, signal)
      .then((outcome) => {
        if (outcome === "postponed") return;
        open.delete(path);
        visitor.fileDone(path, outcome);
      }, fail)
      .finally(() => {
        release();
        inFlight.delete(running);
      });
    inFlight.add(running);
  }

  async function resumeOpenNames(): Promise<void> {
    for (const path of cut.open) {
      const release = await slots.take(1);
      if (isStopped) return release();
      startFile(path, undefined, false, release);
    }
  }

  // Returns whether there is a page to go on with.
  async function listMore(frame: Frame): Promise<boolean> {
    try {
      const page = await source.list(frame.folder, frame.after, signal);
      frame.page = page.entries;
      frame.at = 0;
      frame.isListed = page.next === undefined;
      return true;
    } catch (error) {
      if (signal.aborted || !isLakeError(error) || error.retry === "exhausted") throw error;
      // A folder that can't be listed is one failure; the rest of the lake goes on. Nothing of it is left from the very
      // instant it is counted.
      frame.uncounted = undefined;
      frame.page = [];
      frame.isListed = true;
      visitor.folderDone(frame.folder, { do: "failed", failure: failureOf(error, "LISTSTATUS", frame.folder) });
      return false;
    }
  }

  // Works on one folder until it is done, and on the subfolders it meets on the way down.
  async function advance(first: Frame): Promise<void> {
    let frame = first;
    moving.add(frame);
    while (!isStopped) {
      const entry = frame.page[frame.at];
      if (entry === undefined) {
        if (!frame.isListed && (await listMore(frame))) continue;
        return leave(frame);
      }
      if (isBeyond(entry.name, frame.upTo)) {
        // Beyond a bound that both name orders agree on there is nothing more for us; else go on and filter.
        if (frame.upTo !== undefined && isOrderSafe(frame.upTo)) return leave(frame);
        pass(frame, entry);
        continue;
      }
      const path = childPath(frame.folder, entry.name);
      if (entry.kind === "file") {
        const release = await slots.take(1);
        if (isStopped) return release();
        pass(frame, entry);
        open.add(path);
        startFile(path, entry, frame.isFresh, release);
        continue;
      }
      const outcome = await visitor.folder(path, signal);
      pass(frame, entry);
      if (outcome.do === "skipped" || outcome.do === "failed") {
        visitor.folderDone(path, outcome);
        continue;
      }
      moving.delete(frame);
      standing.push(frame);
      frame = newFrame({ folder: path, ...(outcome.do === "made" ? { fresh: true } : {}) }, outcome);
      moving.add(frame);
      forgetFarPages();
      wakeAll();
    }
  }

  function pass(frame: Frame, entry: Entry): void {
    countFolder(frame);
    frame.at++;
    frame.after = entry.name;
  }

  function leave(frame: Frame): void {
    countFolder(frame);
    moving.delete(frame);
  }

  function countFolder(frame: Frame): void {
    if (frame.uncounted !== undefined) visitor.folderDone(frame.folder, frame.uncounted);
    frame.uncounted = undefined;
  }

  // Oldest first: the walk comes back to them last. Their pages are listed again then.
  function forgetFarPages(): void {
    let held = standing.reduce((sum, frame) => sum + frame.page.length - frame.at, 0);
    for (const frame of standing) {
      if (held <= maxHeldEntries) return;
      held -= frame.page.length - frame.at;
      if (frame.page.length > frame.at) frame.isListed = false;
      frame.page = [];
      frame.at = 0;
    }
  }

  async function work(): Promise<void> {
    while (!isStopped) {
      const frame = standing.pop();
      if (frame !== undefined) await advance(frame);
      else if (moving.size === 0) return wakeAll();
      else await new Promise<void>((resolve) => wake.push(resolve));
    }
  }

  async function run(): Promise<void> {
    await Promise.all([
      resumeOpenNames().catch(fail),
      ...Array.from({ length: width.listings }, () => work().catch(fail)),
    ]);
    while (inFlight.size > 0) await Promise.all(inFlight);
    if (firstError !== undefined) throw firstError.error;
  }

  for (const range of cut.ranges.toReversed()) {
    // A range without a beginning is a folder that an earlier walk had prepared and not yet counted.
    const uncounted =
      range.after === undefined ? ({ do: range.fresh === true ? "made" : "found" } as const) : undefined;
    standing.push(newFrame(range, uncounted));
  }

  return {
    cut: () => ({
      ranges: [...standing, ...moving]
        .filter((frame) => !frame.isListed || frame.at < frame.page.length || frame.uncounted !== undefined)
        .map(rangeOf),
      open: [...open],
    }),
    stop,
    ended: run(),
  };
}

function newFrame(range: CutRange, uncounted: FolderOutcome | undefined): Frame {
  const { folder, after, upTo, fresh } = range;
  return { folder, after, upTo, isFresh: fresh === true, uncounted, page: [], at: 0, isListed: false };
}

function rangeOf({ folder, after, upTo, isFresh }: Frame): CutRange {
  return {
    folder,
    ...(after === undefined ? {} : { after }),
    ...(upTo === undefined ? {} : { upTo }),
    ...(isFresh ? { fresh: true as const } : {}),
  };
}
