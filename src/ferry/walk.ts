import type { Budget } from "../core/budget.ts";
import { blocksIn, type Cut, errandsIn, type Gift, listsIn, isMade } from "../core/cut.ts";
import type { Entry, Standing } from "../core/entry.ts";
import { LakeError } from "../core/error.ts";
import type { Known } from "../core/glance.ts";
import { type FileOutcome, type FolderOutcome, isSent, type Sent } from "../core/outcome.ts";
import { childPath, type LakePath, rootPath, splitPath } from "../core/path.ts";
import { isBeyond } from "../core/range.ts";
import type { Selection } from "../core/selection.ts";
import type { ListItem, NameList } from "../core/nameList.ts";
import type { Source } from "../lake/lake.ts";
import { openBlockWalk } from "./blockWalk.ts";
import type { Portion } from "./children.ts";
import type { Parted } from "./copy.ts";
import { openErrandWalk } from "./errandWalk.ts";
import {
  cutAt,
  endOf,
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
  turnTo,
  waysDown,
  watchOrder,
} from "./frame.ts";
import type { March, Stretch } from "./march.ts";
import { listedAs } from "./hash.ts";
import { openListWalk } from "./listWalk.ts";
import { giftsOf, portionOf, spreadOut } from "./parting.ts";
import { secondLooks, type Started } from "./secondLook.ts";
import type { Deferred, ListedOutcome, Visitor } from "./visitor.ts";

/** The sink's side of a range of a source folder that this run didn't make. */
export type Beside = (folder: LakePath, stretch: Stretch) => March;

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

/** How many listed names a walk keeps in memory, over all folders it stands in. */
const maxHeldEntries = 100_000;
/** As many names at hand are enough for one walk. */
const enoughEntries = 6000;
/** Files sent of which the source isn't looked at again: with more of them nothing new is started. */
const maxUnconfirmed = 10_000;
/** A walk that seeks work for others has found enough of it, and keeps few of the names it has passed by. */
const enoughSpare = 200;
const maxSpareEntries = 12_000;

