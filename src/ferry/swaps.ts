import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import { errandOf, type ItemErrand } from "../core/errand.ts";
import { isKind } from "../core/error.ts";
import { whyGen2Refuses } from "../core/names.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import { emptyTally, type Tally } from "../core/tally.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { Extras } from "./extras.ts";
import { digestOfNothing, listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import type { Deferred, ListedOutcome, Visitor } from "./visitor.ts";

type Means = {
  readonly run: string;
  readonly source: Source;
  readonly sink: Sink;
  readonly extras: Extras;
  readonly ledger: Ledger;
  readonly moved: (path: LakePath) => LakePath;
  /** A swap is planned and not put off. */
  readonly isDry: boolean;
};

/** What stands there, looked up where nobody has yet. */
async function found(sink: Sink, to: LakePath, there: Standing, signal: AbortSignal): Promise<SinkItem | "nothing"> {
  if (there !== "unknown") return there;
  return whyGen2Refuses(to) === undefined ? ((await sink.stat(to, signal)) ?? "nothing") : "nothing";
}

/**
 * A visitor for a run that deletes, before it may: a file where the source has a folder by now, or the other way round, is
 * left for later, and what would have to go is counted with the extra items.
 */
export function deferringSwaps(visitor: Visitor, { source, sink, moved, isDry }: Means): Visitor {
  // Whatever goes wrong here goes wrong again for whoever deals with the item.
  async function inTheWay(
    kind: Entry["kind"],
    to: LakePath,
    there: Standing,
    signal: AbortSignal,
  ): Promise<SinkItem | undefined> {
    try {
      const item = await found(sink, to, there, signal);
      return item === "nothing" || item.kind === kind ? undefined : item;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async function kindAt(
    path: LakePath,
    entry: Entry | undefined,
    signal: AbortSignal,
  ): Promise<Entry["kind"] | undefined> {
    try {
      return (entry ?? (await source.stat(path, signal))).kind;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  function weighing(path: LakePath, there: SinkItem): ItemErrand {
    return errandOf("weigh", path, { ...there, name: splitPath(moved(path)).name });
  }

  return {
    ...visitor,
    file: async (path, entry, standing, signal) => {
      const kind = await kindAt(path, entry, signal);
      if (kind === "folder" && entry === undefined) return kind;
      const there = kind === "file" ? await inTheWay(kind, moved(path), standing, signal) : undefined;
      if (there === undefined) return visitor.file(path, entry, standing, signal);
      const file: FileOutcome = isDry
        ? { do: "planned", plan: "copy", because: "swap", ...listedAs(path, entry) }
        : { do: "skipped", because: "swap", bytes: 0, digest: digestOfNothing };
      return { do: "deferred", errand: weighing(path, there), file };
    },
    folder: async (path, entry, mayBeOurs, standing, signal) => {
      const there = await inTheWay("folder", moved(path), standing, signal);
      if (there === undefined) return visitor.folder(path, entry, mayBeOurs, standing, signal);
      const folder: FolderOutcome = isDry
        ? { do: "planned", plan: "make", because: "swap" }
        : { do: "skipped", because: "swap" };
      return { do: "deferred", errand: weighing(path, there), folder };
    },
  };
}

/**
 * The visitor of the walk that deletes, after a run without failures. Both lakes are compared once more, so what is deleted
 * is what is extra now. Items that the run has counted are only checked; what isn't there, and what something has to make room
 * for, is an errand: it is written down before anything is done, so that however often it is begun it is counted once.
 */
export function deleting(visitor: Visitor, { run, source, sink, extras, ledger, moved, isDry }: Means): Visitor {
  /** What became of items that are counted already, and of folders that aren't. */
  const checks = new WeakSet<FileOutcome>();
  const brought = new WeakSet<FolderOutcome>();

  function checked(outcome: FileOutcome): FileOutcome {
    checks.add(outcome);
    return outcome;
  }

  function same(): FileOutcome {
    return checked({ do: "skipped", because: "same", bytes: 0, digest: digestOfNothing });
  }

  function lacking(path: LakePath, there: SinkItem | "nothing"): Deferred {
    if (there === "nothing") return { do: "deferred", errand: { do: "bring", path } };
    return { do: "deferred", errand: errandOf("swap", path, { ...there, name: splitPath(moved(path)).name }) };
  }

  // It was counted as put off when the walk before came by, unless that walk has written what is in its way.
  function takenUp({ item }: ItemErrand): Tally {
    if (item.origin?.run === run) return emptyTally;
    return item.kind === "folder"
      ? { ...emptyTally, filesListed: -1, filesSkipped: { swap: -1 } }
      : { ...emptyTally, foldersListed: -1, foldersSkipped: { swap: -1 } };
  }

  async function bring(path: LakePath, signal: AbortSignal): Promise<ListedOutcome | "postponed"> {
    const file = await visitor.file(path, undefined, "unknown", signal);
    if (file === "postponed") return file;
    if (file !== "folder") return { path, file };
    const made = await visitor.folder(path, undefined, true, "unknown", signal);
    if (made === "postponed" || made.do === "deferred") return made === "postponed" ? made : { path, folder: made };
    // Whoever has made it meanwhile: a range of it that is saved now belongs to a folder that isn't counted.
    const folder: FolderOutcome = made.do === "found" ? { do: "made", before: true } : made;
    brought.add(folder);
    return { path, folder };
  }

  return {
    ...visitor,
    file: async (path, entry, standing, signal) => {
      try {
        const { kind } = entry ?? (await source.stat(path, signal));
        if (kind === "folder" && entry === undefined) return kind;
        const there = await found(sink, moved(path), standing, signal);
        return isDry || (there !== "nothing" && there.kind === "file") ? same() : lacking(path, there);
      } catch (error) {
        // What the source has lost since it was listed is counted, and the next run's business.
        if (isKind(error, "not-found")) return same();
        const outcome = await visitor.unlisted(path, error, signal);
        if (outcome === "postponed" || (outcome.do !== "failed" && outcome.do !== "skipped")) return "postponed";
        return checked({ ...outcome, ...listedAs(path, entry) });
      }
    },
    folder: async (path, _entry, _mayBeOurs, standing, signal) => {
      try {
        const there = await found(sink, moved(path), standing, signal);
        if (there !== "nothing" && there.kind === "folder") return { do: "found" };
        // A dry run has planned it already.
        return isDry ? { do: "skipped", because: "swap" } : lacking(path, there);
      } catch (error) {
        return visitor.unlisted(path, error, signal);
      }
    },
    errand: async (errand, running, signal) => {
      if (errand.do === "swap") {
        let hasRoom = false;
        const over = (isGone: boolean) => {
          hasRoom = isGone;
          ledger.checked(isGone ? takenUp(errand) : emptyTally);
          running.moved(isGone ? { do: "bring", path: errand.path } : undefined);
        };
        const end = await extras.makeRoom(errand, over, running, visitor.unlisted, signal);
        if (end !== "over" || !hasRoom) return end;
      } else if (errand.do !== "bring") return visitor.errand(errand, running, signal);
      // What stands there after a worker was lost is counted because it was to be brought over.
      if (errand.do === "swap" || !running.isResumed) await running.saved();
      return running.isStopped() ? "stopped" : bring(errand.path, signal);
    },
    fileDone: (path, outcome) => {
      if (!checks.has(outcome)) visitor.fileDone(path, outcome);
      else if (outcome.do === "failed") visitor.folderDone(path, { ...outcome, isPart: true });
      else ledger.checked();
    },
    folderDone: (path, outcome) => {
      if (outcome.do === "made" || brought.has(outcome)) visitor.folderDone(path, outcome);
      else if (outcome.do === "failed") visitor.folderDone(path, { ...outcome, isPart: true });
      else ledger.checked();
    },
  };
}
