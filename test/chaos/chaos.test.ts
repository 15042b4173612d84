// A part of the chaos suite that is quick enough for every check; `npm run chaos` runs as much of it as one likes.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { layers } from "./layers.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("a seed has the same course each time", async () => {
  assert.equal(await layers.memory("12"), await layers.memory("12"));
});

suite("in memory", () => {
  for (const seed of upTo(45)) test(`seed ${seed} ends exact`, async () => void (await layers.memory(`${seed}`)));
});

suite("over sockets", () => {
  for (const seed of upTo(10)) test(`seed ${seed} ends exact`, async () => void (await layers.wire(`${seed}`)));
});
