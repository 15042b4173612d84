import assert from "node:assert/strict";
import { test } from "node:test";
import { nextSaveMs } from "../../src/core/saving.ts";

const save = (tookMs: number, wasThrottled = false) => ({ tookMs, wasThrottled });

test("a quick store is saved to at the base interval", () => {
  assert.equal(nextSaveMs(3000, 3000, save(20)), 3000);
});

test("a slow store is given ten times the time it took, at most a minute", () => {
  assert.equal(nextSaveMs(3000, 3000, save(900)), 9000);
  assert.equal(nextSaveMs(3000, 3000, save(50_000)), 60_000);
});

test("a store that refuses is asked half as often each time, and comes back step by step", () => {
  let everyMs = 3000;
  const steps: number[] = [];
  for (const wasThrottled of [true, true, true, true, true, false, false, false, false, false]) {
    everyMs = nextSaveMs(3000, everyMs, save(20, wasThrottled));
    steps.push(everyMs);
  }
  assert.deepEqual(steps, [6000, 12_000, 24_000, 48_000, 60_000, 30_000, 15_000, 7500, 3750, 3000]);
});
