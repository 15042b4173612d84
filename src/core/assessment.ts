import { type LakePath, depthOf } from "./path.ts";
import { type Requests, requestsFor } from "./requestCosts.ts";
import { isoTime } from "./time.ts";

/** How many files, and their bytes. */
export type Mass = readonly [files: number, bytes: number];

/** A folder with what lies in it itself: its entries of both kinds, and the bytes of its files. */
export type Weighed = { readonly path: string; readonly entries: number; readonly bytes: number };

/** What an assessment has seen; it stands in a lane's row, so it stays small however large the lake is. */
export type Assessed = {
  /** By the power of four that a file's length is below: "0" is empty, "1" below 4 bytes, "2" below 16. */
  readonly sizes: Readonly<Record<string, Mass>>;
  /** By the month of the last change, as "2024-05"; "earlier" and "later" are times that nobody should have. */
  readonly months: Readonly<Record<string, Mass>>;
  /** Candidates for the widest and the largest folders. */
  readonly folders: readonly Weighed[];
  readonly depth: number;
  readonly largestFile: number;
  readonly expiring: number;
  /** Items with ACL entries beyond owner, group and other. */
  readonly withAcl: number;
  /** Names that Gen2 refuses, and where some of them are. */
  readonly refused: { readonly items: number; readonly paths: readonly string[] };
  /** What a first migration would send for what was seen, by store and operation. */
  readonly requests: Requests;
};

/** Nothing seen. */
export const emptyAssessed: Assessed = {
  sizes: {},
  months: {},
  folders: [],
  depth: 0,
  largestFile: 0,
  expiring: 0,
  withAcl: 0,
  refused: { items: 0, paths: [] },
  requests: {},
};

/** As many folders are shown by each measure; more are kept, since lanes see parts of folders. */
const shownFolders = 10;
const keptFolders = 20;
const maxPaths = 10;
const maxPathUnits = 500;
/** Folders met between two saves are all remembered up to here. */
const maxMet = 2000;
const firstYear = 2010;
const lastYear = 2039;

/** Sums up what is seen one after the other. */
export type Assessing = {
  readonly add: (more: Partial<Assessed>) => void;
  /** The sum since the last take, or nothing. */
  readonly take: () => Assessed | undefined;
};

/** Opens one at zero. */
export function openAssessing(): Assessing {
  let sizes = new Map<string, Mass>();
  let months = new Map<string, Mass>();
  let requests = new Map<string, number>();
  let folders = new Map<string, Weighed>();
  let sums = { depth: 0, largestFile: 0, expiring: 0, withAcl: 0, refusedItems: 0 };
  let paths: string[] = [];
  let isEmpty = true;

  return {
    add: (more) => {
      isEmpty = false;
      for (const [key, mass] of Object.entries(more.sizes ?? {})) sizes.set(key, addMass(sizes.get(key), mass));
      for (const [key, mass] of Object.entries(more.months ?? {})) months.set(key, addMass(months.get(key), mass));
      for (const [key, count] of Object.entries(more.requests ?? {}))
        requests.set(key, (requests.get(key) ?? 0) + count);
      for (const { path, entries, bytes } of more.folders ?? []) {
        const before = folders.get(path);
        folders.set(path, { path, entries: entries + (before?.entries ?? 0), bytes: bytes + (before?.bytes ?? 0) });
      }
      if (folders.size > maxMet) folders = new Map(heaviest(folders.values()).map((one) => [one.path, one]));
      const { depth = 0, largestFile = 0, expiring = 0, withAcl = 0, refused } = more;
      sums = {
        depth: Math.max(sums.depth, depth),
        largestFile: Math.max(sums.largestFile, largestFile),
        expiring: sums.expiring + expiring,
        withAcl: sums.withAcl + withAcl,
        refusedItems: sums.refusedItems + (refused?.items ?? 0),
      };
      if (refused !== undefined) paths = firstOf([...paths, ...refused.paths]);
    },
    take: () => {
      if (isEmpty) return undefined;
      const { refusedItems, ...rest } = sums;
      const taken: Assessed = {
        sizes: sorted(sizes),
        months: sorted(months),
        requests: sorted(requests),
        folders: heaviest(folders.values()),
        refused: { items: refusedItems, paths },
        ...rest,
      };
      [sizes, months, requests, folders, paths] = [new Map(), new Map(), new Map(), new Map(), []];
      sums = { depth: 0, largestFile: 0, expiring: 0, withAcl: 0, refusedItems: 0 };
      isEmpty = true;
      return taken;
    },
  };
}

