import type { LakePath } from "./path.ts";
import type { NameRange } from "./range.ts";

/**
 * What is left of a piece of work: ranges not yet visited, and names that were started and not finished. Everything
 * else that the work covered is done and tallied. A range without `after` stands for a folder that isn't counted yet.
 */
export type Cut = { readonly ranges: readonly CutRange[]; readonly open: readonly LakePath[] };

/** A range of a cut; `fresh` says that the sink has nothing there, because this work made the folder itself. */
export type CutRange = NameRange & { readonly fresh?: true };

/** True when nothing is left. */
export function isDone(cut: Cut): boolean {
  return cut.ranges.length === 0 && cut.open.length === 0;
}

/** The same work without the knowledge that folders are empty at the sink: for work taken over from a lost worker. */
export function withoutFreshness(cut: Cut): Cut {
  return { ...cut, ranges: cut.ranges.map(({ fresh: _, ...range }) => range) };
}

/** A cut as JSON can hold it: ranges as [shared, rest, fresh, after, upTo], open names as [shared, rest]. */
export type EncodedCut = {
  readonly ranges: readonly (readonly [number, string, 0 | 1, string | 0, string | 0])[];
  readonly open: readonly (readonly [number, string])[];
};

/** A cut for a row. Neighbouring paths share their beginnings, so a chain of folders costs its names only once. */
export function encodeCut(cut: Cut): EncodedCut {
  const ranges = cut.ranges.toSorted((a, b) => (a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0));
  const front = frontCoder();
  return {
    ranges: ranges.map(({ folder, after, upTo, fresh }) => [
      ...front(folder),
      fresh === true ? 1 : 0,
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
    ranges: ranges.map(([shared, rest, fresh, after, upTo]) => ({
      folder: back(shared, rest),
      ...(after === 0 ? {} : { after }),
      ...(upTo === 0 ? {} : { upTo }),
      ...(fresh === 1 ? { fresh: true as const } : {}),
    })),
    open: open.map(([shared, rest]) => openBack(shared, rest)),
  };
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
