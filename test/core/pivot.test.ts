import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { alphabetOf, cutsBetween, middleOf } from "../../src/core/pivot.ts";

const names = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
const isAscii = (text: string) => !/[^\u0020-\u007e]/.test(text);

test("a middle lies strictly between two names, whatever they are", () => {
  fc.assert(
    fc.property(names, fc.option(names, { nil: undefined }), (a, b) => {
      const [after, upTo] = b === undefined || a < b ? [a, b] : [b, a];
      const middle = middleOf(after, upTo);
      if (middle === undefined) return;
      assert.ok(middle > after && (upTo === undefined || middle < upTo));
    }),
  );
});

test("between plain names of numbers a middle is found, and after a few steps a good one", () => {
  assert.ok(isAscii(middleOf("f0003999", undefined) ?? "\u00e4"));
  assert.equal(middleOf("f0003999", "f9"), "f4");
  assert.equal(middleOf("f0", "f1"), "f0O");
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
