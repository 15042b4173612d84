import assert from "node:assert/strict";
import { test } from "node:test";
import { timeline } from "../kit/timeline.ts";

test("time passes in the order of waking, and takes none of ours", async () => {
  const time = timeline(1000);
  const woken: string[] = [];
  const after = async (ms: number) => {
    await time.sleep(ms);
    woken.push(`${ms} at ${time.nowMs()}`);
  };
  await time.run(Promise.all([3_600_000, 5, 20, 0.5, 7, 86_400_000, 6].map(after)));
  assert.deepEqual(woken, [
    "0.5 at 1001",
    "5 at 1005",
    "6 at 1006",
    "7 at 1007",
    "20 at 1020",
    "3600000 at 3601000",
    "86400000 at 86401000",
  ]);
});

test("whoever wakes in the same millisecond does so in one turn, before time goes on", async () => {
  const time = timeline(0);
  let [awake, turns] = [0, 0];
  const one = async () => {
    await time.sleep(3);
    awake++;
    for (let step = 0; step < 5; step++) await Promise.resolve();
    assert.equal(time.nowMs(), 3);
    if (awake === 100) turns++;
  };
  await time.run(Promise.all(Array.from({ length: 100 }, one)));
  assert.equal(turns, 100);
});

test("a sleeper that is called off wakes at once, and leaves nothing that fires", async () => {
  const time = timeline(0);
  const off = new AbortController();
  const sleeper = time.sleep(50, off.signal);
  const caller = time.sleep(10).then(() => off.abort(new Error("off")));
  await time.run(assert.rejects(sleeper, /off/u).then(() => assert.equal(time.nowMs(), 10)));
  await caller;
  await assert.rejects(time.sleep(1, off.signal), /off/u);
});

test("what waits for nobody is said to hang", async () => {
  const time = timeline(7);
  await assert.rejects(time.run(new Promise(() => undefined)), /it hangs: at 7/u);
});

test("the same seed rolls the same, another one doesn't", () => {
  const rolls = (seed: number) => {
    const { roll } = timeline(0, seed);
    return Array.from({ length: 5 }, () => roll());
  };
  assert.deepEqual(rolls(3), rolls(3));
  assert.notDeepEqual(rolls(3), rolls(4));
});
