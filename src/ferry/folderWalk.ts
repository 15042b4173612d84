import { type CutRange, isMade } from "../core/cut.ts";
import type { Entry, Standing } from "../core/entry.ts";
import type { Known } from "../core/glance.ts";
import type { FolderOutcome } from "../core/outcome.ts";
import { childPath, type LakePath, splitPath } from "../core/path.ts";
import { isBeyond } from "../core/range.ts";
import type { Selection } from "../core/selection.ts";
import type { Source } from "../lake/lake.ts";
import type { Course } from "./course.ts";
import type { ErrandWalk } from "./errandWalk.ts";
import type { FileWalk } from "./fileWalk.ts";
import { openFolderReading } from "./folderReading.ts";
import {
  cutAt,
  forget,
  type Frame,
  heldBy,
  intervalOf,
  isLeft,
  isTakenOver,
  isUndecided,
  knownOf,
  type Met,
  metEarlier,
  newFrame,
  pastAfter,
  rangeOf,
  waysDown,
} from "./frame.ts";
import { listedAs } from "./hash.ts";
import type { Beside } from "./march.ts";
import { portionOf, spreadOut } from "./parting.ts";
import type { Deferred, Visitor } from "./visitor.ts";

/** How many listed names a walk keeps in memory, over all folders it stands in. */
const maxHeldEntries = 100_000;
/** As many names at hand are enough for one walk. */
const enoughEntries = 6000;
/** A walk that seeks work for others has found enough of it, and keeps few of the names it has passed by. */
const enoughSpare = 200;
const maxSpareEntries = 12_000;

/** The part of a walk that goes through folders, several at once, each with a frame. */
export type FolderWalk = {
  /** What isn't done. */
  readonly left: () => readonly CutRange[];
  /** Works on one folder after the other, until none is left nor may come; several may do so at a time. */
  readonly work: () => Promise<void>;
  /** Goes on with a folder that was prepared; any other is counted here and now. `isRetaken`: a lost worker was above it. */
  readonly arrive: (path: LakePath, outcome: FolderOutcome | Deferred, isRetaken: boolean) => void;
  /** Goes into a name that an earlier walk had started, and is a folder; closes it in the instant in which that counts. */
  readonly enterOpen: (path: LakePath, close: () => void) => Promise<void>;
  /** Folders that nobody stands in, and those of them in which something is left. */
  readonly waiting: () => number;
  readonly spare: () => number;
  /** Takes a share of what is left out of the walk, as frames for so many parts. */
  readonly give: (parts: number, share: number) => readonly Frame[];
  /** Looks for places at which a wide folder can be cut, so that there is more to give. */
  readonly spread: (parts: number) => Promise<void>;
  /** A folder that somebody stands in, and the one that is next. */
  readonly path: () => LakePath | undefined;
  readonly nextPath: () => LakePath | undefined;
  /** Files that were listed and not started, and their bytes. */
  readonly known: () => Known;
};

/** What a walk of folders needs of the walk that it is part of. */
export type FolderMeans = {
  readonly source: Source;
  readonly visitor: Visitor;
  /** What of each folder is selected. */
  readonly selection: Selection | undefined;
  readonly beside: Beside | undefined;
  readonly course: Course;
  readonly files: Pick<FileWalk, "note" | "visit" | "pass" | "close">;
  readonly errands: Pick<ErrandWalk, "add" | "isFull">;
  /** True while folders come before files. */
  readonly isSeeking: () => boolean;
  /** True while no new names are to be started; `held` resolves when they may be, or the walk is stopped. */
  readonly mustWait: () => boolean;
  readonly held: () => Promise<void>;
  /** True while folders may still arrive from elsewhere. */
  readonly isMoreToCome: () => boolean;
};

