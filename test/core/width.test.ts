import assert from "node:assert/strict";
import test from "node:test";
import { firstWidth, type Flow, nextWidth, type Width } from "../../src/core/width.ts";

const bounds = { least: 4, most: 128 };
const flow = (filesPerSecond: number, used = 1, refused = 0): Flow => ({
  filesPerSecond,
  megabytesPerSecond: 1,
  used,
  refused,
});

// Steps as [files per second, used, slots afterwards, phase afterwards, why, where that is the point].
type Step = readonly [number, number, number, Width["phase"], RegExp?];

function follows(first: Width, steps: readonly Step[]): Width {
  return steps.reduce((width, [files, used, slots, phase, why = /./u], index) => {
    const next = nextWidth(width, flow(files, used), bounds);
    assert.deepEqual([next.slots, next.phase], [slots, phase], `step ${index}: ${next.why}`);
    assert.match(next.why, why, `step ${index}`);
    return next;
  }, first);
}

test("a width grows while more slots do more, and goes back to the last that was worth it", () => {
  follows(firstWidth(16), [
    [1000, 1, 32, "growing", /^looking whether more do more$/u],
    [1900, 1, 64, "growing", /^32 slots do 189 % of what 16 did$/u],
    [1950, 1, 32, "settled", /^64 slots do 103 % of what 32 did$/u],
    [1900, 1, 32, "settled", /^64 slots do 103 %/u],
  ]);
});

test("no width grows beyond the most", () => {
  const width = follows(firstWidth(64), [
    [1000, 1, 128, "growing"],
    [2000, 1, 128, "settled"],
  ]);
  assert.equal(width.why, "the most there are");
});

test("where there may be fewer slots than the least, there are no more", () => {
  for (const phase of ["growing", "settled", "trying"] as const) {
    const next = nextWidth({ ...firstWidth(2), phase, quiet: 9 }, flow(1000), { least: 4, most: 2 });
    assert.equal(next.slots, 2, phase);
  }
});

test("idle slots are no reason to have more", () => {
  const width = follows(firstWidth(16), [[500, 0.4, 16, "settled"]]);
  assert.equal(width.why, "40 % of the slots are in use");
});

test("a settled width looks again, up and down in turn, and keeps what is better", () => {
  const settled: Width = { ...firstWidth(32), phase: "settled" };
  const quiet: readonly Step[] = Array.from({ length: 4 }, () => [1000, 1, 32, "settled"] as const);
  const back = follows(settled, [
    ...quiet,
    [1000, 1, 42, "trying", /^looking whether more do more$/u],
    [1010, 1, 32, "settled", /^42 slots do 101 % of what 32 did$/u],
    ...quiet,
    [1000, 1, 24, "trying", /^looking whether fewer do as well$/u],
    [900, 1, 32, "settled", /^24 slots do 90 % of what 32 did$/u],
  ]);
  follows(back, [...quiet, [1000, 1, 42, "trying"], [1300, 1, 84, "growing"], [1310, 1, 42, "settled"]]);
  follows({ ...back, tryNext: "less" }, [...quiet, [1000, 1, 24, "trying"], [995, 1, 24, "settled"]]);
});

test("where requests are refused there are no more at a time, and fewer are tried first", () => {
  const growing = nextWidth(firstWidth(16), flow(1000), bounds);
  const refused = nextWidth(growing, flow(1900, 1, 3), bounds);
  assert.deepEqual([refused.slots, refused.why], [32, "3 requests were refused: no more at a time"]);
  // A store that was surprised at first takes more soon after.
  assert.equal(nextWidth(refused, flow(1900), bounds).slots, 64);
  let width: Width = refused;
  for (let interval = 0; interval < 9; interval++) width = nextWidth(width, flow(1900, 1, 3), bounds);
  assert.deepEqual([width.slots, width.phase], [24, "trying"]);
  // What is refused is no reason to keep what does less.
  assert.deepEqual(nextWidth(width, flow(1500, 1, 3), bounds).slots, 32);
});

test("a width that has found its place keeps measuring: what changes later is followed", () => {
  const runs = (width: Width, mostPerSecond: number): Width => {
    let now = width;
    for (let interval = 0; interval < 120; interval++) {
      now = nextWidth(now, flow(Math.min((now.slots * 1000) / 20, mostPerSecond)), bounds);
    }
    return now;
  };
  const slow = runs(firstWidth(16), 1000);
  assert.ok(slow.slots <= 32, `${slow.slots}: ${slow.why}`);
  const quick = runs(slow, 100_000);
  assert.ok(quick.slots >= 96, `${quick.slots}: ${quick.why}`);
  const again = runs(quick, 1000);
  assert.ok(again.slots <= 40, `${again.slots}: ${again.why}`);
});

test("large files are weighed, not counted", () => {
  const first = nextWidth(firstWidth(16), { filesPerSecond: 1, megabytesPerSecond: 100, used: 1, refused: 0 }, bounds);
  const second = nextWidth(first, { filesPerSecond: 1, megabytesPerSecond: 180, used: 1, refused: 0 }, bounds);
  assert.deepEqual([second.slots, second.phase], [64, "growing"]);
});

// A store answers after a while, and does no more than so much at a time: what a width makes of it.
const stores = [
  { name: "far away", latencyMs: 20, mostPerSecond: 100_000, good: (slots: number) => slots === 128 },
  {
    name: "a store with a limit",
    latencyMs: 10,
    mostPerSecond: 2500,
    good: (slots: number) => slots >= 25 && slots <= 64,
  },
  { name: "next door", latencyMs: 0.5, mostPerSecond: 5000, good: (slots: number) => slots <= 16 },
];
for (const { name, latencyMs, mostPerSecond, good } of stores) {
  test(`the width finds its place: ${name}`, () => {
    let width = firstWidth(16);
    for (let interval = 0; interval < 200; interval++) {
      const rate = Math.min((width.slots * 1000) / latencyMs, mostPerSecond);
      // A few percent of noise, as there always is.
      width = nextWidth(width, flow(rate * (1 + 0.01 * Math.sin(interval * 7))), bounds);
    }
    assert.ok(good(width.slots) || width.phase === "trying", `${width.slots}: ${width.why}`);
  });
}
