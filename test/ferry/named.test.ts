// The bench of selection, smaller.
import assert from "node:assert/strict";
import { test } from "node:test";
import { carryDays, carryList } from "../../bench/sim/named.ts";
import { systemClock } from "../../src/app/clock.ts";

test("a list of thousands, one in a hundred missing, is carried over exactly by lanes that share it", async () => {
  const { faults, requests } = await carryList(8000, 100, 4, systemClock);
  assert.deepEqual(faults, []);
  assert.equal(requests["source LISTSTATUS"], 1);
  assert.equal(requests["sink putFile"], 7920);
});

test("a window of ten years of daily folders asks for those of its days, and no others", async () => {
  const { faults, listed } = await carryDays(10, 31, systemClock);
  assert.deepEqual(faults, []);
  // The root, once to see whether it may be listed; year, month; the days, each once more when its files were sent.
  assert.equal(listed.length, 2 + 2 + 31 * 2);
});
