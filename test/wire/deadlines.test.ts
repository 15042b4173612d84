import assert from "node:assert/strict";
import { test } from "node:test";
import { openDeadlines } from "../../src/wire/deadlines.ts";

test("all are given up in time, whatever order they came in, and none that ended before", async () => {
  const deadlines = openDeadlines();
  const ended: string[] = [];
  const last = Promise.withResolvers<void>();
  deadlines.add(60, () => last.resolve());
  deadlines.add(30, () => void ended.push("late"));
  deadlines.add(10, () => void ended.push("early"));
  deadlines.add(20, () => void ended.push("never"))();
  await last.promise;
  assert.deepEqual(ended.toSorted(), ["early", "late"]);
});
