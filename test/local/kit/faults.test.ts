import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Fault, faultPlan, parseFaults } from "../../../local/kit/faults.ts";

const open = { op: "OPEN", method: "GET", path: "/d/a" };
const busy = { status: 503 };

function hitsOf(fault: Omit<Fault, "effect">, requests: number): readonly number[] {
  const plan = faultPlan([{ ...fault, effect: busy }]);
  return Array.from({ length: requests }, (_, index) => index + 1).filter(() => plan.take(open).length > 0);
}

test("a fault without bounds hits every request", () => {
  assert.deepEqual(hitsOf({}, 3), [1, 2, 3]);
});

test("skip, every and times choose which requests are hit", () => {
  assert.deepEqual(hitsOf({ skip: 2 }, 5), [3, 4, 5]);
  assert.deepEqual(hitsOf({ every: 3 }, 9), [3, 6, 9]);
  assert.deepEqual(hitsOf({ times: 2 }, 9), [1, 2]);
  assert.deepEqual(hitsOf({ skip: 1, every: 2, times: 2 }, 9), [3, 5]);
});

test("what is hit is what counting says, whatever the numbers", () => {
  const small = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(small, small, small, (skip, every, times) => {
      const expected = Array.from({ length: 40 }, (_, index) => index + 1)
        .filter((count) => count > skip && (count - skip) % every === 0)
        .slice(0, times);
      assert.deepEqual(hitsOf({ skip, every, times }, 40), expected);
    }),
  );
});

test("only requests that fit are counted", () => {
  const plan = faultPlan([{ match: { op: "open", method: "get", path: "/d/*" }, skip: 1, effect: busy }]);
  for (const other of [
    { ...open, op: "LISTSTATUS" },
    { ...open, method: "HEAD" },
    { ...open, path: "/d/e/a" },
  ]) {
    assert.deepEqual(plan.take(other), []);
  }
  assert.deepEqual(plan.take(open), []);
  assert.deepEqual(plan.take(open), [busy]);
});

test("a star stays in its segment, two cross segments, and nothing else is special", () => {
  const fits = (glob: string, path: string) =>
    faultPlan([{ match: { path: glob }, effect: busy }]).take({ ...open, path }).length > 0;
  for (const [glob, path, expected] of [
    ["/a/*", "/a/b", true],
    ["/a/*", "/a/b/c", false],
    ["/a/**", "/a/b/c", true],
    ["/**/c", "/a/b/c", true],
    ["/a/*.csv", "/a/x.csv", true],
    ["/a/*.csv", "/a/xxcsv", false],
    ["/a+(b)[c]?", "/a+(b)[c]?", true],
    ["/a*", "/a\nb", true],
  ] as const) {
    assert.equal(fits(glob, path), expected, `${glob} on ${path}`);
  }
});

test("effects come in the order of the rules, and a rule that hit nothing is unused", () => {
  const faults: readonly Fault[] = [
    { effect: { delayMs: 1 } },
    { match: { op: "CREATE" }, effect: busy },
    { effect: { flip: 0 } },
  ];
  const plan = faultPlan(faults);
  assert.deepEqual(plan.take(open), [{ delayMs: 1 }, { flip: 0 }]);
  assert.deepEqual(plan.unused(), [faults[1]]);
});

test("every effect is read from JSON as it is written", () => {
  const faults: readonly Fault[] = [
    {
      match: { op: "OPEN", path: "/**" },
      skip: 1,
      every: 2,
      times: 3,
      effect: { status: 429, retryAfterS: 2, body: "json", code: "X", message: "m" },
    },
    ...(["before", "mid", "after"] as const).map((reset) => ({ effect: { reset } })),
    { effect: { delayMs: 0 } },
    { effect: { short: 0 } },
    { effect: { flip: 7 } },
    { effect: { drip: 1 } },
  ];
  assert.deepEqual(parseFaults(JSON.parse(JSON.stringify(faults))), faults);
});

test("a wrong field is named", () => {
  for (const [json, message] of [
    [{}, /^faults: /],
    [[{ effect: { status: 99 } }], /^faults\[0\]\.effect\.status: /],
    [[{ effect: busy }, { effect: { reset: "now" } }], /^faults\[1\]\.effect\.reset: /],
    [[{ effect: {} }], /^faults\[0\]\.effect: names no effect, expected one of status, reset/],
    [[{ effect: { short: 1, flip: 1 } }], /^faults\[0\]\.effect: /],
    [[{}], /^faults\[0\]\.effect: /],
    [[{ times: 0, effect: busy }], /^faults\[0\]\.times: /],
    [[{ match: { operation: "OPEN" }, effect: busy }], /^faults\[0\]\.match: .*operation/],
  ] as const) {
    assert.throws(() => parseFaults(json), { message });
  }
});
