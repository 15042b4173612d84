import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import type { Extra, ExtraOutcome } from "../core/extra.ts";
import { whyGen2Refuses } from "../core/names.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import { emptyTally } from "../core/tally.ts";
import type { Sink } from "../lake/lake.ts";
import type { Extras } from "./extras.ts";
import { digestOfNothing, listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import type { Visitor } from "./walk.ts";

type Means = {
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
export function deferringSwaps(visitor: Visitor, { sink, extras, ledger, moved, isDry }: Means): Visitor {
  const deferred = new Map<LakePath, Extra>();

  async function defer(path: LakePath, there: SinkItem, signal: AbortSignal): Promise<void> {
    const mass = await extras.weigh(moved(path), there, signal);
    deferred.set(path, { item: { ...there, name: splitPath(moved(path)).name }, outcome: { do: "extra", mass } });
  }

  function tell(path: LakePath): void {
    const extra = deferred.get(path);
    if (extra !== undefined && deferred.delete(path)) ledger.extra(splitPath(path).folder, [extra]);
  }

  return {
    ...visitor,
    file: async (path, entry, standing, signal) => {
      if (entry === undefined) return visitor.file(path, entry, standing, signal);
      const there = await found(sink, moved(path), standing, signal);
      if (there === "nothing" || there.kind === "file") return visitor.file(path, entry, there, signal);
      await defer(path, there, signal);
      if (isDry) return { do: "planned", plan: "copy", because: "swap", ...listedAs(path, entry) };
      return { do: "skipped", because: "swap", bytes: 0, digest: digestOfNothing };
    },
    folder: async (path, entry, mayBeOurs, there, signal) => {
      if (typeof there !== "object" || there.kind === "folder") {
        return visitor.folder(path, entry, mayBeOurs, there, signal);
      }
      await defer(path, there, signal);
      return isDry ? { do: "planned", plan: "make", because: "swap" } : { do: "skipped", because: "swap" };
    },
    fileDone: (path, outcome) => {
      tell(path);
      visitor.fileDone(path, outcome);
    },
    folderDone: (path, outcome) => {
      tell(path);
      visitor.folderDone(path, outcome);
    },
  };
}

/**
 * The visitor of the walk that deletes, after a run without failures. Both lakes are compared once more, so what is deleted
 * is what is extra now. Items that the run has counted are only checked; what wasn't there before, and what a swap made room
 * for, is brought over and counted.
 */
export function deleting(visitor: Visitor, { sink, extras, ledger, moved, isDry }: Means): Visitor {
  /** Items that this walk brings over; `swap`: they are counted, as put off. */
  const news = new Map<LakePath, { readonly swap?: ExtraOutcome; readonly there?: SinkItem }>();

  // Whether there is room now; it is said with the item what became of what stood there.
  async function hasRoom(path: LakePath, there: SinkItem | "nothing", signal: AbortSignal): Promise<boolean> {
    if (there === "nothing") {
      news.set(path, {});
      return true;
    }
    if (isDry) return false;
    const swap = await extras.makeRoom(moved(path), there, signal);
    news.set(path, { swap, there });
    return swap.do === "deleted";
  }

  // Returns whether the item is to be counted, and takes back what was counted when it was put off.
  function settle(path: LakePath, kind: Entry["kind"]): boolean {
    const item = news.get(path);
    if (item === undefined) return false;
    news.delete(path);
    const { swap, there } = item;
    if (swap === undefined || there === undefined) return true;
    ledger.extra(splitPath(path).folder, [{ item: { ...there, name: splitPath(moved(path)).name }, outcome: swap }]);
    if (swap.do !== "deleted") return false;
    ledger.checked(
      kind === "file"
        ? { ...emptyTally, filesListed: -1, filesSkipped: { swap: -1 } }
        : { ...emptyTally, foldersListed: -1, foldersSkipped: { swap: -1 } },
    );
    return true;
  }

  return {
    ...visitor,
    file: async (path, entry, standing, signal) => {
      const there = await found(sink, moved(path), standing, signal);
      const isThere = there !== "nothing" && (there.kind === "file" || entry === undefined);
      if ((isThere && there.kind === "file") || (isDry && there === "nothing"))
        return { do: "skipped", because: "same", bytes: 0, digest: digestOfNothing };
      if (isThere || (await hasRoom(path, there, signal))) {
        return visitor.file(path, entry, isThere ? there : "nothing", signal);
      }
      return { do: "skipped", because: "swap", bytes: 0, digest: digestOfNothing };
    },
    folder: async (path, entry, mayBeOurs, standing, signal) => {
      const there = await found(sink, moved(path), standing, signal);
      if (there !== "nothing" && there.kind === "folder") return { do: "found" };
      // A dry run has planned it already.
      if (isDry) return { do: "skipped", because: "swap" };
      if (await hasRoom(path, there, signal)) return visitor.folder(path, entry, mayBeOurs, "nothing", signal);
      return { do: "skipped", because: "swap" };
    },
    fileDone: (path, outcome) => {
      if (settle(path, "file")) visitor.fileDone(path, outcome);
      else if (outcome.do === "failed") visitor.folderDone(path, { ...outcome, isPart: true });
      else ledger.checked();
    },
    folderDone: (path, outcome) => {
      if (settle(path, "folder")) visitor.folderDone(path, outcome);
      else if (outcome.do === "failed") visitor.folderDone(path, { ...outcome, isPart: true });
      else ledger.checked();
    },
  };
}
