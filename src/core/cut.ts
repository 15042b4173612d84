import { decodeErrand, type EncodedErrand, encodeErrand, type Errand } from "./errand.ts";
import type { Known } from "./glance.ts";
import { asciiJson } from "./json.ts";
import type { Carried } from "./outcome.ts";
import type { ListRange } from "./nameList.ts";
import type { LakePath } from "./path.ts";
import type { NameRange } from "./range.ts";

/**
 * What is left of a piece of work: ranges not yet visited, names that were started and not finished, blocks of large
 * files, parts of a list of names, and errands at the sink. Everything else that the work covered is done and tallied. A range
 * without `after` stands for a folder that isn't counted yet.
 */
export type Cut = {
  readonly ranges: readonly CutRange[];
  readonly open: readonly LakePath[];
  readonly blocks?: readonly BlockRange[];
  readonly lists?: readonly ListRange[];
  readonly errands?: readonly Errand[];
};

/**
 * Blocks of a large file that are still to be sent, from `from` to before `to`; `file` names the row that knows the rest.
 * Without any, `from` = `to`, it stands for what comes after the last block: making them the file's content.
 */
export type BlockRange = {
  readonly path: LakePath;
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** Bytes of each; absent where an older lakeferry wrote it. */
  readonly blockBytes?: number;
};

/** Work that is handed over, and what is known of it. */
export type Gift = Cut & { readonly known?: Known };

/**
 * A range of a cut, and what is known of its folder at the sink. "fresh": this run made it, and nothing can stand in what
 * is left of it. "made" or "found": the same run, or somebody else, had made it, and a worker that was lost may have
 * written there. Absent: it was found, by a worker that wasn't lost. "undecided": nothing in it was
 * selected so far, or nobody has come to make it yet, so it isn't made, nor counted, however far its names are.
 */
export type CutRange = NameRange & {
  readonly past?: Past;
  /** What came over with a folder that isn't counted yet. */
  readonly carried?: Carried;
  /** What only the sink has was told up to this place, between `after` and the next name of the source. */
  readonly told?: string;
};

/** See CutRange. */
export type Past = "fresh" | "made" | "found" | "undecided";

/** The largest cut that a row should hold, in bytes as Table Storage counts them. */
export const maxCutBytes = 48 * 1024;

/** True when nothing is left. */
export function isDone(cut: Cut): boolean {
  const others = blocksIn(cut).length + listsIn(cut).length + errandsIn(cut).length;
  return cut.ranges.length === 0 && cut.open.length === 0 && others === 0;
}

/** The errands in a cut. */
export function errandsIn({ errands }: Cut): readonly Errand[] {
  return errands ?? [];
}

/** The parts of a list in a cut. */
export function listsIn({ lists }: Cut): readonly ListRange[] {
  return lists ?? [];
}

/** The blocks of large files in a cut. */
export function blocksIn({ blocks }: Cut): readonly BlockRange[] {
  return blocks ?? [];
}

/** As many blocks in a row aren't worth dividing. */
const fewBlocks = 8;

/** The same blocks in at most `most` pieces, or as many as there are, the largest halved first. */
export function halved(blocks: readonly BlockRange[], most: number): readonly BlockRange[] {
  const pieces = [...blocks];
  while (pieces.length < most) {
    const largest = pieces.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a), pieces[0] ?? noBlocks);
    const middle = middleOf(largest.from, largest.to);
    if (middle === undefined) break;
    pieces.splice(pieces.indexOf(largest), 1, { ...largest, to: middle }, { ...largest, from: middle });
  }
  return pieces;
}

const noBlocks: BlockRange = { path: "/" as LakePath, file: "", from: 0, to: 0 };

/** Where blocks are best divided; undefined when they are few. */
export function middleOf(from: number, to: number): number | undefined {
  return to - from < fewBlocks ? undefined : Math.ceil((from + to) / 2);
}

/** The same work without the knowledge that folders are empty at the sink: for work taken over from a lost worker. */
export function takenOver(cut: Cut): Cut {
  return { ...cut, ranges: cut.ranges.map((range) => ({ ...range, past: pastOfLost(range.past) })) };
}

function pastOfLost(past: Past | undefined): Past {
  if (past === "undecided") return past;
  return isMade(past) ? "made" : "found";
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
  // Sorted, so that neighbours stay together and share their beginnings.
  const ranges = cut.ranges.toSorted(byFolder);
  const open = cut.open.toSorted();
  const blocks = blocksIn(cut).toSorted(byPath);
  const lists = listsIn(cut);
  const errands = errandsIn(cut);
  const count = ranges.length + open.length + blocks.length + lists.length + errands.length;
  if (count <= 1 || cutBytes(cut) <= maxBytes) return [cut];
  // The first half of all of them in a row, and the rest.
  const taking = (from: number, to: number): Cut => {
    let passed = 0;
    const part = <T>(items: readonly T[]): readonly T[] => {
      const taken = items.slice(Math.max(0, from - passed), Math.max(0, to - passed));
      passed += items.length;
      return taken;
    };
    return lean({
      ranges: part(ranges),
      open: part(open),
      blocks: part(blocks),
      lists: part(lists),
      errands: part(errands),
    });
  };
  const half = Math.ceil(count / 2);
  return [taking(0, half), taking(half, count)].flatMap((part) => splitCut(part, maxBytes));
}

