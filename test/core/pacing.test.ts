import assert from "node:assert/strict";
import test from "node:test";
import { faster, isNews, openSecond, openSpacing, type Pace, slower, unpaced } from "../../src/core/pacing.ts";

test("a refusal sets the pace to a little less than the store has just taken", () => {
  assert.equal(slower(unpaced, 1000, 10_000).perSecond, 980);
  assert.equal(slower(unpaced, 0, 10_000).perSecond, 1);
});

test("a store that refuses the first few requests of all takes away half of them, not all but one in a second", () => {
  assert.equal(slower(unpaced, 2, 10_000, 0, 40).perSecond, 20);
  assert.equal(slower(unpaced, 30, 10_000, 0, 40).perSecond, 29.4);
  // Of so many one learns what it can take.
  assert.equal(slower(unpaced, 2, 10_000, 0, 100).perSecond, 1.96);
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

test("the pace doesn't grow before the store says that one may come again, and believes it for a minute at most", () => {
  const told = slower(unpaced, 1000, 10_000, 5000);
  assert.equal(faster(told, 14_999).perSecond, 980);
  assert.equal(faster(told, 15_999).perSecond, 980);
  assert.equal(faster(told, 16_000).perSecond, 980 * 1.005);
  assert.equal(faster(told, 17_000).perSecond, 980 * 1.005 * 1.00625);
  const forLong = slower(unpaced, 1000, 10_000, 3_600_000);
  assert.equal(faster(forLong, 69_999).perSecond, 980);
  assert.ok((faster(forLong, 80_000).perSecond ?? 0) > 980);
  // Set back by an hour, the clock says nothing of when that was.
  assert.equal(faster(forLong, 0).perSecond, 980);
  assert.ok((faster(faster(forLong, 0), 5000).perSecond ?? 0) > 980);
});

// Steps as [ms, what the store took in the last second where it refuses, the pace afterwards, why].
test("each change of a pace has its reason", () => {
  const steps: readonly (readonly [number, number | undefined, number | undefined, string])[] = [
    [10_000, 1000, 980, "it refused more than the 1000 that it took in a second"],
    [11_000, 900, 882, "it refused more than the 900 that it took in a second"],
    [
      12_000,
      100,
      441,
      "it refused more than the 100 that it took in a second: half of the pace at most is given up at once",
    ],
    [13_000, undefined, 529.2, "nothing was refused for 1 s"],
    [14_000, undefined, 635.04, "nothing was refused for 2 s"],
    [600_000, undefined, undefined, "nothing was refused up to 50000 a second"],
  ];
  steps.reduce<Pace>((pace, [ms, taken, perSecond, why]) => {
    const next = taken === undefined ? faster(pace, ms) : slower(pace, taken, ms);
    assert.equal(next.perSecond?.toFixed(2), perSecond?.toFixed(2));
    assert.equal(next.why, why);
    return next;
  }, unpaced);
});

test("people hear of a pace when it begins, ends, or has changed by a quarter", () => {
  const at = (perSecond: number): Pace => ({ ...unpaced, perSecond });
  assert.ok(isNews(at(500), unpaced) && isNews(unpaced, at(500)));
  assert.ok(isNews(at(390), at(500)) && isNews(at(630), at(500)));
  assert.ok(!isNews(at(410), at(500)) && !isNews(at(600), at(500)) && !isNews(unpaced, unpaced));
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
