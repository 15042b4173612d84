import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Interval,
  isBeyond,
  isEmptyInterval,
  isOrderSafe,
  uniteIntervals,
  unsafeStart,
} from "../../src/core/range.ts";

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

test("whichever order a lake lists in, united intervals visit each chosen name once, if there is no unsafe start", () => {
  const unit = fc.constantFrom("a", "b", "\ud7ff", "\ue000", "\uffee", "\u{1f600}");
  const wild = fc.string({ unit, minLength: 1, maxLength: 2 });
  const end = fc.option(wild, { nil: undefined });
  const orders = [
    (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
    (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)),
  ];
  const intervalsOf = fc.array(
    fc.record({ after: end, upTo: end }).map(
      ({ after, upTo }): Interval => ({
        ...(after === undefined ? {} : { after }),
        ...(upTo === undefined ? {} : { upTo }),
      }),
    ),
    { minLength: 2, maxLength: 5 },
  );
  fc.assert(
    fc.property(intervalsOf, fc.array(wild, { maxLength: 8 }), (given, all) => {
      fc.pre(unsafeStart(given) === undefined);
      for (const compare of orders) {
        // As a walk does it: the lake leaves out what isn't after the start, and we what is beyond the end.
        const visits = ({ after, upTo }: Interval, name: string) =>
          (after === undefined || compare(name, after) > 0) && !isBeyond(name, upTo);
        for (const name of all) {
          const times = uniteIntervals(given).filter((interval) => visits(interval, name)).length;
          assert.equal(times, given.some((interval) => visits(interval, name)) ? 1 : 0, JSON.stringify(name));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("an unsafe start is one of several; alone it is for the lake to judge", () => {
  assert.equal(unsafeStart([{ after: "\ue000" }]), undefined);
  assert.equal(unsafeStart([{ upTo: "\ue000" }, { after: "z", upTo: "\u{1f600}" }]), undefined);
  assert.equal(unsafeStart([{ upTo: "b" }, { after: "\u{1f600}" }]), 1);
});
