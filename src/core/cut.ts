import { asciiJson } from "./json.ts";
import type { LakePath } from "./path.ts";
import type { NameRange } from "./range.ts";

/**
 * What is left of a piece of work: ranges not yet visited, and names that were started and not finished. Everything
 * else that the work covered is done and tallied. A range without `after` stands for a folder that isn't counted yet.
 */
export type Cut = { readonly ranges: readonly CutRange[]; readonly open: readonly LakePath[] };

/**
 * A range of a cut, and what is known of its folder at the sink. "fresh": this run made it, and nothing can stand in what
 * is left of it. "made" or "found": the same run, or somebody else, had made it, and a worker that was lost may have
 * written there. Absent: it was found, by a worker that wasn't lost.
 */
export type CutRange = NameRange & { readonly past?: Past };

/** See CutRange. */
export type Past = "fresh" | "made" | "found";

/** The largest cut that a row should hold, in bytes as Table Storage counts them. */
export const maxCutBytes = 48 * 1024;

/** True when nothing is left. */
export function isDone(cut: Cut): boolean {
  return cut.ranges.length === 0 && cut.open.length === 0;
}

/** The same work without the knowledge that folders are empty at the sink: for work taken over from a lost worker. */
export function takenOver(cut: Cut): Cut {
  return { ...cut, ranges: cut.ranges.map((range) => ({ ...range, past: isMade(range.past) ? "made" : "found" })) };
}

/** True when this run made the folder. */
export function isMade(past: Past | undefined): boolean {
  return past === "fresh" || past === "made";
}

/** Bytes a cut takes in a row: two for each UTF-16 unit of its JSON in ASCII. */
export function cutBytes(cut: Cut): number {
  return 2 * asciiJson(encodeCut(cut)).length;
}

/** The same work in cuts of at most `maxBytes` each; one name or range that is larger stands alone. */
export function splitCut(cut: Cut, maxBytes: number): readonly Cut[] {
  const count = cut.ranges.length + cut.open.length;
  if (count <= 1 || cutBytes(cut) <= maxBytes) return [cut];
  // Sorted, so that neighbours stay together and share their beginnings.
  const ranges = cut.ranges.toSorted(byFolder);
  const open = cut.open.toSorted();
  const half = Math.ceil(count / 2);
  const rangesFirst = Math.min(ranges.length, half);
  const openFirst = half - rangesFirst;
  return [
    ...splitCut({ ranges: ranges.slice(0, rangesFirst), open: open.slice(0, openFirst) }, maxBytes),
    ...splitCut({ ranges: ranges.slice(rangesFirst), open: open.slice(openFirst) }, maxBytes),
  ];
}

/** A cut as JSON can hold it: ranges as [shared, rest, past, after, upTo], open names as [shared, rest]. */
export type EncodedCut = {
  readonly ranges: readonly (readonly [number, string, number, string | 0, string | 0])[];
  readonly open: readonly (readonly [number, string])[];
};

/** A cut for a row. Neighbouring paths share their beginnings, so a chain of folders costs its names only once. */
export function encodeCut(cut: Cut): EncodedCut {
  const front = frontCoder();
  return {
    ranges: cut.ranges
      .toSorted(byFolder)
      .map(({ folder, after, upTo, past }) => [
        ...front(folder),
        past === undefined ? 0 : pasts.indexOf(past) + 1,
        after ?? 0,
        upTo ?? 0,
      ]),
    open: encodePaths(cut.open),
  };
}

/** Reads what encodeCut wrote. */
export function decodeCut({ ranges, open }: EncodedCut): Cut {
  const back = backCoder();
  const openBack = backCoder();
  return {
    ranges: ranges.map(([shared, rest, past, after, upTo]) => ({
      folder: back(shared, rest),
      ...(after === 0 ? {} : { after }),
      ...(upTo === 0 ? {} : { upTo }),
      ...pastOf(past),
    })),
    open: open.map(([shared, rest]) => openBack(shared, rest)),
  };
}

const pasts: readonly Past[] = ["fresh", "made", "found"];

function pastOf(code: number): Pick<CutRange, "past"> {
  const past = pasts[code - 1];
  return past === undefined ? {} : { past };
}

function byFolder(a: CutRange, b: CutRange): number {
  return a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0;
}

function encodePaths(paths: readonly LakePath[]): [number, string][] {
  const front = frontCoder();
  return paths.toSorted().map((path) => front(path));
}

function frontCoder(): (path: string) => [number, string] {
  let last = "";
  return (path) => {
    let shared = 0;
    while (shared < last.length && shared < path.length && last[shared] === path[shared]) shared++;
    last = path;
    return [shared, path.slice(shared)];
  };
}

function backCoder(): (shared: number, rest: string) => LakePath {
  let last = "";
  return (shared, rest) => {
    last = last.slice(0, shared) + rest;
    return last as LakePath;
  };
}
