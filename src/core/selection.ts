import { type Globs, openGlobs } from "./globs.ts";
import { boundsOf, matchesAll, type NamePattern, parsePatterns, readings } from "./namePattern.ts";
import { isWithin, type LakePath, pathFrom, rootPath } from "./path.ts";
import type { Interval } from "./range.ts";
import { type Fields, meets, type TimeWindow } from "./timeFields.ts";

/** What of a lake a request selects besides its ranges of names: asked once for each folder that is walked. */
export type Selection = (folder: LakePath) => Inside;

/** What of one folder's children is selected. */
export type Inside = {
  /** Holds the names of all that may be selected; what lies outside isn't listed. */
  readonly names: Interval;
  readonly file: (name: string, modifiedMs: number) => boolean;
  /** A folder is entered when something in it may be selected. */
  readonly folder: (name: string) => "enter" | "filtered" | "not-recursive";
  /** The folder is selected itself: it belongs at the sink even when it is empty. */
  readonly isWhole: boolean;
  /** True when it belongs there before anything in it is looked at: no file's time has a say. */
  readonly isCertain: boolean;
};

/** The properties of a request's source that select. */
export type Selecting = {
  readonly folderPath: string;
  readonly recursive: boolean;
  readonly wildcardFolderPath?: string | undefined;
  readonly wildcardFileName?: string | undefined;
  readonly timePattern?: { readonly path: string; readonly start: string; readonly end: string } | undefined;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly modifiedDatetimeStart?: string | undefined;
  readonly modifiedDatetimeEnd?: string | undefined;
  readonly fileListPath?: string | undefined;
  readonly fileList?: readonly string[] | undefined;
  readonly fileListTable?: object | undefined;
};

/** Reads a checked request's selection. */
export function selectionOf(source: Selecting): Selection {
  const root = pathFrom(source.folderPath);
  const { include, exclude, modifiedDatetimeStart: start, modifiedDatetimeEnd: end } = source;
  const hasGlobs = include !== undefined || exclude !== undefined;
  const globs = hasGlobs ? openGlobs(include ?? [], exclude ?? []) : undefined;
  const way = wayOf(source);
  const hasTimes = start !== undefined || end !== undefined;
  const [startMs, endMs] = [
    start === undefined ? Number.NEGATIVE_INFINITY : msOf(start),
    end === undefined ? Number.POSITIVE_INFINITY : msOf(end),
  ];
  return (folder) => {
    const names = namesUnder(root, folder);
    const inGlobs = globs === undefined ? undefined : globsInside(globs, names.join("/"));
    const onWay = way(names);
    const isWhole = onWay.isWhole && (inGlobs?.isWhole ?? true);
    return {
      names: inGlobs === undefined ? onWay.names : common(onWay.names, inGlobs.names),
      file: (name, modifiedMs) =>
        modifiedMs >= startMs && modifiedMs < endMs && onWay.file(name) && (inGlobs?.file(name) ?? true),
      folder: (name) => {
        const step = onWay.folder(name);
        return step === "filtered" || inGlobs?.folder(name) === false ? "filtered" : step;
      },
      isWhole,
      isCertain: (isWhole && !hasTimes) || folder === root,
    };
  };
}

/** True when not all that is in a request's ranges is selected. */
export function selects(source: Selecting): boolean {
  return !source.recursive || leavesOut(source);
}

/** True when names are left out, so that what is missing from a selection may well be in the lake. */
export function leavesOut(source: Selecting): boolean {
  return selecting.some((property) => source[property] !== undefined);
}

/** True when everything under a request's ranges is selected. */
export function selectsAll(source: Selecting): boolean {
  const { fileListPath, fileList, fileListTable } = source;
  return !selects(source) && (fileListPath ?? fileList ?? fileListTable) === undefined;
}

const selecting = [
  "wildcardFolderPath",
  "wildcardFileName",
  "timePattern",
  "include",
  "exclude",
  "modifiedDatetimeStart",
  "modifiedDatetimeEnd",
] as const;

