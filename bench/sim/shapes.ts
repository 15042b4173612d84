import type { Child, Shelf, SyntheticLake } from "./shelves.ts";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

/** Bytes of a large file that one byte here stands for: its content is really hashed. */
const slowdown = 64;

/** A part of a lake under construction; numbers begin where the part before it has ended. */
type Part = { readonly shelf: Shelf; readonly files: number; readonly folders: number; readonly bytes: number };
type Start = { readonly files: number; readonly folders: number };
type Plan = (start: Start) => Part;

/** The lakes by name; `scale` multiplies their numbers of files. */
export const shapes: Readonly<Record<string, (scale: number) => SyntheticLake>> = {
  /** One flat folder of 10 million names. */
  flat: (scale) => laid(flat("part-", times(10_000_000, scale), small)),
  /** Another one, whose names differ late. */
  prefixed: (scale) => laid(flat("sensor-readings-of-the-plant-in-2024-batch-", times(2_000_000, scale), small)),
  /** One folder has 90 % of the bytes. */
  heavy: (scale) =>
    laid(
      folders([
        ...several(
          100,
          (index) => [`a${digits(index, 3)}`, flat("f", times(500, scale), constant(0.75 * mebibyte))] as const,
        ),
        ["big", flat("f", times(100_000, scale), constant(4.5 * mebibyte))],
        ...several(
          100,
          (index) => [`c${digits(index, 3)}`, flat("f", times(500, scale), constant(0.25 * mebibyte))] as const,
        ),
      ]),
    ),
  /** A million folders with one file each. */
  folders: (scale) => laid(singles(times(1_000_000, scale))),
  /** Files 60 levels deep, the most Gen2 allows; on each level files before, around or behind the next one. */
  deep: (scale) => laid(chain(59, times(20_000, scale))),
  /** One file of 1 TB among small ones. */
  huge: (scale) =>
    laid(
      folders([
        ...several(100, (index) => [`a${digits(index, 3)}`, flat("f", times(5000, scale), small)] as const),
        ["b", huge(1024, scale)],
        ...several(100, (index) => [`c${digits(index, 3)}`, flat("f", times(5000, scale), small)] as const),
      ]),
    ),
  /** All of them together, first without the huge file. */
  medley: (scale) => laid(folders([...sortsBefore(scale), ...sortsAfter(scale)])),
  mix: (scale) => laid(folders([...sortsBefore(scale), ["huge", huge(256, scale)], ...sortsAfter(scale)])),
};

/** What is in them, in a few words, at scale 1. */
export const contents: Readonly<Record<string, string>> = {
  flat: "one flat folder of 10 million names",
  prefixed: "one flat folder of 2 million names that differ late",
  heavy: "one folder with 90 % of the bytes",
  folders: "a million folders with one file each",
  deep: "1.2 million files, 60 levels deep",
  huge: "one file of 1 TB among a million small ones",
  medley: "deep, flat, folders, heavy and plain folders together, 2.9 million files",
  mix: "the medley, and a file of 256 GiB",
};

function laid(plan: Plan): SyntheticLake {
  const { shelf, files, folders, bytes } = plan({ files: 0, folders: 0 });
  return { root: shelf, files, folders, bytes, slowdown };
}

type Named = readonly (readonly [string, Plan])[];

function sortsBefore(scale: number): Named {
  return [
    ["deep", chain(58, times(4000, scale))],
    ["flat", flat("part-", times(2_000_000, scale), small)],
    ["folders", singles(times(200_000, scale))],
    ["heavy", flat("f", times(30_000, scale), constant(4 * mebibyte))],
  ];
}

function sortsAfter(scale: number): Named {
  return [["plain", folders(several(50, (index) => [`p${digits(index, 2)}`, flat("f", times(4000, scale), small)]))]];
}

// One file, never so small that it would not go as blocks.
function huge(gibibytes: number, scale: number): Plan {
  return flat("huge", 1, constant(Math.max(64 * mebibyte, Math.ceil((gibibytes * gibibyte * scale) / slowdown))));
}

type Size = { readonly of: (number: number) => number };
const small: Size = { of: (number) => 1024 + (Math.imul(number, 0x9e3779b1) >>> 19) };
const constant = (bytes: number): Size => ({ of: () => bytes });

// So many files in one folder.
function flat(prefix: string, count: number, size: Size): Plan {
  const width = String(count - 1).length;
  return (start) => {
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += size.of(start.files + index);
    return { shelf: filesFrom(start.files, count), files: count, folders: 0, bytes };
  };

  function filesFrom(first: number, count: number): Shelf {
    return {
      count,
      child: (index) => ({
        name: prefix + digits(index, width),
        kind: "file",
        bytes: size.of(first + index),
        number: first + index,
      }),
      guess: (name) => Number(name.slice(prefix.length)),
    };
  }
}

// So many folders with one file each.
function singles(count: number): Plan {
  const width = String(count - 1).length;
  return (start) => {
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += small.of(start.files + index);
    const shelf: Shelf = {
      count,
      child: (index) => ({
        name: `d${digits(index, width)}`,
        kind: "folder",
        number: start.folders + index,
        shelf: () => ({ count: 1, child: () => fileIn(start.files + index) }),
      }),
      guess: (name) => Number(name.slice(1)),
    };
    return { shelf, files: count, folders: count, bytes };
  };

  function fileIn(number: number): Child {
    return { name: "data.csv", kind: "file", bytes: small.of(number), number };
  }
}

// Named folders, ascending.
function folders(parts: Named): Plan {
  return (start) => {
    let sum = { files: 0, folders: 0, bytes: 0 };
    const children: Child[] = parts.map(([name, plan]) => {
      const number = start.folders + sum.folders;
      const part = plan({ files: start.files + sum.files, folders: number + 1 });
      sum = {
        files: sum.files + part.files,
        folders: sum.folders + part.folders + 1,
        bytes: sum.bytes + part.bytes,
      };
      return { name, kind: "folder", number, shelf: () => part.shelf };
    });
    return { shelf: { count: children.length, child: (index) => at(children, index) }, ...sum };
  };
}

// A chain of folders; the next one stands before, amid or behind its level's files.
function chain(depth: number, perLevel: number): Plan {
  return (start) => {
    const own = flat("n", perLevel, small)(start);
    if (depth === 0) return own;
    const inner = chain(depth - 1, perLevel)({ files: start.files + own.files, folders: start.folders + 1 });
    const half = Math.floor(own.shelf.count / 2);
    const place = [0, half, own.shelf.count][depth % 3] ?? 0;
    const name = ["m", `n${digits(half - 1, String(perLevel - 1).length)}x`, "o"][depth % 3] ?? "m";
    const next: Child = { name, kind: "folder", number: start.folders, shelf: () => inner.shelf };
    return {
      shelf: {
        count: own.shelf.count + 1,
        child: (index) => (index === place ? next : own.shelf.child(index < place ? index : index - 1)),
      },
      files: own.files + inner.files,
      folders: inner.folders + 1,
      bytes: own.bytes + inner.bytes,
    };
  };
}

function several<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`no child ${index} of ${list.length}`);
  return found;
}

function times(count: number, scale: number): number {
  return Math.max(2, Math.round(count * scale));
}

function digits(index: number, width: number): string {
  return String(index).padStart(width, "0");
}
