import { encodeErrand, type Errand } from "../core/errand.ts";
import { type Failure, LakeError } from "../core/error.ts";
import type { Extra } from "../core/extra.ts";
import { asciiJson } from "../core/json.ts";
import type { LakePath } from "../core/path.ts";
import type { ListedOutcome } from "./visitor.ts";

/** Errands that one walk is on at a time; each may have several requests under way. */
const atOnce = 16;
/** A walk that has so many characters of errands before it comes upon no new ones: they have to fit into its cut. */
const enoughUnits = 6000;
/** As many errands can be left for a later walk; more mean that a lake is gone. */
const maxPostponed = 32;

/** What an errand may ask of the walk that it is part of. */
export type ErrandMeans = {
  readonly isStopped: () => boolean;
  /** True for an errand that an earlier walk was on: what was tried may have happened. */
  readonly isResumed: boolean;
  /** How many errands are under way, which share what a cut can hold. */
  readonly others: () => number;
  /** Resolves once the errand, as it is now, was saved: what is changed after that is never forgotten. */
  readonly saved: () => Promise<void>;
  /** Takes note of how far it is; undefined when nothing is left of it. */
  readonly moved: (errand: Errand | undefined) => void;
  /** What is told in the same instant. */
  readonly tell: (folder: LakePath, found: readonly Extra[]) => void;
  readonly failed: (path: LakePath, failure: Failure) => void;
};

/** The part of a walk that does errands at the sink. */
export type ErrandWalk = {
  /** What isn't over. */
  readonly left: () => readonly Errand[];
  readonly add: (errands: readonly Errand[]) => void;
  /** True when the walk should come upon no more of them for now. */
  readonly isFull: () => boolean;
  /** True when nothing is under way, nor will be. */
  readonly isIdle: () => boolean;
  /** Begins, as many at a time as may be. */
  readonly start: () => void;
  /** An item that is dealt with. */
  readonly path: () => LakePath | undefined;
};

/** What a walk of errands needs of the walk that it is part of. */
export type ErrandOwner = {
  readonly isStopped: () => boolean;
  readonly saved: () => Promise<void>;
  readonly tell: ErrandMeans["tell"];
  readonly failed: ErrandMeans["failed"];
  readonly perform: (errand: Errand, means: ErrandMeans) => Promise<ListedOutcome | "over" | "stopped" | "postponed">;
  /** Goes on with what was brought over; closes the errand in the instant in which that counts. */
  readonly conclude: (outcome: ListedOutcome, close: () => void) => Promise<"over" | "postponed">;
  readonly track: (running: Promise<void>, over: () => void) => void;
};

/** An errand, and how much of a cut it takes, once somebody has asked. */
type Run = { errand: Errand; units: number | undefined; readonly isResumed: boolean };

function runOf(errand: Errand, isResumed: boolean): Run {
  return { errand, units: undefined, isResumed };
}

/** Opens the errands of a cut. */
export function openErrandWalk(errands: readonly Errand[], owner: ErrandOwner): ErrandWalk {
  const waiting: Run[] = errands.map((errand) => runOf(errand, true));
  const running = new Set<Run>();
  /** Left for a later walk. */
  const postponed: Run[] = [];

  function start(): void {
    while (!owner.isStopped() && running.size < atOnce) {
      const run = waiting.shift();
      if (run === undefined) return;
      running.add(run);
      owner.track(doOne(run), start);
    }
  }

  async function doOne(run: Run): Promise<void> {
    const close = () => void running.delete(run);
    const outcome = await owner.perform(run.errand, {
      isStopped: owner.isStopped,
      isResumed: run.isResumed,
      others: () => running.size,
      saved: owner.saved,
      tell: owner.tell,
      failed: owner.failed,
      moved: (errand) => {
        if (errand === undefined) close();
        else Object.assign(run, { errand, units: undefined });
      },
    });
    const end = typeof outcome === "object" ? await owner.conclude(outcome, close) : outcome;
    if (end === "over" || end === "stopped") return;
    running.delete(run);
    postponed.push(run);
    if (postponed.length <= maxPostponed) return;
    const detail = `${postponed.length} items of the sink wait for a lake that doesn't serve them`;
    throw new LakeError("unavailable", { op: "errand", path: run.errand.path, detail });
  }

  function left(): readonly Errand[] {
    return [...waiting, ...running, ...postponed].map(({ errand }) => errand);
  }

  return {
    left,
    add: (more) => {
      waiting.push(...more.map((errand) => runOf(errand, false)));
      start();
    },
    isFull: () => {
      if (waiting.length + running.size === 0) return false;
      let units = 0;
      for (const run of [...waiting, ...running]) units += run.units ??= asciiJson(encodeErrand(run.errand)).length;
      return units >= enoughUnits;
    },
    isIdle: () => running.size === 0,
    start,
    path: () => [...running][0]?.errand.path,
  };
}