/** Opens the ranges of a cut; the first ones are walked first. */
export function openFolderWalk(ranges: readonly CutRange[], means: FolderMeans, signal: AbortSignal): FolderWalk {
  const { source, visitor, selection, course, files, errands } = means;
  const standing: Frame[] = [];
  const moving = new Set<Frame>();
  /** Folders that can't be listed for now: left for a later walk. */
  const postponed: Frame[] = [];
  const reading = openFolderReading({ ...means, giveUp }, signal);

  for (const range of ranges.toReversed()) {
    // A range without a beginning is a folder that an earlier walk had prepared and not yet counted.
    const { carried } = range;
    const what = { do: isMade(range.past) ? "made" : "found", ...(carried === undefined ? {} : { carried }) } as const;
    const uncounted = range.after === undefined ? what : undefined;
    standing.push(newFrame(range, isUndecided(range) ? undefined : uncounted, selection?.(range.folder)));
  }

  async function work(): Promise<void> {
    while (!course.isStopped()) {
      const frame = hasEnough() ? undefined : standing.pop();
      if (frame !== undefined) await advance(frame);
      else if (standing.length === 0 && moving.size === 0 && !means.isMoreToCome()) return course.wakeAll();
      else await course.asleep();
    }
  }

  // Works on one folder until it is done, and on the subfolders it meets on the way down.
  async function advance(first: Frame): Promise<void> {
    let frame = first;
    moving.add(frame);
    while (!course.isStopped()) {
      // Made before anything in it is listed, unless it may turn out to hold nothing that is selected.
      if (isUndecided(frame) && frame.inside?.isCertain !== false && !(await decide(frame))) return;
      const entry = frame.page[frame.at];
      if (entry === undefined) {
        files.close(frame);
        if (!frame.isListed) {
          if (await reading.listMore(frame)) continue;
          return;
        }
        // Nothing in it was left out: an empty folder is selected like a file.
        if (isUndecided(frame) && frame.after === undefined && frame.inside?.isWhole === true) await decide(frame);
        if (moving.has(frame) && (await reading.tellRest(frame))) leave(frame);
        return;
      }
      if (isBeyond(entry.name, frame.upTo)) {
        pass(frame, entry);
        continue;
      }
      const path = childPath(frame.folder, entry.name);
      if (leaveOut(frame, path, entry)) continue;
      const ahead = means.isSeeking() && entry.kind === "file" ? passBy(frame) : undefined;
      if (ahead !== undefined) {
        frame = ahead;
        continue;
      }
      if (means.mustWait()) await means.held();
      if (isUndecided(frame) && !(await decide(frame))) return;
      const there = frame.past === "fresh" ? "nothing" : await reading.standingAt(frame, entry.name);
      if (there === undefined || course.isStopped()) return;
      if (entry.kind === "file") {
        const release = course.slotNow() ?? (await course.slot());
        if (release === undefined) return;
        // Where the listing began, should this be the first of its names.
        const { after } = intervalOf(frame);
        step(frame, entry);
        course.track(files.visit(path, entry, there, files.note(frame, entry.name, after)), release);
        continue;
      }
      frame = enterEntry(frame, path, entry, there);
    }
  }

  // Leaves the files before the next folder for later: what lies deeper is work for others, who have none.
  function passBy(frame: Frame): Frame | undefined {
    const index = standing.length < enoughSpare ? waysDown(frame) : undefined;
    const ahead = index === undefined ? undefined : cutAt(frame, index);
    if (ahead === undefined) return undefined;
    moving.delete(frame);
    standing.unshift(frame);
    moving.add(ahead);
    forgetFarPages(maxSpareEntries);
    course.wakeAll();
    return ahead;
  }

  // Goes down into a folder that the walk comes to. In the instant in which the name is passed, the folder's frame stands
  // for it; who goes down makes it, so that another can go on with the next name meanwhile.
  function enterEntry(frame: Frame, path: LakePath, entry: Entry, there: Standing): Frame {
    const met: Met = { entry, there, mayBeOurs: frame.past !== undefined, isRetaken: isTakenOver(frame.past) };
    pass(frame, entry);
    return goDown(frame, { ...newFrame({ folder: path, past: "undecided" }, undefined, selection?.(path)), met });
  }

  function goDown(frame: Frame, child: Frame): Frame {
    moving.delete(frame);
    standing.push(frame);
    moving.add(child);
    forgetFarPages();
    course.wakeAll();
    return child;
  }

  // Makes a folder in which something is selected; returns whether it is there to go on with.
  async function decide(frame: Frame): Promise<boolean> {
    const { entry, there, mayBeOurs, isRetaken } = frame.met ?? metEarlier;
    const outcome = await visitor.folder(frame.folder, entry, mayBeOurs, there, signal);
    if (outcome !== "postponed" && outcome.do === "deferred") {
      moving.delete(frame);
      arrive(frame.folder, outcome, isRetaken);
      return false;
    }
    if (outcome !== "postponed" && outcome.do !== "skipped" && outcome.do !== "failed") {
      frame.past = pastAfter(outcome, isRetaken).past;
      // Of a folder some of whose names are done, a saved range says that it is counted.
      if (frame.after === undefined) frame.uncounted = outcome;
      else visitor.folderDone(frame.folder, outcome);
      return true;
    }
    moving.delete(frame);
    if (outcome === "postponed") postponed.push(frame);
    else visitor.folderDone(frame.folder, outcome);
    return false;
  }

  // Passes by what isn't selected; counted, it costs no request.
  function leaveOut(frame: Frame, path: LakePath, entry: Entry): boolean {
    if (frame.inside === undefined) return false;
    if (entry.kind === "file") {
      if (frame.inside.file(entry.name, entry.modifiedMs)) return false;
      pass(frame, entry);
      visitor.fileDone(path, { do: "skipped", because: "filtered", ...listedAs(path, entry) });
      return true;
    }
    const step = frame.inside.folder(entry.name);
    if (step === "enter") return false;
    pass(frame, entry);
    visitor.folderDone(path, leftOut(step));
    return true;
  }

  // A name that is no file under way.
  function pass(frame: Frame, entry: Entry): void {
    step(frame, entry);
    files.pass(frame, entry.name);
  }

  function step(frame: Frame, entry: Entry): void {
    countFolder(frame);
    frame.at++;
    frame.after = entry.name;
    frame.told = undefined;
  }

  function leave(frame: Frame): void {
    if (isUndecided(frame)) visitor.folderDone(frame.folder, leftOut("filtered"));
    countFolder(frame);
    const how = frame.march?.joining(frame.ascent.keeps());
    if (how !== undefined && how !== "merged") visitor.joined(frame.folder, how);
    moving.delete(frame);
    course.wakeAll();
  }

  function countFolder(frame: Frame): void {
    if (frame.uncounted !== undefined) visitor.folderDone(frame.folder, frame.uncounted);
    frame.uncounted = undefined;
  }

  // Oldest first: the walk comes back to them last. Their pages are listed again then.
  function forgetFarPages(most = maxHeldEntries): void {
    let held = [...standing, ...moving].reduce((sum, frame) => sum + heldBy(frame), 0);
    for (const frame of standing) {
      if (held <= most) return;
      held -= heldBy(frame);
      forget(frame);
    }
  }

  // Names enough for the files in flight: more pages at the same time would only fill the memory.
  function hasEnough(): boolean {
    let held = 0;
    for (const { page, at } of moving) held += page.length - at;
    return held >= enoughEntries;
  }

  // A name that was started and not finished, and is a folder.
  async function enterOpen(path: LakePath, close: () => void): Promise<void> {
    const { folder, name } = splitPath(path);
    const step = selection?.(folder).folder(name) ?? "enter";
    const outcome = step === "enter" ? await visitor.folder(path, undefined, true, "unknown", signal) : leftOut(step);
    if (outcome === "postponed") return;
    close();
    arrive(path, outcome, true);
  }

  function arrive(path: LakePath, outcome: FolderOutcome | Deferred, isRetaken: boolean): void {
    const frame = enter(path, outcome, isRetaken);
    if (frame !== undefined) standing.push(frame);
    course.wakeAll();
  }

  // A frame for a folder that was prepared; any other is counted here and now.
  function enter(path: LakePath, outcome: FolderOutcome | Deferred, isRetaken: boolean): Frame | undefined {
    if (outcome.do === "deferred") {
      errands.add([outcome.errand]);
      return "folder" in outcome && outcome.folder !== undefined ? enter(path, outcome.folder, isRetaken) : undefined;
    }
    if (outcome.do === "skipped" || outcome.do === "failed") {
      visitor.folderDone(path, outcome);
      return undefined;
    }
    return newFrame({ folder: path, ...pastAfter(outcome, isRetaken) }, outcome, selection?.(path));
  }

  // What becomes of a folder of which one of the lakes won't tell.
  async function giveUp(frame: Frame, error: unknown): Promise<void> {
    const outcome = await visitor.unlisted(frame.folder, error, signal);
    // Nothing of the folder is left from the very instant it is counted.
    moving.delete(frame);
    files.close(frame);
    if (outcome === "postponed") postponed.push(frame);
    else if (frame.uncounted !== undefined || isUndecided(frame)) visitor.folderDone(frame.folder, outcome);
    // The folder is counted already: what failed is the rest of its names.
    else if (outcome.do === "failed") visitor.folderDone(frame.folder, { ...outcome, isPart: true });
  }

  return {
    left: () => [...standing, ...moving, ...postponed].filter(isLeft).map(rangeOf),
    work,
    arrive,
    enterOpen,
    waiting: () => standing.length,
    spare: () => standing.filter(isLeft).length,
    give: (parts, share) => portionOf(standing, moving, parts, share).filter(isLeft),
    spread: async (parts) => {
      if (await spreadOut(source, standing, moving, parts, signal)) course.wakeAll();
    },
    path: () => [...moving][0]?.folder,
    nextPath: () => standing.at(-1)?.folder,
    known: () => knownOf([...standing, ...moving]),
  };
}

function leftOut(because: "filtered" | "not-recursive"): FolderOutcome {
  return { do: "skipped", because };
}
