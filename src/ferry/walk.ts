import type { Budget } from "../core/budget.ts";
import { blocksIn, type Cut, errandsIn, type Gift, listsIn } from "../core/cut.ts";
import type { Known } from "../core/glance.ts";
import type { ListItem, NameList } from "../core/nameList.ts";
import { type LakePath, rootPath } from "../core/path.ts";
import type { Selection } from "../core/selection.ts";
import type { Source } from "../lake/lake.ts";
import { openBlockWalk } from "./blockWalk.ts";
import { openCourse } from "./course.ts";
import { openErrandWalk } from "./errandWalk.ts";
import { openFileWalk } from "./fileWalk.ts";
import { openFolderWalk } from "./folderWalk.ts";
import { openListWalk } from "./listWalk.ts";
import type { Beside } from "./march.ts";
import { giftsOf } from "./parting.ts";
import type { ListedOutcome, Visitor } from "./visitor.ts";

/** What is walked besides all that is in the ranges of a cut. */
export type Chosen = {
  readonly beside?: Beside | undefined;
  /** What of each folder is selected. */
  readonly selection?: Selection | undefined;
  /** The list that the cut's parts of lists are of. */
  readonly list?: NameList | undefined;
  /** Resolves once the cut, as it is at some instant from now on, was saved. */
  readonly saved?: (() => Promise<void>) | undefined;
};

/** How wide a walk may go: folders at a time, and the slots its files take, which others may share. */
export type Width = { readonly listings: number; readonly files: Budget };

/** A walk under way. */
export type Walk = {
  /** What is left at this instant. */
  readonly cut: () => Cut;
  /** Starts nothing new; what is in flight goes on. */
  readonly stop: () => void;
  /** Looks again at the source of what was sent so far, so that it counts, without waiting for the ends of pages. */
  readonly settle: () => void;
  /** Starts no new names for as long as it holds, so that the open ones become fewer. */
  readonly hold: (isHeld: boolean) => void;
  /** While it seeks, folders come before files: others wait for the work that lies deeper. */
  readonly seek: (isSeeking: boolean) => void;
  /** Ranges that nobody stands in. */
  readonly spare: () => number;
  /** Takes at most so many parts, a share of what is left, out of this walk, for others; the largest ranges come first. */
  readonly give: (parts: number, share?: number) => readonly Gift[];
  /** Looks for places at which a wide folder can be cut, so that there is more to give; may find none. */
  readonly spread: (parts: number) => Promise<void>;
  /** Where the walk is, and the files and bytes that it knows of and hasn't started. */
  readonly view: () => { readonly path: LakePath; readonly known: Known };
  /** Files that were sent and don't count yet, and the bytes read for them. */
  readonly unconfirmed: () => { readonly files: number; readonly bytes: number };
  /** Resolves when nothing runs any more; rejects with the first error that isn't about one name. */
  readonly ended: Promise<void>;
};

