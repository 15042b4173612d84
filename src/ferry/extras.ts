import type { SinkEntry, SinkItem } from "../core/entry.ts";
import { isKind, isLakeError, isOfLake } from "../core/error.ts";
import { addMasses, type Extra, type ExtraOutcome, massOf, type Mass, noMass } from "../core/extra.ts";
import { childPath, type LakePath } from "../core/path.ts";
import { sourceName } from "../core/rename.ts";
import type { KeepReason } from "../core/tally.ts";
import type { Way } from "../core/way.ts";
import type { Sink, Source } from "../lake/lake.ts";
import { isThere } from "./gone.ts";

/** Requests about extra items of one folder at a time. */
const atOnce = 8;

/** What is done with items that only the sink has. */
export type ExtraMeans = {
  readonly source: Source;
  readonly sink: Sink;
  readonly way: Way;
  /** `tell`: named. `weigh`: named, and what is in folders is counted. `delete`: deleted, as far as the rules allow. */
  readonly do: "tell" | "weigh" | "delete";
  readonly deleteForeign: boolean;
  /** How many items may still be deleted. */
  readonly allowance: { left: number };
  /** What somebody has written at the sink since then is nobody's extra item. */
  readonly sinceMs: number;
};

/** What is done about items that only the sink has, or that stand in the way of another kind. */
export type Extras = {
  readonly deal: (folder: LakePath, items: readonly SinkEntry[], signal: AbortSignal) => Promise<readonly Extra[]>;
  /** Deletes a file where the source has a folder, or the other way round, under the same rules but for the name itself. */
  readonly makeRoom: (to: LakePath, there: SinkItem, signal: AbortSignal) => Promise<ExtraOutcome>;
  readonly weigh: (to: LakePath, there: SinkItem, signal: AbortSignal) => Promise<Mass>;
};

/**
 * Deals with what only the sink has in a folder. Nothing is deleted on the word of a comparison: the source must answer
 * "not found" for exactly that name under a parent that it can list, the sink's ETag must be the one compared, and the item
 * must be lakeferry's, or the user have said otherwise.
 */
export function openExtras(means: ExtraMeans): Extras {
  const { source, sink, way, deleteForeign, allowance, sinceMs } = means;

  async function* childrenOf(folder: LakePath, signal: AbortSignal): AsyncGenerator<SinkEntry> {
    let token: string | undefined;
    do {
      const page = await sink.list(folder, token === undefined ? {} : { token }, signal);
      const seen = new Set<string>();
      for (const entry of page.entries) if (!seen.has(entry.name)) yield (seen.add(entry.name), entry);
      token = page.next;
    } while (token !== undefined);
  }

  async function weigh(path: LakePath, item: SinkItem, signal: AbortSignal): Promise<Mass> {
    let mass = massOf(item);
    if (item.kind === "file") return mass;
    for await (const child of childrenOf(path, signal)) {
      mass = addMasses(mass, await weigh(childPath(path, child.name), child, signal));
    }
    return mass;
  }

  // Under each name that the source may have for it.
  function isAtSource(folder: LakePath, { name, origin }: SinkEntry, signal: AbortSignal): Promise<boolean> {
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
    for (const one of names) {
      try {
        if (await isThere(source, childPath(folder, one), signal)) return true;
      } catch (error) {
        if (signal.aborted || !isLakeError(error) || isOfLake(error)) throw error;
        // Whatever else it says, it doesn't say that there is nothing.
        return true;
      }
    }
    return false;
  }

  async function whyKept(path: LakePath, item: SinkItem, signal: AbortSignal): Promise<KeepReason | undefined> {
    // Of a folder, a listing may tell no more than its name.
    const told = item.kind === "folder" && item.etag === "" ? await sink.stat(path, signal) : item;
    if (told === undefined) return undefined;
    if (told.kind !== item.kind) return "changed";
    if (told.origin === undefined && !deleteForeign) return "foreign";
    return item.kind === "file" && (item.modifiedMs ?? 0) > sinceMs ? "changed" : undefined;
  }

  // A file in one guarded request, a folder once all that was in it is gone.
  async function remove(
    path: LakePath,
    item: SinkItem,
    signal: AbortSignal,
  ): Promise<{ readonly mass: Mass; readonly because?: KeepReason }> {
    const whyNot = await whyKept(path, item, signal);
    if (whyNot !== undefined) return { mass: noMass, because: whyNot };
    let mass = noMass;
    let because: KeepReason | undefined;
    if (item.kind === "folder") {
      for await (const child of childrenOf(path, signal)) {
        const removed = await remove(childPath(path, child.name), child, signal);
        mass = addMasses(mass, removed.mass);
        because ??= removed.because;
      }
      if (because !== undefined) return { mass, because };
    }
    if (allowance.left <= 0) return { mass, because: "limit" };
    allowance.left--;
    try {
      await sink.remove(path, item.kind === "file" ? item.etag : undefined, signal);
      return { mass: addMasses(mass, massOf(item)) };
    } catch (error) {
      allowance.left++;
      if (!isKind(error, "conflict")) throw error;
      return { mass, because: item.kind === "file" ? "changed" : "notEmpty" };
    }
  }

  async function removed(path: LakePath, item: SinkItem, signal: AbortSignal): Promise<ExtraOutcome> {
    const { mass, because } = await remove(path, item, signal);
    return because === undefined ? { do: "deleted", mass } : { do: "kept", because, mass };
  }

  async function outcomeOf(folder: LakePath, item: SinkEntry, signal: AbortSignal): Promise<ExtraOutcome | undefined> {
    if (await isRenamed(folder, item, signal)) return undefined;
    const path = childPath(way.moved(folder), item.name);
    switch (means.do) {
      case "tell":
        return { do: "extra", mass: massOf(item) };
      case "weigh":
        return { do: "extra", mass: await weigh(path, item, signal) };
      case "delete": {
        if (await isAtSource(folder, item, signal)) return { do: "kept", because: "atSource", mass: noMass };
        return removed(path, item, signal);
      }
    }
  }

  async function deal(folder: LakePath, items: readonly SinkEntry[], signal: AbortSignal): Promise<readonly Extra[]> {
    // A folder that can't be listed any more answers nothing for its names.
    if (means.do === "delete") await source.nameAfter(folder, items[0]?.name ?? "", signal);
    const found: Extra[] = [];
    for (let at = 0; at < items.length; at += atOnce) {
      const some = items.slice(at, at + atOnce);
      const outcomes = await Promise.all(some.map((item) => outcomeOf(folder, item, signal)));
      found.push(
        ...some.flatMap((item, index) => (outcomes[index] === undefined ? [] : [{ item, outcome: outcomes[index] }])),
      );
    }
    return found;
  }

  return { deal, makeRoom: removed, weigh };
}
