import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Cut, decodeCut, encodeCut, withoutFreshness } from "../../src/core/cut.ts";
import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";

const names = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).map((name) => name.replaceAll("/", "_"));
const paths = fc.array(names, { maxLength: 8 }).map((all) => all.reduce(childPath, rootPath));
const ranges = fc.record(
  { folder: paths, after: names, upTo: names, fresh: fc.constant(true as const) },
  { requiredKeys: ["folder"] },
);
const cuts: fc.Arbitrary<Cut> = fc.record({ ranges: fc.array(ranges), open: fc.uniqueArray(paths) });

const sorted = (cut: Cut) => ({
  ranges: cut.ranges.map((range) => JSON.stringify(range, Object.keys(range).toSorted())).toSorted(),
  open: cut.open.toSorted(),
});

test("a cut survives being written down, whatever its names", () => {
  fc.assert(
    fc.property(cuts, (cut) =>
      assert.deepEqual(sorted(decodeCut(JSON.parse(JSON.stringify(encodeCut(cut))))), sorted(cut)),
    ),
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
  const cut: Cut = { ranges: [{ folder: rootPath, after: "a", fresh: true }], open: [] };
  assert.deepEqual(withoutFreshness(cut), { ranges: [{ folder: "/", after: "a" }], open: [] });
});
