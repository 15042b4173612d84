import assert from "node:assert/strict";
import { test } from "node:test";
import { lanesBeside, makesWay, rivalsOf, waveBeside } from "../../src/core/fairness.ts";
import { planLanes } from "../../src/core/lanes.ts";

const minuteMs = 60_000;

test("a run that is alone isn't shortened; beside others its waves are short, and brief while one is new", () => {
  const nowMs = 1_000_000;
  const old = { run: "b", sinceMs: nowMs - minuteMs };
  const fresh = { run: "c", sinceMs: nowMs - 5000 };
  assert.equal(waveBeside(3 * minuteMs, [], nowMs), 3 * minuteMs);
  assert.equal(waveBeside(3 * minuteMs, [old], nowMs), 15_000);
  assert.equal(waveBeside(3 * minuteMs, [old, fresh], nowMs), 3000);
  assert.equal(waveBeside(1000, [old, fresh], nowMs), 1000);
});

test("a wave ends early for a run that came after it was planned, and after five seconds only", () => {
  const rivals = [{ run: "b", sinceMs: 10_500 }];
  assert.equal(makesWay(rivals, 10_000, 12_000), false);
  assert.equal(makesWay(rivals, 10_000, 15_000), true);
  assert.equal(makesWay(rivals, 11_000, 60_000), false);
  assert.equal(makesWay([], 10_000, 60_000), false);
});

test("auto shares lanes equally; who asked for a number has it", () => {
  const seen = { lanes: 200, late: 0, idle: 0 };
  const others = ["b", "c"].map((run) => ({ run, sinceMs: 0 }));
  assert.deepEqual(rivalsOf("b", others), [others[1]]);
  const most = lanesBeside(256, others);
  assert.deepEqual(planLanes("auto", 999, seen, most), { lanes: 85, why: "its share beside other runs: 85" });
  assert.equal(planLanes(200, 999, seen, most).lanes, 200);
  assert.equal(
    lanesBeside(
      256,
      Array.from({ length: 400 }, () => ({ run: "x", sinceMs: 0 })),
    ),
    1,
  );
});
