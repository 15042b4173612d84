import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  blocksIn,
  type Cut,
  cutBytes,
  dealt,
  decodeCut,
  encodeCut,
  errandsIn,
  listsIn,
  maxCutBytes,
  splitCut,
  takenOver,
} from "../../src/core/cut.ts";
import type { Errand, Met } from "../../src/core/errand.ts";
import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";
import { maxGiven, splitToFit } from "../../src/state/fit.ts";

const names = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).map((name) => name.replaceAll("/", "_"));
const paths = fc.array(names, { maxLength: 8 }).map((all) => all.reduce(childPath, rootPath));
const ranges = fc.record(
  {
    folder: paths,
    after: names,
    upTo: names,
    past: fc.constantFrom("fresh" as const, "made" as const, "found" as const),
    carried: fc.constant({ access: "set" as const }),
    told: names,
  },
  { requiredKeys: ["folder"] },
);
const blocks = fc.record({ path: paths, file: fc.uuid(), from: fc.nat(50_000), to: fc.nat(50_000) });
const lists = fc.record({ version: fc.uuid(), from: names, to: names });
const bytes = fc.nat(1_000_000);
const met: fc.Arbitrary<Met> = fc
  .tuple(names, fc.boolean(), bytes, names, fc.option(fc.nat()), fc.option(fc.tuple(names, fc.nat(), fc.option(names))))
  .map(([name, isFolder, length, etag, sinkMs, origin]) => {
    const [kind, size] = isFolder ? (["folder", 0] as const) : (["file", length] as const);
    const item = { name, kind, bytes: size, etag, ...(sinkMs === null ? {} : { modifiedMs: sinkMs }) };
    if (origin === null) return item;
    const [run, modifiedMs, of] = origin;
    return { ...item, origin: { run, bytes: size, modifiedMs, ...(of === null ? {} : { name: of }) } };
  });
const levels = fc.array(
  fc.tuple(met, fc.option(names)).map(([level, told]) => (told === null ? level : { ...level, told })),
  { maxLength: 3 },
);
const errands: fc.Arbitrary<Errand> = fc.oneof(
  fc.record({ do: fc.constant("bring" as const), path: paths }, { noNullPrototype: true }),
  fc.record(
    {
      do: fc.constantFrom("weigh" as const, "delete" as const, "swap" as const),
      path: paths,
      item: met,
      levels,
      trying: fc.array(met, { maxLength: 3 }),
      mass: fc
        .record({ files: fc.nat(), folders: fc.nat(), bytes })
        .map((mass) => ({ ...mass, folders: mass.folders + 1 })),
      isLater: fc.boolean(),
    },
    { requiredKeys: ["do", "path", "item", "levels", "trying", "mass"], noNullPrototype: true },
  ),
);
const cuts: fc.Arbitrary<Cut> = fc.record(
  {
    ranges: fc.array(ranges),
    open: fc.uniqueArray(paths),
    blocks: fc.array(blocks, { minLength: 1 }),
    lists: fc.array(lists, { minLength: 1 }),
    errands: fc.array(errands, { minLength: 1 }),
  },
  { requiredKeys: ["ranges", "open"] },
);

const piecesOf = (cut: Cut) =>
  cut.ranges.length + cut.open.length + blocksIn(cut).length + listsIn(cut).length + errandsIn(cut).length;

const sorted = (cut: Cut) => ({
  ranges: cut.ranges.map((range) => JSON.stringify(range, Object.keys(range).toSorted())).toSorted(),
  open: cut.open.toSorted(),
  blocks: blocksIn(cut)
    .map(({ path, file, from, to }) => JSON.stringify([path, file, from, to]))
    .toSorted(),
  lists: listsIn(cut)
    .map(({ version, from, to }) => JSON.stringify([version, from, to]))
    .toSorted(),
  errands: errandsIn(cut)
    .map((errand) => JSON.stringify(encodeCut({ ranges: [], open: [], errands: [errand] })))
    .toSorted(),
});

const together = (parts: readonly Cut[]): Cut => ({
  ranges: parts.flatMap((part) => part.ranges),
  open: parts.flatMap((part) => part.open),
  blocks: parts.flatMap(blocksIn),
  lists: parts.flatMap(listsIn),
  errands: parts.flatMap(errandsIn),
});

test("a cut survives being written down, whatever its names", () => {
  fc.assert(
    fc.property(cuts, (cut) =>
      assert.deepEqual(sorted(decodeCut(JSON.parse(JSON.stringify(encodeCut(cut))))), sorted(cut)),
    ),
  );
});

test("an errand survives being written down", () => {
  fc.assert(
    fc.property(errands, (errand) => {
      const written = JSON.parse(JSON.stringify(encodeCut({ ranges: [], open: [], errands: [errand] })));
      assert.deepEqual(errandsIn(decodeCut(written)), [errand]);
    }),
  );
});