// Without a word on large files, lists and errands where there are none, as in most cuts.
function lean({ ranges, open, blocks, lists, errands }: Required<Cut>): Cut {
  return {
    ranges,
    open,
    ...(blocks.length === 0 ? {} : { blocks }),
    ...(lists.length === 0 ? {} : { lists }),
    ...(errands.length === 0 ? {} : { errands }),
  };
}

/**
 * A cut as JSON can hold it: ranges as [shared, rest, past, after, upTo, carried?, told?], open names as [shared, rest], blocks as [shared,
 * rest, file, from, to, blockBytes?], parts of a list as [version, from, to].
 */
export type EncodedCut = {
  readonly ranges: readonly (readonly [number, string, number, string | 0, string | 0, (Carried | 0)?, string?])[];
  readonly open: readonly (readonly [number, string])[];
  readonly blocks?: readonly (readonly [number, string, string, number, number, number?])[];
  readonly lists?: readonly (readonly [string, string, string])[];
  readonly errands?: readonly EncodedErrand[];
};

/** A cut for a row. Neighbouring paths share their beginnings, so a chain of folders costs its names only once. */
export function encodeCut(cut: Cut): EncodedCut {
  const front = frontCoder();
  return {
    ranges: cut.ranges
      .toSorted(byFolder)
      .map(({ folder, after, upTo, past, carried, told }) => [
        ...front(folder),
        past === undefined ? 0 : pasts.indexOf(past) + 1,
        after ?? 0,
        upTo ?? 0,
        ...(told !== undefined
          ? ([carried ?? 0, told] as const)
          : carried === undefined
            ? ([] as const)
            : ([carried] as const)),
      ]),
    open: encodePaths(cut.open),
    ...(blocksIn(cut).length === 0 ? {} : { blocks: encodeBlocks(blocksIn(cut)) }),
    ...(listsIn(cut).length === 0 ? {} : { lists: listsIn(cut).map(({ version, from, to }) => [version, from, to]) }),
    ...(errandsIn(cut).length === 0 ? {} : { errands: errandsIn(cut).map(encodeErrand) }),
  };
}

/** Reads what encodeCut wrote. */
export function decodeCut({ ranges, open, blocks = [], lists = [], errands = [] }: EncodedCut): Cut {
  const back = backCoder();
  const openBack = backCoder();
  const blocksBack = backCoder();
  return lean({
    ranges: ranges.map(([shared, rest, past, after, upTo, carried, told]) => ({
      folder: back(shared, rest),
      ...(after === 0 ? {} : { after }),
      ...(upTo === 0 ? {} : { upTo }),
      ...pastOf(past),
      ...(carried === undefined || carried === 0 ? {} : { carried }),
      ...(told === undefined ? {} : { told }),
    })),
    open: open.map(([shared, rest]) => openBack(shared, rest)),
    blocks: blocks.map(([shared, rest, file, from, to, blockBytes]) => ({
      path: blocksBack(shared, rest),
      file,
      from,
      to,
      ...(blockBytes === undefined ? {} : { blockBytes }),
    })),
    lists: lists.map(([version, from, to]) => ({ version, from, to })),
    errands: errands.map(decodeErrand),
  });
}

const pasts: readonly Past[] = ["fresh", "made", "found", "undecided"];

function pastOf(code: number): Pick<CutRange, "past"> {
  const past = pasts[code - 1];
  return past === undefined ? {} : { past };
}

function byFolder(a: CutRange, b: CutRange): number {
  return a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : 0;
}

function byPath(a: BlockRange, b: BlockRange): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : a.from - b.from;
}

function encodeBlocks(blocks: readonly BlockRange[]): [number, string, string, number, number, number?][] {
  const front = frontCoder();
  return blocks
    .toSorted(byPath)
    .map(({ path, file, from, to, blockBytes }) => [
      ...front(path),
      file,
      from,
      to,
      ...(blockBytes === undefined ? ([] as const) : ([blockBytes] as const)),
    ]);
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

/**
 * The same work in at most `most` parts for as many lanes. Ranges are dealt out one by one, so that each part has some of
 * the large ones, which stand at the beginning; what can't be divided stays with the first part.
 */
export function dealt(cut: Cut, most: number): readonly Cut[] {
  const blocks = halved(blocksIn(cut), most - cut.ranges.length);
  const count = Math.min(most, cut.ranges.length + blocks.length);
  if (count < 2) return [cut];
  return Array.from({ length: count }, (_, part) => ({
    ...(part === 0 ? cut : { open: [] }),
    ranges: cut.ranges.filter((_range, index) => index % count === part),
    // Behind the ranges, so that who has fewer of those has some of these.
    blocks: blocks.filter((_blocks, index) => (cut.ranges.length + index) % count === part),
  }));
}
