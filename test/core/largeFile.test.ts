import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addToCrc64, emptyCrc64 } from "../../src/core/crc64.ts";
import { type BlockRange, halved } from "../../src/core/cut.ts";
import {
  addStaged,
  afterStaged,
  allBlocks,
  begun,
  blockCount,
  blockIdOf,
  type LargeFile,
  placedCrc64,
} from "../../src/core/largeFile.ts";
import type { LakePath } from "../../src/core/path.ts";

const path = "/big" as LakePath;

function fileOf(bytes: number, blockBytes: number): LargeFile {
  return { id: "a", path, bytes, modifiedMs: 1, blockBytes, attempt: 1, openedMs: 0 };
}

test("pieces sent in any order and grouping count a file down and add up to its checksum", () => {
  const content = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat()), (bytes, blockBytes, dice) => {
      const file = fileOf(bytes.byteLength, blockBytes);
      const pieces = halved([allBlocks(file)], 5)
        .map((piece) => ({ piece, order: dice.next().value ?? 0 }))
        .toSorted((a, b) => a.order - b.order);
      let state = begun(file);
      let held: ReturnType<typeof addStaged> | undefined;
      for (const { piece, order } of pieces) {
        const end = Math.min(bytes.byteLength, piece.to * blockBytes);
        const own = addToCrc64(emptyCrc64, bytes.subarray(piece.from * blockBytes, end));
        const crc64 = placedCrc64(own, bytes.byteLength - end);
        held = addStaged(held, { file: file.id, blocks: piece.to - piece.from, crc64 });
        if (order % 2 === 0) continue;
        state = afterStaged(state, held);
        held = undefined;
      }
      if (held !== undefined) state = afterStaged(state, held);
      assert.equal(state.left, 0);
      assert.deepEqual(state.crc64, addToCrc64(emptyCrc64, bytes));
    }),
  );
});

test("blocks are divided into as many pieces as wanted, none left out, and few blocks stay together", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 0, max: 300 }), (count, most) => {
      const whole: BlockRange = { path, file: "a", from: 0, to: count };
      const pieces = halved([whole], most).toSorted((a, b) => a.from - b.from);
      let at = 0;
      for (const { from, to } of pieces) {
        assert.equal(from, at);
        at = to;
        if (pieces.length > 1) assert.ok(to - from >= 4);
      }
      assert.equal(at, count);
      assert.ok(pieces.length <= Math.max(1, most));
      if (count >= 16 * most) assert.ok(pieces.length >= most);
    }),
  );
});

test("the first of two reasons why a file will not become whole is kept", () => {
  const failure = { kind: "denied", op: "OPEN", path, detail: "no" } as const;
  const later = { ...failure, kind: "changed" } as const;
  const none = { file: "a", blocks: 1, crc64: emptyCrc64 };
  const both = addStaged({ ...none, failure }, { ...none, failure: later });
  assert.deepEqual([both.blocks, both.failure], [2, failure]);
  const state = afterStaged(begun(fileOf(4, 1)), both);
  assert.deepEqual(afterStaged(state, { ...none, failure: later }).failure, failure);
});

test("block ids have one length and tell attempts and places apart", () => {
  const last = blockCount(fileOf(50_000, 1)) - 1;
  const ids = [blockIdOf("a", 0), blockIdOf("a", last), blockIdOf("b", last)];
  assert.equal(new Set(ids).size, 3);
  assert.equal(new Set(ids.map((id) => id.length)).size, 1);
});
