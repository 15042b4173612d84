import type { Failure } from "../core/error.ts";
import type { FaultRule } from "../core/faultRules.ts";
import { hasOutcome } from "../core/journal.ts";
import type { ListItem, NameList, Portion } from "../core/nameList.ts";
import { type LakePath, rootPath, splitPath } from "../core/path.ts";
import type { JournalLines, JournalPlace } from "./journal.ts";
import { gather, type Rows } from "./rows.ts";

/** Behind so many failures of a row. */
type Place = readonly [rowKey: string, passed: number];

const itemsAtOnce = 1000;
const unitsAtOnce = 16 * 1024 * 1024;
/** As many failures are known, so that none of them, and nothing that lies in one, is worked on twice. */
const maxKnown = 10_000;
/** Where the names begin that a fault rule has skipped; they stand in the journal only. */
const borne = "borne";
/** Another run may bring over what these have skipped. The names that Gen2 can't hold stay what they are. */
const worthRetrying: ReadonlySet<unknown> = new Set<FaultRule>(["fileMissing", "fileForbidden", "dataInconsistency"]);

/**
 * The names that failed in a run that has ended, in the order of their rows, each of which holds some; then those that a
 * fault rule has skipped, in the order of the journal. What lies in a folder that failed comes with it.
 */
export function failedList(
  rows: Rows,
  partitionKey: string,
  prefix: string,
  run: string,
  journal: JournalLines,
): NameList {
  /** Where each path stands first. */
  let known: Promise<ReadonlyMap<string, string>> | undefined;

  async function* failures(from?: Place) {
    for await (const { row } of rows.list(partitionKey, prefix, undefined, from?.[0])) {
      yield { rowKey: row.rowKey, failures: gather("failures", row) as readonly Failure[] };
    }
  }

  async function firstFailures(): Promise<ReadonlyMap<string, string>> {
    const places = new Map<string, string>();
    for await (const row of failures()) {
      for (const [index, { path }] of row.failures.entries()) {
        if (!places.has(path)) places.set(path, printed(row.rowKey, index));
      }
      if (places.size >= maxKnown) break;
    }
    return places;
  }

  async function readFailed(from: string, to: string): Promise<Portion> {
    const [start, end] = [placeOf(from), placeOf(to)];
    const places = await (known ??= firstFailures());
    const items: ListItem[] = [];
    let before = from;
    for await (const row of failures(start)) {
      const { rowKey } = row;
      if (end !== undefined && rowKey > end[0]) return { items, to };
      const first = start?.[0] === rowKey ? start[1] : 0;
      const last = end?.[0] === rowKey ? end[1] : row.failures.length;
      for (const [index, { path }] of row.failures.slice(first, last).entries()) {
        const place = printed(rowKey, first + index);
        const at = `failure ${first + index + 1} of ${rowKey}`;
        const isAgain = (places.get(path) ?? place) !== place || liesIn(places, path);
        if (!isAgain) items.push({ text: path, at, from: before, to: place });
        before = place;
      }
      if (items.length >= itemsAtOnce) return { items, to: before };
    }
    return { items, to: end === undefined ? borne : to };
  }

  async function readBorne(from: string, to: string): Promise<Portion> {
    const end = journalPlaceOf(to);
    const places = await (known ??= firstFailures());
    const items: ListItem[] = [];
    let before = from;
    let units = 0;
    for await (const { text, blob, offset } of journal(journalPlaceOf(from))) {
      const place = JSON.stringify({ blob, offset } satisfies JournalPlace);
      units += text.length;
      const isMeant = hasOutcome(text, "skipped");
      const { because, path } = isMeant ? (JSON.parse(text) as { because?: string; path: string }) : { path: "" };
      if (worthRetrying.has(because) && !places.has(path) && !liesIn(places, path)) {
        items.push({ text: path, at: `the line before byte ${offset} of ${blob}`, from: before, to: place });
      }
      before = place;
      const isEnd = end !== undefined && end.blob === blob && offset >= end.offset;
      if (isEnd || items.length >= itemsAtOnce || units >= unitsAtOnce) return { items, to: place };
    }
    return { items, to };
  }

  return {
    name: `what failed in ${run}`,
    // What has ended doesn't change any more.
    whole: async () => ({ version: "", from: "first", to: "last" }),
    read: ({ from, to }) =>
      from === "first" || placeOf(from) !== undefined ? readFailed(from, to) : readBorne(from, to),
  };
}

function printed(rowKey: string, index: number): string {
  return JSON.stringify([rowKey, index + 1] satisfies Place);
}

function liesIn(places: ReadonlyMap<string, string>, path: string): boolean {
  // A line of a list that is no path is a failure as well.
  if (!path.startsWith("/")) return false;
  for (let at = path as LakePath; at !== rootPath; ) {
    at = splitPath(at).folder;
    if (places.has(at)) return true;
  }
  return false;
}

function placeOf(text: string): Place | undefined {
  return text.startsWith("[") ? (JSON.parse(text) as Place) : undefined;
}

function journalPlaceOf(text: string): JournalPlace | undefined {
  return text.startsWith("{") ? (JSON.parse(text) as JournalPlace) : undefined;
}
