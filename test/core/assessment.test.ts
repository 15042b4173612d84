import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addAssessed,
  type Assessed,
  assessedFile,
  assessedFolder,
  emptyAssessed,
  openAssessing,
  refusedAt,
  sizeClassOf,
} from "../../src/core/assessment.ts";
import type { LakePath } from "../../src/core/path.ts";
import { addTallies, emptyTally } from "../../src/core/tally.ts";

const folder = fc.constantFrom("/a", "/b", "/b/c", "/d e").map((path) => path as LakePath);
const seen = fc.oneof(
  fc
    .record({
      folder,
      bytes: fc.nat(2 ** 31 - 1),
      modifiedMs: fc.oneof(fc.integer({ min: -1e14, max: 4e14 }), fc.integer({ min: 1.4e12, max: 1.8e12 })),
      hasAcl: fc.boolean(),
      expires: fc.boolean(),
    })
    .map(({ folder: of, ...file }) => assessedFile(`${of}/x` as LakePath, of, file, { "source OPEN": 1 })),
  folder.map((path) => assessedFolder(path, "/" as LakePath, false, { "sink Create Directory": 1 })),
  fc.string({ maxLength: 3 }).map((path): Partial<Assessed> => refusedAt(path)),
);

function together(all: readonly Partial<Assessed>[]): Assessed {
  const sum = openAssessing();
  for (const one of all) sum.add(one);
  return sum.take() ?? emptyAssessed;
}

test("adding what lanes have seen is the same as seeing it all together, in any order", () => {
  fc.assert(
    fc.property(fc.array(seen, { minLength: 1 }), fc.array(seen, { minLength: 1 }), (a, b) => {
      assert.deepEqual(addAssessed(together(a), together(b)), together([...a, ...b]));
      assert.deepEqual(addAssessed(together(b), together(a)), together([...a, ...b]));
      const tally = (some: readonly Partial<Assessed>[]) => ({ ...emptyTally, assessed: together(some) });
      assert.deepEqual(addTallies(tally(a), tally(b)).assessed, together([...a, ...b]));
    }),
  );
});

test("it stays small enough for a row, whatever was seen", () => {
  const sum = openAssessing();
  for (let n = 0; n < 10_000; n++) {
    const above = `/${"f".repeat(480)}${n}` as LakePath;
    const file = { bytes: 2 ** (n % 60), modifiedMs: n * 1e9, hasAcl: false, expires: false };
    sum.add({ ...assessedFile(`${above}/x` as LakePath, above, file, { "source OPEN": 1 }), ...refusedAt(above) });
  }
  assert.ok(JSON.stringify(sum.take()).length < 60_000);
});

test("a tally of any other run has no room for it", () => {
  assert.ok(!("assessed" in addTallies(emptyTally, emptyTally)));
});

test("sizes are told apart by powers of four", () => {
  assert.deepEqual([0, 1, 3, 4, 15, 16, 4 ** 11].map(sizeClassOf), ["0", "1", "1", "2", "2", "3", "12"]);
});