/** A time as a request gives it, in milliseconds since 1970. */
export function msOf(time: string): number {
  // oxlint-disable-next-line no-restricted-globals -- a format, not the clock
  return Date.parse(time);
}

// The way from the root down to what is selected, and whether it goes on below.
type Way = (names: readonly string[]) => WayInside;

type WayInside = {
  readonly names: Interval;
  readonly file: (name: string) => boolean;
  readonly folder: (name: string) => "enter" | "filtered" | "not-recursive";
  readonly isWhole: boolean;
};

function wayOf({ timePattern, wildcardFolderPath, wildcardFileName, recursive }: Selecting): Way {
  const below = recursive ? "enter" : "not-recursive";
  const whole: WayInside = { names: {}, file: () => true, folder: () => below, isWhole: true };
  if (timePattern !== undefined) {
    const window = { startMs: msOf(timePattern.start), endMs: msOf(timePattern.end) };
    return byTime(parsePatterns(timePattern.path, true), window, below, whole);
  }
  const folders = wildcardFolderPath === undefined ? [] : patternsOf(wildcardFolderPath);
  const [fileName] = wildcardFileName === undefined ? [] : parsePatterns(wildcardFileName, false);
  const matched = fileName === undefined || matchesAll(fileName) ? whole : byName(fileName, recursive, below);
  return (names) => {
    const pattern = folders[names.length];
    return pattern === undefined ? matched : onTheWay(pattern);
  };
}

/** The patterns of a path of folders; none for the root. */
export function patternsOf(path: string): readonly NamePattern[] {
  return path === "" || path === "/" ? [] : parsePatterns(path, false);
}

function onTheWay(pattern: NamePattern): WayInside {
  return {
    names: boundsOf(pattern, {}, undefined),
    file: () => false,
    folder: (name) => (readings(pattern, name, {}).length > 0 ? "enter" : "filtered"),
    isWhole: false,
  };
}

function byName(pattern: NamePattern, recursive: boolean, below: "enter" | "not-recursive"): WayInside {
  return {
    // Folders are entered whatever their names.
    names: recursive ? {} : boundsOf(pattern, {}, undefined),
    file: (name) => readings(pattern, name, {}).length > 0,
    folder: () => below,
    isWhole: false,
  };
}

function byTime(
  patterns: readonly NamePattern[],
  window: TimeWindow,
  below: "enter" | "not-recursive",
  whole: WayInside,
): Way {
  return (names) => {
    const pattern = patterns[names.length];
    if (pattern === undefined) return whole;
    const known = names.reduce<readonly Fields[]>(
      (told, name, depth) => told.flatMap((fields) => readings(patterns[depth] ?? [], name, fields)),
      [{}],
    );
    const isLast = names.length === patterns.length - 1;
    const isMatch = (name: string) =>
      known.some((fields) => readings(pattern, name, fields).some((told) => meets(window, told)));
    const [only = {}, ...more] = known;
    return {
      names: boundsOf(pattern, more.length > 0 ? {} : only, window),
      file: (name) => isLast && isMatch(name),
      folder: (name) => (!isMatch(name) ? "filtered" : isLast ? below : "enter"),
      // "*" at the end of the pattern: the folder above it is meant as a whole.
      isWhole: isLast && matchesAll(pattern),
    };
  };
}

function globsInside(globs: Globs, folder: string) {
  const said = globs.folder(folder);
  const at = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  return {
    names: globs.names(folder),
    isWhole: said === "whole",
    file: (name: string) => said !== "none" && globs.file(at(name), said),
    folder: (name: string) => globs.folder(at(name)) !== "none",
  };
}

function namesUnder(root: LakePath, folder: LakePath): readonly string[] {
  if (folder === root || !isWithin(folder, root)) return [];
  return folder.slice(root === rootPath ? 1 : root.length + 1).split("/");
}

/** The names in both of two intervals. */
function common(a: Interval, b: Interval): Interval {
  const after = laterOf(a.after, b.after);
  const upTo = a.upTo === undefined || (b.upTo !== undefined && b.upTo < a.upTo) ? b.upTo : a.upTo;
  return { ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) };
}

/** The later of two beginnings. */
export function laterOf(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