test("a chain of folders costs its names only once", () => {
  let folder = rootPath;
  const chain: { folder: LakePath; after: string }[] = [];
  for (let depth = 0; depth < 60; depth++) {
    const name = `${depth}`.padEnd(200, "n");
    chain.push({ folder, after: name });
    folder = childPath(folder, name);
  }
  assert.ok(JSON.stringify(encodeCut({ ranges: chain, open: [] })).length < 60 * 200 * 2 + 60 * 40);
});

test("work taken over from a lost worker believes nothing about the sink", () => {
  const cut: Cut = {
    ranges: [
      { folder: rootPath, after: "a", past: "fresh" },
      { folder: rootPath, after: "b" },
    ],
    open: [],
  };
  assert.deepEqual(takenOver(cut), {
    ranges: [
      { folder: "/", after: "a", past: "made" },
      { folder: "/", after: "b", past: "found" },
    ],
    open: [],
  });
});

test("a cut that is too large becomes several, each small enough or a single name, and together the same work", () => {
  fc.assert(
    fc.property(cuts, fc.integer({ min: 50, max: 2000 }), (cut, maxBytes) => {
      const parts = splitCut(cut, maxBytes);
      for (const part of parts) {
        assert.ok(cutBytes(part) <= maxBytes || piecesOf(part) === 1);
      }
      assert.deepEqual(sorted(together(parts)), sorted(cut));
    }),
  );
});

test("what is dealt to lanes is together the same work, whatever it is made of, and each of them has some", () => {
  const blocksOf = (cut: Cut) =>
    blocksIn(cut).flatMap(({ path, file, from, to }) =>
      from < to
        ? Array.from({ length: to - from }, (_, index) => JSON.stringify([path, file, from + index]))
        : [JSON.stringify([path, file, from, to])],
    );
  const fewBlocks = blocks.map((some) => ({ ...some, from: some.from % 100, to: (some.from % 100) + (some.to % 100) }));
  const cutsOfFew = cuts.chain((cut) =>
    fc.array(fewBlocks, { maxLength: 4 }).map((few) => ({ ...cut, blocks: few }) satisfies Cut),
  );
  fc.assert(
    fc.property(cutsOfFew, fc.integer({ min: 1, max: 20 }), (cut, most) => {
      const parts = dealt(cut, most);
      assert.ok(parts.length <= Math.max(1, most));
      for (const part of parts) assert.ok(piecesOf(part) > 0 || piecesOf(cut) === 0);
      const whole = together(parts);
      assert.deepEqual(sorted({ ...whole, blocks: [] }), sorted({ ...cut, blocks: [] }));
      assert.deepEqual(blocksOf(whole).toSorted(), blocksOf(cut).toSorted());
    }),
  );
});

test("the cut of a walk through the deepest tree that Gen2 can hold fits into a row", () => {
  // 60 levels in a path of 1,024 characters, of the kind that cost most; 8 folders being walked side by side at each end.
  const name = (level: number, index: number) => `${index}${"\u4e2d".repeat(14)}${level}`.slice(0, 16);
  const ranges: { folder: LakePath; after: string }[] = [];
  let folder = rootPath;
  for (let level = 0; level < 59; level++) {
    ranges.push({ folder, after: name(level, 0) });
    folder = childPath(folder, name(level, 0));
  }
  for (let index = 1; index <= 8; index++) ranges.push({ folder: childPath(folder, name(59, index)), after: "x" });
  assert.ok(cutBytes({ ranges, open: [] }) <= maxCutBytes);
});

test("whatever a walk through a tree up to 60 deep leaves fits into rows of 48 KiB, as few as one step has room for", () => {
  // Gen2 holds paths of 1,024 characters; in a row a character takes up to twelve bytes.
  const levels = fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 16 }), { minLength: 1, maxLength: 60 });
  const walks = fc.array(fc.tuple(levels, fc.nat(60), fc.nat(40)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(walks, (chains) => {
      const cut: Cut = {
        ranges: chains.flatMap(([names, upTo]) => {
          const folders = foldersOf(names);
          return folders.slice(0, upTo + 1).map((folder, level) => ({ folder, after: names[level] ?? "" }));
        }),
        open: chains.flatMap(([names, , open]) =>
          Array.from({ length: open }, (_, index) => childPath(foldersOf(names).at(-1) ?? rootPath, `${index}`)),
        ),
      };
      const parts = splitToFit(cut);
      assert.ok(parts.length <= maxGiven);
      for (const part of parts) assert.ok(cutBytes(part) <= maxCutBytes, `${cutBytes(part)} bytes`);
    }),
    { numRuns: 50 },
  );
});

function foldersOf(names: readonly string[]): readonly LakePath[] {
  let folder = rootPath;
  return [folder, ...names.map((name) => (folder = childPath(folder, name.replaceAll("/", "_"))))];
}
