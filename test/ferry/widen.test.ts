import assert from "node:assert/strict";
import test from "node:test";
import type { Width } from "../../src/core/width.ts";
import { openWidening } from "../../src/ferry/widen.ts";
import { timeline } from "../kit/timeline.ts";

async function seconds(count: number, latencyMs: number, files = Number.POSITIVE_INFINITY): Promise<readonly Width[]> {
  const clock = timeline(1_000_000);
  const told: Width[] = [];
  const { files: slots, look } = openWidening(
    clock,
    { least: 4, most: 128 },
    1_000_000,
    (width) => void told.push(width),
  );
  const endMs = clock.nowMs() + 1000 * count;
  let left = files;
  const worker = async () => {
    while (clock.nowMs() < endMs && left-- > 0) {
      const release = await slots.take(1);
      await clock.sleep(latencyMs);
      release();
    }
  };
  const onlooker = async () => {
    for (; clock.nowMs() < endMs; await clock.sleep(250)) look();
  };
  await clock.run(Promise.all([onlooker(), ...Array.from({ length: 200 }, worker)]));
  return told;
}

test("a process with far lakes has more and more files in flight", async () => {
  assert.deepEqual(
    (await seconds(9, 50)).map(({ slots }) => slots),
    [32, 64, 128],
  );
});

test("a process without work keeps its width", async () => {
  assert.deepEqual(await seconds(20, 5, 0), []);
});
