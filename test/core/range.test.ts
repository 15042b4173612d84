import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Interval, isBeyond, isEmptyInterval, isOrderSafe, uniteIntervals } from "../../src/core/range.ts";

const names = fc.string({ unit: fc.constantFrom("a", "b", "c", "\ud7ff"), minLength: 1, maxLength: 3 });
const bounds = fc.option(names, { nil: undefined });
const intervals = fc.tuple(bounds, bounds).map(
  ([after, upTo]): Interval => ({
    ...(after === undefined ? {} : { after }),
    ...(upTo === undefined ? {} : { upTo }),
  }),
);

function holds({ after, upTo }: Interval, name: string): boolean {
  return (after === undefined || name > after) && (upTo === undefined || name <= upTo);
}

test("united intervals hold exactly the names of the given ones, each once", () => {
  fc.assert(
    fc.property(fc.array(intervals, { maxLength: 8 }), fc.array(names), (given, all) => {
      const united = uniteIntervals(given);
      for (const name of all) {
        const times = united.filter((interval) => holds(interval, name)).length;
        assert.equal(times, given.some((interval) => holds(interval, name)) ? 1 : 0);
      }
    }),
  );
});

test("united intervals ascend, don't touch and aren't empty", () => {
  fc.assert(
    fc.property(fc.array(intervals, { maxLength: 8 }), (given) => {
      const united = uniteIntervals(given);
      assert.ok(united.every((interval) => !isEmptyInterval(interval)));
      for (const [index, { upTo }] of united.entries()) {
        const next = united[index + 1];
        if (next !== undefined) assert.ok(upTo !== undefined && next.after !== undefined && upTo < next.after);
      }
    }),
  );
});

test("a safe bound divides names alike in both orders a lake may have", () => {
  const wild = fc.string({ unit: "binary", minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(wild, wild.filter(isOrderSafe), (name, bound) => {
      const inBytes = Buffer.compare(Buffer.from(name.toWellFormed()), Buffer.from(bound)) > 0;
      assert.equal(isBeyond(name, bound), inBytes);
    }),
  );
});
