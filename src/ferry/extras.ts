import { type Errand, errandOf, type ItemErrand, type Met } from "../core/errand.ts";
import type { SinkEntry } from "../core/entry.ts";
import { isLakeError, isOfLake } from "../core/error.ts";
import { type Extra, massOf } from "../core/extra.ts";
import { childPath, type LakePath, splitPath } from "../core/path.ts";
import { sourceName } from "../core/rename.ts";
import type { KeepReason } from "../core/tally.ts";
import type { Way } from "../core/way.ts";
import type { Sink, Source } from "../lake/lake.ts";
import { type Clearing, clear, type ErrandRules, weigh } from "./errands.ts";
import type { ErrandMeans } from "./errandWalk.ts";
import { isThere } from "./gone.ts";
import type { Ledger } from "./ledger.ts";
import type { Dealt } from "./visitor.ts";

/** What is done with items that only the sink has. */
export type ExtraMeans = {
  readonly source: Source;
  readonly sink: Sink;
  readonly way: Way;
  readonly ledger: Ledger;
  /** `tell`: named. `weigh`: named, and what is in folders is counted. `delete`: deleted, as far as the rules allow. */
  readonly do: "tell" | "weigh" | "delete";
  readonly deleteForeign: boolean;
  /** How many items may still be deleted. */
  readonly allowance: { left: number };
  /** What somebody has written at the sink since then is nobody's extra item. */
  readonly sinceMs: number;
};

type End = "over" | "stopped" | "postponed";
type Blame = ErrandRules["blame"];

/** What is done about items that only the sink has, or that stand in the way of another kind. */
export type Extras = {
  /** Items of a folder of the source: told at once, or left to errands. */
  readonly deal: (folder: LakePath, items: readonly SinkEntry[], signal: AbortSignal) => Promise<Dealt>;
  /** Weighs an item, or deletes it under the rules. */
  readonly errand: (errand: ItemErrand, means: ErrandMeans, blame: Blame, signal: AbortSignal) => Promise<End>;
  /** Deletes a file where the source has a folder, or the other way round, under the same rules but for the name itself. */
  readonly makeRoom: (
    errand: ItemErrand,
    over: Clearing["over"],
    means: ErrandMeans,
    blame: Blame,
    signal: AbortSignal,
  ) => Promise<End>;
};

/**
 * Deals with what only the sink has in a folder. Nothing is deleted on the word of a comparison: the source must answer
 * "not found" for exactly that name under a parent that it can list, the sink's ETag must be the one compared, and the item
 * must be lakeferry's, or the user have said otherwise.
 */
export function openExtras(means: ExtraMeans): Extras {
  const { source, sink, way, ledger, deleteForeign, allowance, sinceMs } = means;

  // Under each name that the source may have for it.
  function isAtSource(folder: LakePath, { name, origin }: Met, signal: AbortSignal): Promise<boolean> {
    // Renamed as this run renames: the source's item of the sink's name has another place.
    const isSure = origin?.name !== undefined && origin.name === way.sourceOf(name);
    const names = isSure ? [origin.name] : new Set([name, origin?.name ?? name, sourceName(name) ?? name]);
    return isUnderAny(folder, names, signal);
  }

  // A renamed item's place at the sink isn't where a listing of the source comes by.
  async function isRenamed(folder: LakePath, { name }: SinkEntry, signal: AbortSignal): Promise<boolean> {
    const of = way.sourceOf(name);
    return of !== undefined && of !== name && (await isUnderAny(folder, [of], signal));
  }

  async function isUnderAny(folder: LakePath, names: Iterable<string>, signal: AbortSignal): Promise<boolean> {
    for (const one of names)
      if (await unlessRefused(isThere(source, childPath(folder, one), signal), true, signal)) return true;
    return false;
  }

  // What the source says. Whatever goes wrong with one name, it doesn't say that there is nothing.
  async function unlessRefused(saying: Promise<boolean>, otherwise: boolean, signal: AbortSignal): Promise<boolean> {
    try {
      return await saying;
    } catch (error) {
      if (signal.aborted || !isLakeError(error) || isOfLake(error)) throw error;
      return otherwise;
    }
  }

  async function whyKept(path: LakePath, item: SinkEntry, signal: AbortSignal): Promise<KeepReason | undefined> {
    // Of a folder, a listing may tell no more than its name.
    const told = item.kind === "folder" && item.etag === "" ? await sink.stat(path, signal) : item;
    if (told === undefined) return undefined;
    if (told.kind !== item.kind) return "changed";
    if (told.origin === undefined && !deleteForeign) return "foreign";
    return item.kind === "file" && (item.modifiedMs ?? 0) > sinceMs ? "changed" : undefined;
  }

  // A folder that can't be listed any more answers nothing for its names.
  async function mustList(folder: LakePath, name: string, signal: AbortSignal): Promise<true> {
    await source.nameAfter(folder, name, signal);
    return true;
  }

  function rulesWith(blame: Blame): ErrandRules {
    return { sink, way, ledger, allowance, whyKept, blame };
  }

  // Told by name, the same as the item's line in the journal.
  function pathOf(folder: LakePath, { name, origin }: SinkEntry): LakePath {
    return childPath(folder, origin?.name ?? way.sourceOf(name) ?? name);
  }

  async function deal(folder: LakePath, items: readonly SinkEntry[], signal: AbortSignal): Promise<Dealt> {
    if (means.do === "delete") await mustList(folder, items[0]?.name ?? "", signal);
    const renamed = await Promise.all(items.map((item) => isRenamed(folder, item, signal)));
    const told: Extra[] = [];
    const errands: Errand[] = [];
    for (const [index, item] of items.entries()) {
      if (renamed[index] === true) continue;
      if (means.do === "delete") {
        errands.push(errandOf("delete", pathOf(folder, item), item));
      } else if (means.do === "weigh" && item.kind === "folder") {
        errands.push(errandOf("weigh", pathOf(folder, item), item));
      } else told.push({ item, outcome: { do: "extra", mass: massOf(item) } });
    }
    return { told, errands };
  }

  return {
    deal,

    errand: async (errand, running, blame, signal) => {
      const rules = rulesWith(blame);
      const { folder } = splitPath(errand.path);
      const { item } = errand;
      if (errand.do === "weigh") return weigh(rules, errand, running, signal);
      // What an earlier walk has compared may have lost the folder around it.
      let isListed = !running.isResumed;
      const clearing: Clearing = {
        whyNot: async () => {
          isListed ||= await unlessRefused(mustList(folder, item.name, signal), false, signal);
          return !isListed || (await isAtSource(folder, item, signal)) ? "atSource" : undefined;
        },
        over: () => running.moved(undefined),
      };
      return clear(rules, errand, clearing, running, signal);
    },

    makeRoom: async (errand, over, running, blame, signal) => {
      const kind = errand.item.kind;
      const whyNot = async (): Promise<KeepReason | undefined> => {
        try {
          return (await source.stat(errand.path, signal)).kind === kind ? "atSource" : undefined;
        } catch (error) {
          if (signal.aborted || !isLakeError(error) || error.kind !== "not-found") throw error;
          return undefined;
        }
      };
      return clear(rulesWith(blame), errand, { whyNot, over }, running, signal);
    },
  };
}