/** Walks what a cut says is left, depth first, several folders at once; memory is bounded by the width, not the lake. */
export function startWalk(
  source: Source,
  cut: Cut,
  visitor: Visitor,
  width: Width,
  signal: AbortSignal,
  { beside, selection, list, saved }: Chosen = {},
): Walk {
  let isHeld = false;
  let isSeeking = false;
  let isResuming = true;
  const course = openCourse(width.files, () => files.closeAll());
  const files = openFileWalk(
    cut.open,
    {
      source,
      visitor,
      course,
      looksAtOnce: width.listings,
      enter: (path, close) => folders.enterOpen(path, close),
      defer: (errand) => errands.add([errand]),
      part: (file) => blocks.add(file),
    },
    signal,
  );
  const blocks = openBlockWalk(blocksIn(cut), {
    isStopped: course.isStopped,
    slot: course.slot,
    send: async (run) => files.confirmed(run.path, await visitor.blocks(run, { ending: course.ending }, signal)),
    finish: files.finish,
    track: course.track,
  });
  const errands = openErrandWalk(errandsIn(cut), {
    isStopped: course.isStopped,
    saved: saved ?? (() => Promise.resolve()),
    tell: visitor.extraDone,
    failed: (path, failure) => visitor.folderDone(path, { do: "failed", failure, isPart: true }),
    perform: (errand, means) => visitor.errand(errand, means, signal),
    conclude,
    track: (running, over) =>
      course.track(running, () => {
        over();
        course.wakeAll();
      }),
  });
  const folders = openFolderWalk(
    cut.ranges,
    {
      source,
      visitor,
      selection,
      beside,
      course,
      files,
      errands,
      isSeeking: () => isSeeking,
      mustWait,
      held,
      isMoreToCome: () => isResuming || !errands.isIdle(),
    },
    signal,
  );
  const lines = list === undefined ? undefined : openListWalk(list, listsIn(cut), startLine);

  // Begins with an entry of a list as soon as there is a slot for it, and no more folders than can be walked soon.
  async function startLine(item: ListItem, close: () => void): Promise<"started" | "stopped"> {
    await held();
    while (folders.waiting() > 2 * width.listings && !course.isStopped()) await course.asleep();
    const release = await course.slot();
    if (release === undefined) return "stopped";
    const running = visitor.listed(item, visitor, signal).then(async (outcome) => {
      if (outcome !== "postponed") await conclude(outcome, close);
    });
    course.track(running, release);
    return "started";
  }

  // Goes on with a file or a folder that didn't come from a listing; its line or errand is closed in the instant it counts.
  async function conclude(outcome: ListedOutcome, close: () => void): Promise<"over" | "postponed"> {
    const { path } = outcome;
    if ("folder" in outcome) {
      close();
      folders.arrive(path, outcome.folder, true);
      return "over";
    }
    const file = await files.confirmed(path, outcome.file);
    if (file === "postponed") return file;
    close();
    files.finish(path, file);
    return "over";
  }

  function mustWait(): boolean {
    return isHeld || errands.isFull() || files.isFull();
  }

  async function held(): Promise<void> {
    if (files.isFull()) files.closeAll();
    while (mustWait() && !course.isStopped()) await course.asleep();
  }

  async function run(): Promise<void> {
    await Promise.all([
      Promise.all([files.resume(), lines?.run(signal)])
        .then(course.landed)
        .catch(course.fail)
        .finally(() => {
          isResuming = false;
          course.wakeAll();
        }),
      ...Array.from({ length: width.listings }, () => folders.work().catch(course.fail)),
    ]);
    await course.over();
  }

  blocks.start();
  errands.start();

  return {
    cut: () => {
      const unsent = blocks.left();
      const unread = lines?.left() ?? [];
      const left = files.left();
      const undone = errands.left();
      return {
        ranges: [...folders.left(), ...left.ranges],
        open: left.open,
        ...(unsent.length === 0 ? {} : { blocks: unsent }),
        ...(unread.length === 0 ? {} : { lists: unread }),
        ...(undone.length === 0 ? {} : { errands: undone }),
      };
    },
    stop: course.stop,
    settle: files.settle,
    unconfirmed: files.unconfirmed,
    hold: (wanted) => {
      isHeld = wanted;
      if (isHeld) files.closeAll();
      course.wakeAll();
    },
    seek: (wanted) => {
      isSeeking = wanted;
    },
    spare: () => folders.spare() + blocks.spare() + (lines?.spare() ?? 0),
    give: (parts, share = 0.5) => {
      const frames = folders.give(parts, share);
      for (let more = parts - frames.length - blocks.spare(); more > 0 && blocks.part(); more--);
      const unsent = blocks.give(parts - frames.length);
      const unread = lines?.give(parts - frames.length - unsent.length) ?? [];
      // Entries of a list may have waited for fewer folders to be here.
      course.wakeAll();
      return giftsOf(frames, unsent, unread, parts);
    },
    view: () => {
      const listed = folders.known();
      const path = folders.path() ?? blocks.path() ?? errands.path() ?? files.path() ?? folders.nextPath() ?? rootPath;
      const waiting = files.known() + (lines?.known() ?? 0);
      return { path, known: { files: listed.files + waiting, bytes: listed.bytes + blocks.bytes() } };
    },
    spread: async (parts) => {
      await lines?.spread(parts, signal);
      await folders.spread(parts);
    },
    ended: run(),
  };
}
