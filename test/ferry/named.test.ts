// The bench of selection, smaller.
import assert from "node:assert/strict";
import { test } from "node:test";
import { carryDays, carryList } from "../../bench/sim/named.ts";
import { systemClock } from "../../src/app/clock.ts";

test("a list of thousands, one in a hundred missing, is carried over exactly by lanes that share it", async () => {
  const { faults, requests } = await carryList(4000, 100, 4, systemClock);
  assert.deepEqual(faults, []);
  assert.equal(requests["source LISTSTATUS"], 1);
  assert.equal(requests["sink putFile"], 3960);
});

test("a window of ten years of daily folders asks for those of its days, and no others", async () => {
  const { faults, listed } = await carryDays(10, 31, systemClock);
  assert.deepEqual(faults, []);
  assert.equal(new Set(listed).size, 34);
});
