import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { processLoad } from "../../src/app/load.ts";

test("a process that computes is at work, and one that waits is not for all of it", async () => {
  await wait(1);
  const before = processLoad();
  const untilMs = performance.now() + 40;
  while (performance.now() < untilMs);
  const after = processLoad();
  assert.ok(after.loopMs - before.loopMs >= 35, `${after.loopMs - before.loopMs} ms`);
  assert.ok(after.cpuMs > before.cpuMs);
  await wait(200);
  assert.ok(processLoad().loopMs - after.loopMs < 200);
});
