import assert from "node:assert/strict";
import { test } from "node:test";
import { openBlockBuffers } from "../../src/ferry/blockBuffers.ts";

test("memory that was given back is used for blocks of its size, and only for those", () => {
  const buffers = openBlockBuffers(100);
  const first = buffers.take(10);
  const second = buffers.take(10);
  assert.notEqual(first, second);
  buffers.give(first);
  assert.equal(buffers.take(20).byteLength, 20);
  assert.equal(buffers.take(10), first);
  assert.notEqual(buffers.take(10), first);
});

test("no more is kept than was said, and of what is kept the oldest goes first", () => {
  const buffers = openBlockBuffers(20);
  const blocks = [1, 2, 3].map(() => buffers.take(10));
  for (const block of blocks) buffers.give(block);
  assert.deepEqual(
    [buffers.take(10), buffers.take(10)].map((block) => blocks.indexOf(block)),
    [2, 1],
  );
  assert.equal(blocks.includes(buffers.take(10)), false);
  const large = buffers.take(30);
  buffers.give(large);
  assert.notEqual(buffers.take(30), large);
});
