import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openQuantiles } from "../../src/core/quantiles.ts";

const durations = fc.array(fc.double({ min: 0.2, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 200 });
const shares = fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1);

test("a quantile is the duration that a sorted list has there, to within five percent above it", () => {
  fc.assert(
    fc.property(durations, shares, (all, share) => {
      const quantiles = openQuantiles();
      for (const ms of all) quantiles.add(ms);
      const exact = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * all.length - 1e-9) - 1)] ?? 0;
      const found = quantiles.at(share) ?? 0;
      assert.ok(found >= exact * 0.999 && found <= exact * 1.06, `${found} for ${exact}`);
      assert.equal(quantiles.count(), all.length);
    }),
  );
});

test("of nothing there is no quantile, and what takes no time takes none", () => {
  const quantiles = openQuantiles();
  assert.equal(quantiles.at(0.5), undefined);
  quantiles.add(0);
  assert.equal(quantiles.at(0.99), 0);
});
