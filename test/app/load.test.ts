import assert from "node:assert/strict";
import { test } from "node:test";
import { processLoad } from "../../src/app/load.ts";

test("a process that computes is at work all the time, and uses a processor", async () => {
  // Before its loop has begun to turn, a process knows nothing of it.
  await new Promise((resolve) => setImmediate(resolve));
  const before = processLoad();
  const untilMs = performance.now() + 40;
  while (performance.now() < untilMs);
  const after = processLoad();
  assert.ok(after.loopMs - before.loopMs >= 35, `${after.loopMs - before.loopMs} ms`);
  assert.ok(after.cpuMs > before.cpuMs);
});
