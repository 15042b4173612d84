import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isInVain,
  type LanePlan,
  type Parallelism,
  planLanes,
  shareFor,
  starving,
  type WaveSeen,
} from "../../src/core/lanes.ts";

const seen = (lanes: number, late = 0, idle = 0): WaveSeen => ({ lanes, late, idle });

type Step = readonly [what: string, Parallelism, packets: number, WaveSeen | undefined, lanes: number, why: RegExp];

const steps: readonly Step[] = [
  ["the first wave is one slice, whatever is asked for", 64, 1, undefined, 1, /looks around/u],
  ["a number is taken at once", 64, 1, seen(1), 64, /as asked for: 64/u],
  ["auto begins with a few", "auto", 1, seen(1), 4, /all 1 lanes were at work/u],
  ["auto doubles while all lanes are at work", "auto", 16, seen(16), 32, /all 16 lanes were at work/u],
  ["auto ends at what there is", "auto", 900, seen(200), 256, /the most there are: 256/u],
  ["auto falls back to the slots that were taken", "auto", 90, seen(32, 22), 10, /22 of 32 lanes got no slot in time/u],
  ["a number stays a number however late its lanes are", 32, 90, seen(32, 22), 32, /as asked for/u],
  [
    "lanes without work are not asked for again",
    64,
    3,
    seen(64, 0, 61),
    4,
    /61 of 64 lanes found no work; there are 3 packets/u,
  ],
  ["some spare lanes see whether there is more to share", "auto", 16, seen(32, 0, 20), 18, /there are 16 packets/u],
  ["after a starved wave a number grows again by doubling", 64, 4, seen(4), 8, /all 4 lanes were at work/u],
  ["there is always one lane", "auto", 0, seen(8, 0, 8), 1, /found no work/u],
];

for (const [what, parallelism, packets, last, lanes, why] of steps) {
  test(what, () => {
    const plan = planLanes(parallelism, packets, last);
    assert.equal(plan.lanes, lanes);
    assert.match(plan.why, why);
  });
}

test("slots that were found out are not doubled again, but probed for a few more, and forgotten when those are there", () => {
  const lanes: number[] = [];
  let plan: LanePlan = { lanes: 1, why: "" };
  // A plan with 100 slots, which has 200 from the tenth wave on.
  for (let wave = 0; wave < 14; wave++) {
    const late = Math.max(0, plan.lanes - (wave < 10 ? 100 : 200));
    plan = planLanes("auto", 500, seen(plan.lanes, late), undefined, undefined, plan.slots);
    lanes.push(plan.lanes);
  }
  assert.deepEqual(lanes, [4, 8, 16, 32, 64, 128, 100, 112, 100, 112, 224, 200, 225, 200]);
});

test("holders share what waits among them, the rest by chance", () => {
  assert.equal(shareFor(63, 64, 0.5), 378);
  assert.equal(shareFor(32, 64, 0.5), 6);
  assert.deepEqual([shareFor(4, 64, 0.1), shareFor(4, 64, 0.9)], [1, 0]);
  assert.equal(shareFor(0, 64, 0), 0);
});

test("a lane starves when it has had nothing for long and nobody gave anything away", () => {
  const now = 100_000;
  const hunger = { waiting: [89_000, 95_000, 50_000], lastGiftMs: 80_000 };
  assert.equal(starving(hunger, now, 10_000), 2);
  assert.equal(starving({ ...hunger, lastGiftMs: 95_000 }, now, 10_000), 0);
});

test("a quarter of the lanes must starve to end a wave, and one spare lane is no reason", () => {
  assert.deepEqual(
    [isInVain(0, 1), isInVain(1, 2), isInVain(2, 8), isInVain(15, 64), isInVain(16, 64)],
    [false, false, true, false, true],
  );
});
