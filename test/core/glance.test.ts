import assert from "node:assert/strict";
import { test } from "node:test";
import { type Glance, mostly, openActivity, ratesOf } from "../../src/core/glance.ts";

function seen(changes: Partial<Glance> = {}): Glance {
  return {
    atMs: 10_000,
    overMs: 5000,
    path: "/",
    files: 50,
    bytes: 5_000_000,
    requests: 100,
    atOnce: { listing: 0, reading: 0, writing: 0, waiting: 0 },
    known: { files: 0, bytes: 0 },
    ...changes,
  };
}

test("what is under way at a time is averaged since the last look", () => {
  let nowMs = 1000;
  const { begin, take } = openActivity(() => nowMs);
  const [first, second] = [begin("reading"), begin("reading")];
  begin("listing");
  nowMs = 2000;
  first();
  nowMs = 3000;
  second();
  nowMs = 5000;
  assert.deepEqual(take().seen, {
    atMs: 5000,
    overMs: 4000,
    atOnce: { listing: 1, reading: 0.8, writing: 0, waiting: 0 },
  });
  nowMs = 6000;
  assert.deepEqual(take().seen.atOnce, { listing: 1, reading: 0, writing: 0, waiting: 0 });
});

test("a lane is said to do what it did most of, or nothing", () => {
  const atOnce = { listing: 0.5, reading: 3, writing: 2, waiting: 0 };
  assert.equal(mostly(seen({ atOnce })), "reading");
  assert.equal(mostly(seen({ atOnce: { ...atOnce, waiting: 9 } })), "waiting");
  assert.equal(mostly(seen()), "idle");
});

test("rates are those of the time that was looked back over, and none once that is long ago", () => {
  assert.deepEqual(ratesOf(seen(), 12_000), { files: 10, bytes: 1_000_000, requests: 20 });
  assert.deepEqual(ratesOf(seen(), 26_000), { files: 0, bytes: 0, requests: 0 });
  assert.deepEqual(ratesOf(seen({ overMs: 0 }), 10_000), { files: 0, bytes: 0, requests: 0 });
});
