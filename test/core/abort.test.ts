import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { onAbort } from "../../src/core/abort.ts";

test("many wait for one signal with one listener, and only those hear of it that still wait", () => {
  const stop = new AbortController();
  const heard: number[] = [];
  const ends = [1, 2, 3].map((one) => onAbort(stop.signal, () => void heard.push(one)));
  ends[1]?.();
  assert.equal(getEventListeners(stop.signal, "abort").length, 1);
  stop.abort();
  assert.deepEqual(heard, [1, 3]);
});

test("who waits for no signal waits for nothing", () => {
  onAbort(undefined, () => assert.fail("called"))();
});
