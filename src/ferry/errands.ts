import { type ItemErrand, type Level, metAs, type Met } from "../core/errand.ts";
import { type Failure, failureOf, isKind } from "../core/error.ts";
import { addMasses, type ExtraOutcome, massOf, noMass } from "../core/extra.ts";
import type { FolderOutcome } from "../core/outcome.ts";
import { childPath, type LakePath, splitPath } from "../core/path.ts";
import type { KeepReason } from "../core/tally.ts";
import type { Way } from "../core/way.ts";
import type { Sink } from "../lake/lake.ts";
import { type Children, openChildren } from "./children.ts";
import type { ErrandMeans } from "./errandWalk.ts";
import type { Ledger } from "./ledger.ts";

/** Items that are deleted side by side have to be written down before: in so many characters, for all errands of a walk. */
const unitsAtOnce = 8000;
/** Names of one errand in memory; folders far up are listed again later. */
const maxHeld = 20_000;

/** What errands about items at the sink need. */
export type ErrandRules = {
  readonly sink: Sink;
  readonly way: Way;
  readonly ledger: Ledger;
  /** How many items may still be deleted. */
  readonly allowance: { left: number };
  /** Why an item must not be deleted; undefined when it may. */
  readonly whyKept: (path: LakePath, item: Met, signal: AbortSignal) => Promise<KeepReason | undefined>;
  /** Says whose fault it is that an item can't be dealt with; throws when the walk must not go on. */
  readonly blame: (path: LakePath, error: unknown, signal: AbortSignal) => Promise<FolderOutcome | "postponed">;
};

type End = "over" | "stopped" | "postponed";

/** What an errand stands in: its folder at the sink, and what that is called at the source. */
type Place = { readonly at: LakePath; readonly path: LakePath };

/** Where an errand is: in the deepest of its folders, or where its item stands. */
function placeIn({ sourceOf, moved }: Way, { path }: ItemErrand, levels: readonly Level[]): Place {
  const { folder } = splitPath(path);
  let place: Place = { at: moved(folder), path: folder };
  for (const [depth, { name, origin }] of levels.entries()) {
    const called = depth === 0 ? splitPath(path).name : (origin?.name ?? sourceOf(name) ?? name);
    place = { at: childPath(place.at, name), path: childPath(place.path, called) };
  }
  return place;
}

/** Listings of the folders that an errand is in, as far as they are worth being kept. */
function listings(sink: Sink) {
  const open = new Map<number, Children>();
  return {
    of: (depth: number, at: LakePath, { told }: Level): Children => {
      for (const deeper of open.keys()) if (deeper > depth) open.delete(deeper);
      const children = open.get(depth) ?? openChildren(sink, at, told);
      open.set(depth, children);
      let held = 0;
      for (const one of open.values()) held += one.held();
      for (const [upper, one] of open) {
        if (held <= maxHeld || upper === depth) break;
        held -= one.held();
        open.delete(upper);
      }
      return children;
    },
    closed: (depth: number) => void open.delete(depth),
  };
}

/** Goes through a folder that only the sink has, and tells of it with all that is in it. */
export async function weigh(
  rules: ErrandRules,
  errand: ItemErrand,
  means: ErrandMeans,
  signal: AbortSignal,
): Promise<End> {
  const { sink, way, ledger } = rules;
  const { item, path, isLater } = errand;
  const lists = listings(sink);
  let now: ItemErrand =
    errand.levels.length > 0 ? errand : { ...errand, levels: item.kind === "folder" ? [item] : [], mass: massOf(item) };

  function end(): void {
    const { mass } = now;
    means.moved(undefined);
    const outcome: ExtraOutcome = isLater === undefined ? { do: "extra", mass } : { do: "surplus", mass, isLater };
    means.tell(splitPath(path).folder, [{ item, outcome }]);
  }

  while (!means.isStopped()) {
    const depth = now.levels.length - 1;
    const level = now.levels[depth];
    if (level === undefined) {
      end();
      return "over";
    }
    const place = placeIn(way, errand, now.levels);
    try {
      const { items, told } = await lists.of(depth, place.at, level).next(Number.POSITIVE_INFINITY, signal);
      const levels = [...now.levels.slice(0, depth), { ...level, ...(told === undefined ? {} : { told }) }];
      const [first] = items;
      const mass = items.reduce((sum, one) => addMasses(sum, massOf(one)), now.mass);
      if (first === undefined) now = { ...now, levels: now.levels.slice(0, depth) };
      else now = { ...now, mass, levels: first.kind === "folder" ? [...levels, metAs(first)] : levels };
      if (now.levels.length > 0) means.moved(now);
      ledger.weighed(items.length);
    } catch (error) {
      const why = await blamed(rules, place.path, error, signal);
      if (why === "postponed") return why;
      // As much as is known, and that it isn't all.
      end();
      means.failed(place.path, why);
      return "over";
    }
  }
  return "stopped";
}

