import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addToCrc64, combineCrc64, crc64Bytes, crc64Hex, emptyCrc64 } from "../../src/core/crc64.ts";

const crcOf = (bytes: Uint8Array) => addToCrc64(emptyCrc64, bytes);
const pieces = fc.uint8Array({ maxLength: 100 });

test("a CRC-64 is the one that Azure Storage computes", () => {
  // The catalogue's check value of this polynomial, and the same in the form of the header.
  const check = crcOf(Buffer.from("123456789"));
  assert.equal(crc64Hex(check), "ae8b14860a799888");
  assert.equal(Buffer.from(crc64Bytes(check)).toString("base64"), "iJh5CoYUi64=");
  assert.equal(crc64Hex(crcOf(new Uint8Array(0))), "0000000000000000");
  // Linux's crypto/testmgr.h and the NVMe specification: 4096 bytes of 0, of 0xff, and 0 to 255 in turn.
  assert.equal(crc64Hex(crcOf(new Uint8Array(4096))), "6482d367eb22b64e");
  assert.equal(crc64Hex(crcOf(new Uint8Array(4096).fill(0xff))), "c0ddba7302eca3ac");
  assert.equal(crc64Hex(crcOf(Uint8Array.from({ length: 4096 }, (_, index) => index))), "3e729f5f6750449c");
});

test("bytes may come in any pieces", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 6 }), (all) => {
      assert.deepEqual(all.reduce(addToCrc64, emptyCrc64), crcOf(Buffer.concat(all)));
    }),
  );
});

test("long input, which is folded, counts like the short pieces of it, which are not", () => {
  const bytes = Uint8Array.from({ length: 150_000 }, (_, index) => (index * 2_654_435_761) >>> 24);
  const inPieces = (content: Uint8Array, length: number) => {
    let crc = emptyCrc64;
    for (let at = 0; at < content.length; at += length) crc = addToCrc64(crc, content.subarray(at, at + length));
    return crc;
  };
  const lengths = fc.oneof(
    fc.integer({ min: 3000, max: 7000 }),
    fc.integer({ min: 65_400, max: 65_700 }),
    fc.nat({ max: bytes.length }),
  );
  fc.assert(
    fc.property(lengths, fc.nat({ max: 20_000 }), fc.integer({ min: 500, max: 3000 }), (length, from, short) => {
      const content = bytes.subarray(from, from + length);
      assert.deepEqual(crcOf(content), inPieces(content, short));
    }),
  );
});

test("checksums of pieces combine to that of the whole, in any grouping", () => {
  fc.assert(
    fc.property(pieces, pieces, pieces, (a, b, c) => {
      const whole = crcOf(Buffer.concat([a, b, c]));
      const first = combineCrc64(combineCrc64(crcOf(a), crcOf(b), b.length), crcOf(c), c.length);
      const last = combineCrc64(crcOf(a), combineCrc64(crcOf(b), crcOf(c), c.length), b.length + c.length);
      assert.deepEqual([first, last], [whole, whole]);
    }),
  );
});

test("large pieces combine too", () => {
  const mebibyte = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 2_654_435_761) >>> 24);
  const tail = mebibyte.subarray(3, 70_000);
  assert.deepEqual(combineCrc64(crcOf(mebibyte), crcOf(tail), tail.length), addToCrc64(crcOf(mebibyte), tail));
});

test("a length of a petabyte combines as its halves do", () => {
  const a = crcOf(Buffer.from("a"));
  const b = crcOf(Buffer.from("b"));
  const half = 2 ** 49;
  // Zero bytes after b, 2^49 of them twice or 2^50 at once: by linearity only the length counts.
  const twice = combineCrc64(combineCrc64(a, emptyCrc64, half), emptyCrc64, half);
  assert.deepEqual(twice, combineCrc64(a, emptyCrc64, 2 * half));
  assert.notDeepEqual(combineCrc64(a, b, half), combineCrc64(a, b, half + 1));
});

test("bytes count the same wherever in memory they lie", () => {
  fc.assert(
    fc.property(pieces, fc.nat({ max: 9 }), (bytes, offset) => {
      const moved = new Uint8Array(bytes.length + 20).subarray(offset, offset + bytes.length);
      moved.set(bytes);
      assert.deepEqual(crcOf(moved), crcOf(bytes));
    }),
  );
});

test("any changed byte changes the checksum", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, where, flip) => {
        const damaged = Uint8Array.from(bytes);
        damaged[where % bytes.length] = damaged[where % bytes.length]! ^ flip;
        assert.notDeepEqual(crcOf(damaged), crcOf(bytes));
      },
    ),
  );
});
