import assert from "node:assert/strict";
import { test } from "node:test";
import { recent } from "../../src/state/recent.ts";
import { testClock } from "../kit/testClock.ts";

function asked(everyMs: number) {
  const clock = testClock();
  const asks: string[] = [];
  const known = recent(clock, everyMs, async (key) => `${key} ${asks.push(key)}`);
  return { clock, asks, known };
}

test("what was asked a moment ago is not asked again, whoever wants to know, and each key has a moment of its own", async () => {
  const { clock, asks, known } = asked(100);
  assert.deepEqual(await Promise.all([known("a"), known("a"), known("b")]), ["a 1", "a 1", "b 2"]);
  clock.advance(99);
  assert.equal(await known("a"), "a 1");
  clock.advance(1);
  assert.equal(await known("a"), "a 3");
  assert.deepEqual(asks, ["a", "b", "a"]);
});

test("a failure is told to those who wait for it, and to nobody later", async () => {
  const clock = testClock();
  let asks = 0;
  const known = recent(clock, 100, async () => {
    if (++asks === 1) throw new Error("no answer");
    return asks;
  });
  const [first, second] = [known("a"), known("a")];
  await assert.rejects(first, /no answer/u);
  await assert.rejects(second, /no answer/u);
  assert.equal(await known("a"), 2);
});