async function blamed(
  { blame }: ErrandRules,
  path: LakePath,
  error: unknown,
  signal: AbortSignal,
): Promise<Failure | "postponed"> {
  const outcome = await blame(path, error, signal);
  if (outcome === "postponed") return outcome;
  return "failure" in outcome && outcome.failure !== undefined ? outcome.failure : failureOf(error, "extra", path);
}

/** What the rules say of an errand that deletes, as a whole. */
export type Clearing = {
  /** Asked before anything of it is deleted, again and again: why all that is left of it must stay. */
  readonly whyNot: (signal: AbortSignal) => Promise<KeepReason | undefined>;
  /** Told in the instant in which the item's own fate is known. */
  readonly over: (isGone: boolean) => void;
};

/**
 * Deletes an item of the sink, with all that is in it, as far as the rules allow. What is about to be deleted is written down
 * first; each item is told in the instant in which it is gone, so that nothing goes untold, and nothing is told twice: of
 * what a lost worker had written down, what isn't there any more was deleted by it.
 */
export async function clear(
  rules: ErrandRules,
  errand: ItemErrand,
  { whyNot, over }: Clearing,
  means: ErrandMeans,
  signal: AbortSignal,
): Promise<End> {
  const { sink, way, allowance } = rules;
  const { item } = errand;
  const lists = listings(sink);
  let now = errand;
  let isOver = false;

  function move(next: ItemErrand): void {
    now = next;
    means.moved(next);
  }

  function end(isGone: boolean): void {
    isOver = true;
    over(isGone);
  }

  function tell({ at, path }: Place, met: Met, outcome: ExtraOutcome): void {
    means.tell(path, [{ item: met, outcome, under: at }]);
  }

  function keep(place: Place, met: Met, because: KeepReason): void {
    tell(place, met, { do: "kept", because, mass: noMass });
  }

  // What of some items may go is written down as being tried, in the same step as `next` says where the errand is then.
  async function attempt(
    next: ItemErrand,
    items: readonly Met[],
    whys: readonly (KeepReason | undefined)[],
  ): Promise<void> {
    const place = placeIn(way, errand, next.levels);
    const trying: Met[] = [];
    const kept: (readonly [Met, KeepReason])[] = [];
    for (const [index, one] of items.entries()) {
      const because = whys[index] ?? (allowance.left > 0 ? undefined : "limit");
      if (because !== undefined) kept.push([one, because]);
      else if (allowance.left-- > 0) trying.push(one);
    }
    if (next.levels.length === 0 && trying.length === 0) end(false);
    else move({ ...next, trying });
    for (const [one, because] of kept) keep(place, one, because);
    if (trying.length > 0) await means.saved();
  }

  // Takes an item off the list; what became of it is told in the same instant.
  function settle(met: Met, isGone: boolean): void {
    if (!isGone) allowance.left++;
    if (now.levels.length === 0) end(isGone);
    else move({ ...now, trying: now.trying.filter((other) => other !== met) });
  }

  // Why it stays; undefined when it is gone, now or by a worker that was lost.
  async function remove(at: LakePath, met: Met, isAllowed: boolean): Promise<KeepReason | undefined> {
    let because: KeepReason = "atSource";
    try {
      if (isAllowed) {
        await sink.remove(at, met.kind === "file" ? met.etag : undefined, signal);
        return undefined;
      }
    } catch (error) {
      if (!isKind(error, "conflict")) throw error;
      because = met.kind === "file" ? "changed" : "notEmpty";
    }
    return (await sink.stat(at, signal)) === undefined ? undefined : because;
  }

  async function removeOne(place: Place, met: Met, isAllowed: boolean): Promise<"postponed" | undefined> {
    try {
      const because = await remove(childPath(place.at, met.name), met, isAllowed);
      settle(met, because === undefined);
      if (because === undefined) tell(place, met, { do: "deleted", mass: massOf(met) });
      else keep(place, met, because);
    } catch (error) {
      const path = childPath(place.path, met.origin?.name ?? way.sourceOf(met.name) ?? met.name);
      const why = await blamed(rules, path, error, signal);
      if (why === "postponed") return why;
      settle(met, false);
      means.failed(path, why);
    }
    return undefined;
  }

  // All of them are waited for, so that none goes on behind anybody's back.
  async function removeTried(isAllowed: boolean): Promise<"postponed" | undefined> {
    const place = placeIn(way, errand, now.levels);
    const ends = await Promise.allSettled(now.trying.map((met) => removeOne(place, met, isAllowed)));
    const failed = ends.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return ends.some((one) => one.status === "fulfilled" && one.value === "postponed") ? "postponed" : undefined;
  }

  // Begins with the item itself: a file goes at once, a folder when it has been gone through.
  async function begin(): Promise<void> {
    const place = placeIn(way, errand, []);
    const because = await rules.whyKept(childPath(place.at, item.name), item, signal);
    if (item.kind === "file" || because !== undefined) return attempt(now, [item], [because]);
    move({ ...now, levels: [item] });
  }

  // Goes on in the deepest folder: with some of its files, down into a folder of it, or, when it is through, with itself.
  async function goOn(depth: number, level: Level): Promise<void> {
    const place = placeIn(way, errand, now.levels);
    const upper = now.levels.slice(0, depth);
    const { items, told } = await lists.of(depth, place.at, level).next(unitsAtOnce / means.others(), signal);
    const [first] = items;
    if (first === undefined) {
      lists.closed(depth);
      return attempt({ ...now, levels: upper }, [metAs(level)], []);
    }
    const levels = [...upper, { ...level, ...(told === undefined ? {} : { told }) }];
    const whys = await Promise.all(items.map((one) => rules.whyKept(childPath(place.at, one.name), one, signal)));
    if (first.kind === "file" || whys[0] !== undefined) return attempt({ ...now, levels }, items.map(metAs), whys);
    move({ ...now, levels: [...levels, metAs(first)] });
  }

  // What is left of a list is looked up where nobody can say that it may go.
  async function goOnTrying(place: Place): Promise<"postponed" | undefined> {
    let isAllowed = false;
    try {
      isAllowed = (await whyNot(signal)) === undefined;
    } catch (error) {
      const why = await blamed(rules, place.path, error, signal);
      if (why === "postponed") return why;
      means.failed(place.path, why);
    }
    return removeTried(isAllowed);
  }

  while (!isOver) {
    const depth = now.levels.length - 1;
    const level = now.levels[depth];
    const place = placeIn(way, errand, now.levels);
    if (now.trying.length > 0) {
      if ((await goOnTrying(place)) !== undefined) return "postponed";
      continue;
    }
    if (means.isStopped()) return "stopped";
    try {
      const because = level === undefined && item.kind === "folder" ? await whyNot(signal) : undefined;
      if (because !== undefined) {
        end(false);
        keep(place, item, because);
      } else if (level === undefined) await begin();
      else await goOn(depth, level);
    } catch (error) {
      const why = await blamed(rules, place.path, error, signal);
      if (why === "postponed") return why;
      // A folder that can't be gone through stays, with all that is left in it; so do those around it.
      lists.closed(depth);
      if (depth <= 0) end(false);
      else move({ ...now, levels: now.levels.slice(0, depth) });
      means.failed(place.path, why);
    }
  }
  return "over";
}
