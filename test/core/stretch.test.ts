import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isBeyond } from "../../src/core/range.ts";
import { leftOfStretch } from "../../src/core/stretch.ts";
import { childPath, type LakePath } from "../../src/core/path.ts";

const folder = "/d" as LakePath;
const inUnits = (a: string, b: string) => (a < b ? -1 : 1);
const inBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("neighbours are left as a range, single names as open ones", () => {
  const names = "abcdefg".split("").map((name) => ({ name, isLeft: "acdeg".includes(name) }));
  assert.deepEqual(
    leftOfStretch({ folder, past: "made", isOrdered: true }, names, ({ isLeft }) => isLeft),
    {
      ranges: [{ folder, after: "c", upTo: "e", past: "made" }],
      open: ["/d/a", "/d/c", "/d/g"],
    },
  );
});

test("what is left is what was left, name by name, whichever way the lake orders them", () => {
  const names = fc.uniqueArray(
    fc.oneof(
      fc.constantFrom("a", "b", "\ufb01", "\u{1f600}", "a\u{1f600}", "z"),
      fc.string({ minLength: 1, maxLength: 2 }),
    ),
    { maxLength: 12 },
  ); // prettier-ignore
  fc.assert(
    fc.property(
      names,
      fc.constantFrom(inUnits, inBytes),
      fc.func(fc.boolean()),
      fc.boolean(),
      (all, order, isLeft, isOrdered) => {
        const listing = all.map((name) => name.replaceAll("/", "|")).toSorted(order);
        fc.pre(new Set(listing).size === listing.length);
        const wanted = listing.filter((name) => isLeft(name));
        const { ranges, open } = leftOfStretch(
          { folder, past: undefined, isOrdered },
          listing.map((name) => ({ name })),
          ({ name }) => isLeft(name),
        );
        // As a lake that has nothing else lists it: the cursor is the lake's, the end is ours.
        const ranged = ranges.flatMap(({ after, upTo }) => {
          const from = listing.slice(listing.indexOf(after ?? "") + 1);
          const end = from.findIndex((name) => isBeyond(name, upTo));
          return end < 0 ? from : from.slice(0, end);
        });
        const found = [...open, ...ranged.map((name) => childPath(folder, name))];
        assert.deepEqual(found.toSorted(), wanted.map((name) => childPath(folder, name)).toSorted());
      },
    ),
    { numRuns: 500 },
  );
});
