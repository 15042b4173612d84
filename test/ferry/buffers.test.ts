import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openBuffers } from "../../src/ferry/buffers.ts";

const unit = 64 * 1024;

test("memory that was given back is used for what is as long, or at least half as long, and for nothing else", () => {
  const buffers = openBuffers(100 * unit);
  const first = buffers.take(8 * unit);
  const second = buffers.take(8 * unit);
  assert.notEqual(first, second);
  buffers.give(first);
  assert.notEqual(buffers.take(8 * unit + 1), first);
  assert.notEqual(buffers.take(3 * unit), first);
  assert.equal(buffers.take(4 * unit), first);
  assert.notEqual(buffers.take(8 * unit), first);
});

test("of what is long enough the shortest is used", () => {
  const buffers = openBuffers(100 * unit);
  const lengths = [7, 5, 8, 5, 6];
  const blocks = lengths.map((length) => buffers.take(length * unit));
  for (const block of blocks) buffers.give(block);
  assert.deepEqual(
    lengths.map(() => blocks.indexOf(buffers.take(5 * unit))),
    [3, 1, 4, 0, 2],
  );
});

test("there is place for all that was asked for, and at most a quarter more", () => {
  const buffers = openBuffers(0);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1024 * unit }), (bytes) => {
      const { byteLength } = buffers.take(bytes);
      assert.ok(byteLength >= bytes && byteLength <= bytes * 1.25, `${byteLength} bytes for ${bytes}`);
    }),
    { numRuns: 30 },
  );
});

test("what is kept makes way for what is in use", () => {
  const buffers = openBuffers(4 * unit);
  const [old, young] = [buffers.take(unit), buffers.take(unit)];
  for (const block of [old, young]) buffers.give(block);
  const large = buffers.take(5 * unit);
  assert.equal(buffers.take(unit), young);
  assert.notEqual(buffers.take(unit), old);
  buffers.give(large);
  assert.notEqual(buffers.take(5 * unit), large, "with the two that are in use it would have been too much");
});

test("no more than half as much again as the budget is kept, and of what is kept the oldest goes first; little is not kept at all", () => {
  const buffers = openBuffers(2 * unit);
  const blocks = [1, 2, 3, 4].map(() => buffers.take(unit));
  for (const block of blocks) buffers.give(block);
  assert.deepEqual(
    [1, 2, 3].map(() => blocks.indexOf(buffers.take(unit))),
    [3, 2, 1],
  );
  assert.equal(blocks.includes(buffers.take(unit)), false);
  for (const bytes of [3 * unit, 10]) {
    const other = buffers.take(bytes);
    buffers.give(other);
    assert.notEqual(buffers.take(bytes), other);
  }
});