/**
 * Two assessments together: the same as if both had been one, but for folders that were seen in parts of which one was
 * too light to be remembered.
 */
export function addAssessed(a: Assessed, b: Assessed): Assessed {
  const sum = openAssessing();
  sum.add(a);
  sum.add(b);
  return sum.take() ?? emptyAssessed;
}

/** One file, which counts for its folder as well. */
export function assessedFile(
  path: LakePath,
  folder: LakePath,
  file: { readonly bytes: number; readonly modifiedMs: number; readonly hasAcl: boolean; readonly expires: boolean },
  requests: Requests,
): Partial<Assessed> {
  const mass: Mass = [1, file.bytes];
  return {
    sizes: { [sizeClassOf(file.bytes)]: mass },
    months: { [monthOf(file.modifiedMs)]: mass },
    ...inFolder(folder, file.bytes),
    depth: depthOf(path),
    largestFile: file.bytes,
    expiring: file.expires ? 1 : 0,
    withAcl: file.hasAcl ? 1 : 0,
    requests,
  };
}

/** One folder, which counts as an entry of the one above. */
export function assessedFolder(
  path: LakePath,
  above: LakePath,
  hasAcl: boolean,
  requests: Requests,
): Partial<Assessed> {
  return { ...inFolder(above, 0), depth: depthOf(path), withAcl: hasAcl ? 1 : 0, requests };
}

/** A name that Gen2 refuses: a migration sends nothing for it. */
export function refusedAt(path: string): Pick<Assessed, "refused"> {
  return { refused: { items: 1, paths: path.length > maxPathUnits ? [] : [path] } };
}

/** A page of a listing, which a migration reads as well, and once more where there were files on it. */
export function assessedPage(names: number): Partial<Assessed> {
  return { requests: requestsFor.page(names) };
}

/** The class of a length, as in `sizes`. */
export function sizeClassOf(bytes: number): string {
  let power = 0;
  for (let limit = 1; bytes >= limit; limit *= 4) power++;
  return String(power);
}

/** The bytes that all files of a class have fewer than. */
export function limitOfSizeClass(sizeClass: string): number {
  return 4 ** Number(sizeClass);
}

/** The folders that come first by a measure. */
export function topFolders(folders: readonly Weighed[], by: "entries" | "bytes"): readonly Weighed[] {
  return folders
    .filter((one) => one[by] > 0)
    .toSorted((a, b) => b[by] - a[by] || compare(a.path, b.path))
    .slice(0, shownFolders);
}

function monthOf(ms: number): string {
  // Beyond what a date can be.
  if (Math.abs(ms) > 8.64e15) return ms < 0 ? "earlier" : "later";
  const month = isoTime(ms);
  const year = month.startsWith("-") ? -1 : month.startsWith("+") ? lastYear + 1 : Number(month.slice(0, 4));
  return year < firstYear ? "earlier" : year > lastYear ? "later" : month.slice(0, 7);
}

function inFolder(folder: LakePath, bytes: number): Pick<Assessed, "folders"> {
  return { folders: folder.length > maxPathUnits ? [] : [{ path: folder, entries: 1, bytes }] };
}

function addMass(a: Mass = [0, 0], [files, bytes]: Mass): Mass {
  return [a[0] + files, a[1] + bytes];
}

function heaviest(folders: Iterable<Weighed>): readonly Weighed[] {
  const all = [...folders];
  if (all.length <= keptFolders) return all.toSorted((a, b) => compare(a.path, b.path));
  const best = (by: "entries" | "bytes") =>
    all.toSorted((a, b) => b[by] - a[by] || compare(a.path, b.path)).slice(0, keptFolders);
  const kept = new Map([...best("entries"), ...best("bytes")].map((one) => [one.path, one]));
  return [...kept.values()].toSorted((a, b) => compare(a.path, b.path));
}

function firstOf(paths: readonly string[]): string[] {
  return paths.toSorted(compare).slice(0, maxPaths);
}

function sorted<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...map].toSorted(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
