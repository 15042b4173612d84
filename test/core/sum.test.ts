import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toDigest } from "../../src/core/digest.ts";
import { openSum } from "../../src/core/sum.ts";
import { addTallies, emptyTally, type Tally } from "../../src/core/tally.ts";

const count = fc.nat(1000);
const found = fc.record({ items: count, paths: fc.array(fc.string(), { maxLength: 3 }) });
const parts = fc.record(
  {
    filesListed: count,
    foldersListed: count,
    bytesRead: count,
    filesSkipped: fc.dictionary(fc.constantFrom("same", "exists"), count, { noNullPrototype: true }),
    checksums: fc.dictionary(fc.constantFrom("md5", "crc64"), count, { noNullPrototype: true }),
    spentMs: fc.record({ listing: count, reading: count, writing: count, waiting: count }),
    findings: fc.dictionary(fc.constantFrom("names", "nobody"), found, { noNullPrototype: true }),
    digest: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(toDigest),
    accessDigest: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(toDigest),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<Tally>>;

test("what is added up in place is what the tallies of all are together, and the next sum begins at zero", () => {
  fc.assert(
    fc.property(fc.array(parts), (all) => {
      const sum = openSum();
      for (const part of all) sum.add(part);
      const whole = all.reduce<Tally>((a, part) => addTallies(a, { ...emptyTally, ...part }), emptyTally);
      const { filesListed, foldersListed, checked } = whole;
      assert.deepEqual(sum.items(), { filesListed, foldersListed, checked });
      assert.deepEqual(sum.take(), whole);
      assert.deepEqual(sum.take(), emptyTally);
    }),
  );
});
