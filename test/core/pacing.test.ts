import assert from "node:assert/strict";
import test from "node:test";
import { faster, openSecond, openSpacing, slower, unpaced } from "../../src/core/pacing.ts";

test("a refusal sets the pace to a little less than the store has just taken", () => {
  assert.equal(slower(unpaced, 1000, 10_000).perSecond, 980);
  assert.equal(slower(unpaced, 0, 10_000).perSecond, 1);
});

test("a store teaches once a second at the most, and takes no more than half of the pace away", () => {
  const paced = slower(unpaced, 1000, 10_000);
  assert.equal(slower(paced, 10, 10_999), paced);
  assert.equal(slower(paced, 900, 11_000).perSecond, 882);
  assert.equal(slower(paced, 0, 11_000).perSecond, 490);
  // What was accepted before the pace was known is no reason to go faster.
  assert.equal(slower(paced, 5000, 11_000).perSecond, 960.4);
});

test("a quiet time speeds up, more with each second, until there is no limit again", () => {
  const paced = slower(unpaced, 1000, 10_000);
  assert.equal(faster(paced, 10_999), paced);
  assert.equal(faster(paced, 11_000).perSecond, 980 * 1.005);
  assert.equal(faster(paced, 12_000).perSecond, 980 * 1.005 * 1.00625);
  assert.equal(faster(faster(paced, 11_000), 12_000).perSecond, faster(paced, 12_000).perSecond);
  assert.equal(faster(paced, 10_000 + 3_600_000).perSecond, undefined);
  assert.equal(faster(unpaced, 99_000), unpaced);
});

test("after an outage the way back is short, up to where the pace was", () => {
  const paced = slower(slower(unpaced, 1000, 10_000), 0, 11_000);
  assert.equal(faster(paced, 12_000).perSecond, 490 * 1.2);
  const back = faster(paced, 20_000).perSecond ?? 0;
  assert.ok(back > 980 * 0.83 && back < 980, String(back));
});

test("a clock that is set back neither speeds up nor keeps the pace for ever", () => {
  const paced = slower(unpaced, 1000, 10_000);
  const back = faster(paced, 5000);
  assert.equal(back.perSecond, 980);
  assert.equal(faster(back, 6000).perSecond, 980 * 1.005);
  assert.equal(slower(paced, 900, 5000).perSecond, 882);
});

test("a second forgets what is older", () => {
  const second = openSecond();
  for (const ms of [10_000, 10_050, 10_950]) second.add(ms);
  assert.equal(second.count(10_999), 3);
  assert.equal(second.count(11_000), 1);
  assert.equal(second.count(12_000), 0);
  second.add(5000);
  assert.equal(second.count(5000), 1);
});

test("amounts are spaced by the rate; a little of what was missed is made up for", () => {
  const spacing = openSpacing();
  assert.equal(spacing.waitMs(1, 100, 1000), 0);
  // A credit of 100 ms is ten at this rate.
  const waits = Array.from({ length: 12 }, () => spacing.waitMs(1, 100, 1000));
  assert.deepEqual(
    waits.slice(0, 9),
    Array.from({ length: 9 }, () => 0),
  );
  assert.deepEqual(waits.slice(10), [10, 20]);
  assert.equal(spacing.waitMs(50, 100, 60_000), 0);
  assert.equal(spacing.waitMs(1, 100, 60_000), 400);
});
