import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { alphabetOf, cutsBetween, topOf } from "../../src/core/pivot.ts";

const names = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });

test("the top of a folder is found by few questions, and no name of its alphabet lies behind it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(names, { minLength: 2 }), async (some) => {
      const sorted = some.toSorted();
      const last = sorted[Math.floor(sorted.length / 3)] ?? "";
      let asked = 0;
      const top = await topOf(last, alphabetOf(some), async (place) => {
        asked++;
        return sorted.some((name) => name > place);
      });
      assert.ok(asked <= 16);
      if (top !== undefined) assert.ok(top > last && !sorted.some((name) => name > top));
    }),
  );
});

test("numbered names need a handful of questions", async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `f${String(index).padStart(5, "0")}`);
  let asked = 0;
  const top = await topOf("f00049", alphabetOf(names), async (place) => {
    asked++;
    return names.some((name) => name > place);
  });
  assert.equal(top, "f03");
  assert.ok(asked < 8, `${asked} questions`);
});

test("a long common beginning costs a few questions, not one for each character", async () => {
  const names = Array.from(
    { length: 3000 },
    (_, index) => `events-of-the-year-2024-part-${String(index).padStart(5, "0")}`,
  );
  let asked = 0;
  const top = await topOf(names[49] ?? "", alphabetOf(names), async (place) => {
    asked++;
    return names.some((name) => name > place);
  });
  assert.equal(top, "events-of-the-year-2024-part-03");
  assert.ok(asked < 12, `${asked} questions`);
});

test("cuts are ascending, between the names, of their characters, and no more than asked for", () => {
  fc.assert(
    fc.property(fc.array(names, { minLength: 2 }), fc.integer({ min: 1, max: 40 }), (some, most) => {
      const sorted = some.toSorted();
      const [after = "", upTo] = [sorted[0], sorted.at(-1)];
      const cuts = cutsBetween(after, upTo, alphabetOf(some), most);
      assert.ok(cuts.length <= most);
      assert.deepEqual(cuts, [...new Set(cuts)].toSorted());
      for (const cut of cuts) assert.ok(cut > after && (upTo === undefined || cut < upTo));
    }),
  );
});

test("a folder of numbered names is cut at its digits", () => {
  const page = Array.from({ length: 4000 }, (_, index) => `f${String(index).padStart(7, "0")}`);
  const digits = ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "ff"];
  assert.deepEqual(cutsBetween("f0003999", "g", alphabetOf(page), 10), digits);
  assert.equal(cutsBetween("f0", "f1", alphabetOf(page), 40).length, 11);
});