/** Walks what a cut says is left, depth first, several folders at once; memory is bounded by the width, not the lake. */
export function startWalk(
  source: Source,
  cut: Cut,
  visitor: Visitor,
  width: Width,
  signal: AbortSignal,
  { beside, selection, list, saved }: Chosen = {},
): Walk {
  const standing: Frame[] = [];
  const moving = new Set<Frame>();
  /** Folders that can't be listed for now: left for a later walk. */
  const postponed: Frame[] = [];
  const open = new Set<LakePath>(cut.open);
  const inFlight = new Set<Promise<void>>();
  /** Files of which it is not yet known whether they changed while they were read. */
  const looks = secondLooks(source, { look: lookAgain, run: runLook }, width.listings, signal);
  const ending = new AbortController();
  let isStopped = false;
  let isHeld = false;
  let isSeeking = false;
  let isResuming = true;
  let firstError: { readonly error: unknown } | undefined;
  let wake: (() => void)[] = [];

  function stop(): void {
    isStopped = true;
    ending.abort();
    looks.closeAll();
    wakeAll();
  }

  // A slot for one file; none once the walk is stopped, however long others keep theirs.
  async function slot(): Promise<(() => void) | undefined> {
    try {
      return await width.files.take(1, ending.signal);
    } catch (error) {
      if (isStopped) return undefined;
      throw error;
    }
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

  function track(running: Promise<void>, over: () => void): void {
    const tracked = running.catch(fail).finally(() => {
      inFlight.delete(tracked);
      over();
    });
    inFlight.add(tracked);
  }

  // A file of a page, or one that an earlier walk had started.
  async function visitFile(
    path: LakePath,
    entry: Entry | undefined,
    there: Standing,
    started?: Started,
  ): Promise<void> {
    const outcome = await visitor.file(path, entry, there, signal);
    if (outcome === "folder") return enterOpen(path);
    if (!isSent(outcome)) return finish(path, outcome, started);
    if (started !== undefined) return looks.sent(started, outcome);
    finish(path, await visitor.confirm(path, outcome, signal));
  }

  // A file that stands alone is looked at again alone.
  async function confirmed<T>(
    path: LakePath,
    outcome: T,
  ): Promise<Exclude<T, Sent> | FileOutcome | Parted | "postponed"> {
    return isSent(outcome) ? visitor.confirm(path, outcome, signal) : (outcome as Exclude<T, Sent>);
  }

  // What was sent and isn't looked at when the walk has failed stays left: the lakes are to blame, not the files.
  function runLook(look: () => Promise<void>): void {
    if (firstError === undefined) track(look(), wakeAll);
  }

  async function lookAgain(path: LakePath, started: Started, sent: Sent, isSame: boolean): Promise<void> {
    if (isSame) return finish(path, sent.copied, started);
    const release = await slot();
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
      errands.add([outcome.errand]);
      if ("file" in outcome && outcome.file !== undefined) visitor.fileDone(path, outcome.file);
      return;
    }
    if (outcome.do !== "parted") return visitor.fileDone(path, outcome);
    visitor.fileOpened(outcome.file);
    blocks.add(outcome.file);
  }

  // A name that was started and not finished, and is a folder.
  async function enterOpen(path: LakePath): Promise<void> {
    const { folder, name } = splitPath(path);
    const step = selection?.(folder).folder(name) ?? "enter";
    const outcome = step === "enter" ? await visitor.folder(path, undefined, true, "unknown", signal) : leftOut(step);
    if (outcome === "postponed") return;
    open.delete(path);
    arrive(enter(path, outcome, true));
  }

  function arrive(frame: Frame | undefined): void {
    if (frame !== undefined) standing.push(frame);
    wakeAll();
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

  async function resumeOpenNames(): Promise<void> {
    for (const path of cut.open) {
      const release = await slot();
      if (release === undefined) return;
      track(visitFile(path, undefined, "unknown"), release);
    }
  }

  // Begins with an entry of a list as soon as there is a slot for it, and no more folders than can be walked soon.
  async function startLine(item: ListItem, close: () => void): Promise<"started" | "stopped"> {
    await held();
    while (standing.length > 2 * width.listings && !isStopped) await asleep();
    const release = await slot();
    if (release === undefined) return "stopped";
    const running = visitor.listed(item, visitor, signal).then(async (outcome) => {
      if (outcome !== "postponed") await conclude(outcome, close);
    });
    track(running, release);
    return "started";
  }

  // Goes on with a file or a folder that didn't come from a listing; its line or errand is closed in the instant it counts.
  async function conclude(outcome: ListedOutcome, close: () => void): Promise<"over" | "postponed"> {
    const { path } = outcome;
    if ("folder" in outcome) {
      close();
      arrive(enter(path, outcome.folder, true));
      return "over";
    }
    const file = await confirmed(path, outcome.file);
    if (file === "postponed") return file;
    close();
    finish(path, file);
    return "over";
  }

  function asleep(): Promise<void> {
    return new Promise((resolve) => wake.push(resolve));
  }

  async function held(): Promise<void> {
    if (looks.count() > maxUnconfirmed) looks.closeAll();
    while ((isHeld || errands.isFull() || looks.count() > maxUnconfirmed) && !isStopped) await asleep();
  }

  // The sink's side of a frame; none where nothing can stand there.
  function marchOf(frame: Frame): March | undefined {
    if (frame.past === "fresh" || isUndecided(frame)) return undefined;
    frame.march ??= beside?.(frame.folder, { ...intervalOf(frame), told: frame.told });
    return frame.march;
  }

  // Returns whether there is a page to go on with.
  async function listMore(frame: Frame): Promise<boolean> {
    wakeAll();
    frame.isListing = true;
    try {
      const { after } = intervalOf(frame);
      // Both lakes are asked at the same time.
      const [page] = await Promise.all([source.list(frame.folder, after, signal), marchOf(frame)?.begin(signal)]);
      // A file lists itself, without a name.
      if (page.entries[0]?.name === "") throw fileNow(frame.folder);
      watchOrder(frame, page.entries);
      const end = endOf(page.entries, frame.upTo);
      turnTo(frame, end === undefined ? page.entries : page.entries.slice(0, end));
      frame.at = 0;
      frame.isListed = end !== undefined || page.next === undefined;
      return true;
    } catch (error) {
      await giveUp(frame, error);
      return false;
    } finally {
      frame.isListing = false;
    }
  }

  // What becomes of a folder of which one of the lakes won't tell.
  async function giveUp(frame: Frame, error: unknown): Promise<void> {
    const outcome = await visitor.unlisted(frame.folder, error, signal);
    // Nothing of the folder is left from the very instant it is counted.
    moving.delete(frame);
    looks.close(frame);
    if (outcome === "postponed") postponed.push(frame);
    else if (frame.uncounted !== undefined || isUndecided(frame)) visitor.folderDone(frame.folder, outcome);
    // The folder is counted already: what failed is the rest of its names.
    else if (outcome.do === "failed") visitor.folderDone(frame.folder, { ...outcome, isPart: true });
  }

  // What stands at the sink under the frame's next name, once all that only the sink has before it is told; undefined when
  // the frame was given up or the walk was stopped meanwhile.
  async function standingAt(frame: Frame, name: string): Promise<Standing | undefined> {
    const march = marchOf(frame);
    if (march === undefined) return "unknown";
    try {
      for (;;) {
        const there = await march.at(name, signal);
        for (let portion = march.passed(name); portion.items.length > 0; portion = march.passed(name)) {
          if (!(await tellExtra(frame, portion))) return undefined;
        }
        if (there !== "more") return there;
      }
    } catch (error) {
      await giveUp(frame, error);
      return undefined;
    }
  }

  // Tells what only the sink has up to the frame's end; false when the frame was given up or the walk was stopped meanwhile.
  async function tellRest(frame: Frame): Promise<boolean> {
    const march = marchOf(frame);
    if (march === undefined) return true;
    try {
      for (;;) {
        const read = await march.finish(frame.upTo, signal);
        for (let portion = march.rest(frame.upTo); portion.items.length > 0; portion = march.rest(frame.upTo)) {
          if (!(await tellExtra(frame, portion))) return false;
        }
        if (read === "all") return true;
      }
    } catch (error) {
      await giveUp(frame, error);
      return false;
    }
  }

  // A portion is told in the instant in which the frame's place moves behind it; false once the walk is stopped.
  async function tellExtra(frame: Frame, { items, told }: Portion): Promise<boolean> {
    frame.isTelling = true;
    while (errands.isFull() && !isStopped) await asleep();
    if (isStopped) return false;
    const dealt = await visitor.extra(frame.folder, items, signal);
    frame.isTelling = false;
    frame.told = told;
    visitor.extraDone(frame.folder, dealt.told);
    errands.add(dealt.errands);
    // What is left of the names around must not span them.
    looks.pass(frame, items.at(-1)?.name ?? "");
    return true;
  }

  // Works on one folder until it is done, and on the subfolders it meets on the way down.
  async function advance(first: Frame): Promise<void> {
    let frame = first;
    moving.add(frame);
    while (!isStopped) {
      // Made before anything in it is listed, unless it may turn out to hold nothing that is selected.
      if (isUndecided(frame) && frame.inside?.isCertain !== false && !(await decide(frame))) return;
      const entry = frame.page[frame.at];
      if (entry === undefined) {
        looks.close(frame);
        if (!frame.isListed) {
          if (await listMore(frame)) continue;
          return;
        }
        // Nothing in it was left out: an empty folder is selected like a file.
        if (isUndecided(frame) && frame.after === undefined && frame.inside?.isWhole === true) await decide(frame);
        if (moving.has(frame) && (await tellRest(frame))) leave(frame);
        return;
      }
      if (isBeyond(entry.name, frame.upTo)) {
        pass(frame, entry);
        continue;
      }
      const path = childPath(frame.folder, entry.name);
      if (leaveOut(frame, path, entry)) continue;
      const ahead = isSeeking && entry.kind === "file" ? passBy(frame) : undefined;
      if (ahead !== undefined) {
        frame = ahead;
        continue;
      }
      if (isHeld || errands.isFull() || looks.count() > maxUnconfirmed) await held();
      if (isUndecided(frame) && !(await decide(frame))) return;
      const there = frame.past === "fresh" ? "nothing" : await standingAt(frame, entry.name);
      if (there === undefined || isStopped) return;
      if (entry.kind === "file") {
        const release = width.files.now(1) ?? (await slot());
        if (release === undefined) return;
        // Where the listing began, should this be the first of its names.
        const { after } = intervalOf(frame);
        step(frame, entry);
        track(visitFile(path, entry, there, looks.start(frame, entry.name, after)), release);
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
    wakeAll();
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
    wakeAll();
    return child;
  }

  // Makes a folder in which something is selected; returns whether it is there to go on with.
  async function decide(frame: Frame): Promise<boolean> {
    const { entry, there, mayBeOurs, isRetaken } = frame.met ?? metEarlier;
    const outcome = await visitor.folder(frame.folder, entry, mayBeOurs, there, signal);
    if (outcome !== "postponed" && outcome.do === "deferred") {
      moving.delete(frame);
      arrive(enter(frame.folder, outcome, isRetaken));
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
    looks.pass(frame, entry.name);
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
    wakeAll();
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

  async function work(): Promise<void> {
    while (!isStopped) {
      const frame = hasEnough() ? undefined : standing.pop();
      if (frame !== undefined) await advance(frame);
      else if (standing.length === 0 && moving.size === 0 && !isResuming && errands.isIdle()) return wakeAll();
      else await asleep();
    }
  }

  async function run(): Promise<void> {
    await Promise.all([
      Promise.all([resumeOpenNames(), lines?.run(signal)])
        .then(() => Promise.all(inFlight))
        .catch(fail)
        .finally(() => {
          isResuming = false;
          wakeAll();
        }),
      ...Array.from({ length: width.listings }, () => work().catch(fail)),
    ]);
    for (looks.closeAll(); inFlight.size > 0; looks.closeAll()) await Promise.all(inFlight);
    if (firstError !== undefined) throw firstError.error;
  }

  const blocks = openBlockWalk(blocksIn(cut), {
    isStopped: () => isStopped,
    slot,
    send: async (run) => confirmed(run.path, await visitor.blocks(run, { ending: ending.signal }, signal)),
    finish,
    track,
  });
  blocks.start();
  const errands = openErrandWalk(errandsIn(cut), {
    isStopped: () => isStopped,
    saved: saved ?? (() => Promise.resolve()),
    tell: visitor.extraDone,
    failed: (path, failure) => visitor.folderDone(path, { do: "failed", failure, isPart: true }),
    perform: (errand, means) => visitor.errand(errand, means, signal),
    conclude,
    track: (running, over) =>
      track(running, () => {
        over();
        wakeAll();
      }),
  });
  errands.start();
  const lines = list === undefined ? undefined : openListWalk(list, listsIn(cut), startLine);
  for (const range of cut.ranges.toReversed()) {
    // A range without a beginning is a folder that an earlier walk had prepared and not yet counted.
    const { carried } = range;
    const what = { do: isMade(range.past) ? "made" : "found", ...(carried === undefined ? {} : { carried }) } as const;
    const uncounted = range.after === undefined ? what : undefined;
    standing.push(newFrame(range, isUndecided(range) ? undefined : uncounted, selection?.(range.folder)));
  }

  return {
    cut: () => {
      const unsent = blocks.left();
      const unread = lines?.left() ?? [];
      const left = looks.left();
      const undone = errands.left();
      return {
        ranges: [...[...standing, ...moving, ...postponed].filter(isLeft).map(rangeOf), ...left.ranges],
        open: [...open, ...left.open],
        ...(unsent.length === 0 ? {} : { blocks: unsent }),
        ...(unread.length === 0 ? {} : { lists: unread }),
        ...(undone.length === 0 ? {} : { errands: undone }),
      };
    },
    stop,
    settle: looks.settle,
    unconfirmed: looks.waiting,
    hold: (wanted) => {
      isHeld = wanted;
      if (isHeld) looks.closeAll();
      wakeAll();
    },
    seek: (wanted) => {
      isSeeking = wanted;
    },
    spare: () => standing.filter(isLeft).length + blocks.spare() + (lines?.spare() ?? 0),
    give: (parts, share = 0.5) => {
      const frames = portionOf(standing, moving, parts, share).filter(isLeft);
      for (let more = parts - frames.length - blocks.spare(); more > 0 && blocks.part(); more--);
      const unsent = blocks.give(parts - frames.length);
      const unread = lines?.give(parts - frames.length - unsent.length) ?? [];
      // Entries of a list may have waited for fewer folders to be here.
      wakeAll();
      return giftsOf(frames, unsent, unread, parts);
    },
    view: () => {
      const { files, bytes } = knownOf([...standing, ...moving]);
      const [frame] = moving;
      const path =
        frame?.folder ?? blocks.path() ?? errands.path() ?? [...open][0] ?? standing.at(-1)?.folder ?? rootPath;
      const waiting = open.size + looks.count() + (lines?.known() ?? 0);
      return { path, known: { files: files + waiting, bytes: bytes + blocks.bytes() } };
    },
    spread: async (parts) => {
      await lines?.spread(parts, signal);
      if (await spreadOut(source, standing, moving, parts, signal)) wakeAll();
    },
    ended: run(),
  };
}

function leftOut(because: "filtered" | "not-recursive"): FolderOutcome {
  return { do: "skipped", because };
}

function fileNow(path: LakePath): LakeError {
  return new LakeError("changed", { op: "LISTSTATUS", path, detail: "it was a folder and is a file now; run again" });
}
