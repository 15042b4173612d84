import type { Entry, Standing } from "../core/entry.ts";
import type { Errand } from "../core/errand.ts";
import type { LargeFile } from "../core/largeFile.ts";
import { type FileOutcome, isSent, type Sent } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";
import type { Parted } from "./copy.ts";
import type { Course } from "./course.ts";
import { type SecondLooks, secondLooks, type Started } from "./secondLook.ts";
import type { Deferred, Visitor } from "./visitor.ts";

/** Files sent of which the source isn't looked at again: with more of them nothing new is started. */
const maxUnconfirmed = 10_000;

/** The part of a walk that brings files over, until they count. */
export type FileWalk = Pick<SecondLooks, "pass" | "close" | "closeAll" | "settle"> & {
  /** What was started and doesn't count yet. */
  readonly left: SecondLooks["left"];
  /** Goes on with the names that an earlier walk had started, each as soon as there is a slot for it. */
  readonly resume: () => Promise<void>;
  /** Notes a file of a page that is about to be visited, in the instant in which its name is passed. */
  readonly note: SecondLooks["start"];
  /** Deals with a file of a page, or with a name that an earlier walk had started. */
  readonly visit: (path: LakePath, entry: Entry | undefined, there: Standing, started?: Started) => Promise<void>;
  /** A file that stands alone is looked at again alone, if it was sent. */
  readonly confirmed: <T>(path: LakePath, outcome: T) => Promise<Exclude<T, Sent> | FileOutcome | Parted | "postponed">;
  /** Counts a file, or leaves it open, in the instant in which its name is closed. */
  readonly finish: (path: LakePath, outcome: FileOutcome | Parted | Deferred | "postponed", started?: Started) => void;
  /** Files that were sent and don't count yet, and the bytes read for them. */
  readonly unconfirmed: SecondLooks["waiting"];
  /** True when no new files should be started until some of those that were sent count. */
  readonly isFull: () => boolean;
  /** A name that an earlier walk had started, or that is left for a later one. */
  readonly path: () => LakePath | undefined;
  /** Names that were started and don't count yet. */
  readonly known: () => number;
};

/** What a walk of files needs of the walk that it is part of. */
export type FileMeans = {
  readonly source: Source;
  readonly visitor: Visitor;
  readonly course: Course;
  /** Folders whose files are looked at again at a time. */
  readonly looksAtOnce: number;
  /** Goes into a name that an earlier walk had started, and is a folder; closes it in the instant in which that counts. */
  readonly enter: (path: LakePath, close: () => void) => Promise<void>;
  /** Takes on what is done about a file later. */
  readonly defer: (errand: Errand) => void;
  /** Takes on a file that was just parted. */
  readonly part: (file: LargeFile) => void;
};

/** Opens the names that an earlier walk had started. */
export function openFileWalk(names: readonly LakePath[], means: FileMeans, signal: AbortSignal): FileWalk {
  const { source, visitor, course } = means;
  const open = new Set<LakePath>(names);
  /** Files of which it is not yet known whether they changed while they were read. */
  const looks = secondLooks(source, { look: lookAgain, run: runLook }, means.looksAtOnce, signal);

  async function resume(): Promise<void> {
    for (const path of names) {
      const release = await course.slot();
      if (release === undefined) return;
      course.track(visit(path, undefined, "unknown"), release);
    }
  }

  async function visit(path: LakePath, entry: Entry | undefined, there: Standing, started?: Started): Promise<void> {
    const outcome = await visitor.file(path, entry, there, signal);
    if (outcome === "folder") return means.enter(path, () => void open.delete(path));
    if (!isSent(outcome)) return finish(path, outcome, started);
    if (started !== undefined) return looks.sent(started, outcome);
    finish(path, await visitor.confirm(path, outcome, signal));
  }

  async function confirmed<T>(
    path: LakePath,
    outcome: T,
  ): Promise<Exclude<T, Sent> | FileOutcome | Parted | "postponed"> {
    return isSent(outcome) ? visitor.confirm(path, outcome, signal) : (outcome as Exclude<T, Sent>);
  }

  // What was sent and isn't looked at when the walk has failed stays left: the lakes are to blame, not the files.
  function runLook(look: () => Promise<void>): void {
    if (!course.hasFailed()) course.track(look(), course.wakeAll);
  }

  async function lookAgain(path: LakePath, started: Started, sent: Sent, isSame: boolean): Promise<void> {
    if (isSame) return finish(path, sent.copied, started);
    const release = await course.slot();
    if (release === undefined) return;
    try {
      finish(path, await visitor.confirm(path, sent, signal), started);
    } finally {
      release();
    }
  }

  function finish(path: LakePath, outcome: FileOutcome | Parted | Deferred | "postponed", started?: Started): void {
    if (started !== undefined) looks.counted(started);
    if (outcome === "postponed") return void open.add(path);
    open.delete(path);
    if (outcome.do === "deferred") {
      means.defer(outcome.errand);
      if ("file" in outcome && outcome.file !== undefined) visitor.fileDone(path, outcome.file);
      return;
    }
    if (outcome.do !== "parted") return visitor.fileDone(path, outcome);
    visitor.fileOpened(outcome.file);
    means.part(outcome.file);
  }

  return {
    left: () => {
      const left = looks.left();
      return { ranges: left.ranges, open: [...open, ...left.open] };
    },
    resume,
    note: looks.start,
    visit,
    confirmed,
    finish,
    pass: looks.pass,
    close: looks.close,
    closeAll: looks.closeAll,
    settle: looks.settle,
    unconfirmed: looks.waiting,
    isFull: () => looks.count() > maxUnconfirmed,
    path: () => [...open][0],
    known: () => open.size + looks.count(),
  };
}
