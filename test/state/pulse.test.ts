import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { openPulses } from "../../src/state/pulse.ts";
import { openRuns } from "../../src/state/runs.ts";
import { openWork } from "../../src/state/work.ts";
import { testClock } from "../kit/testClock.ts";
import { requestOf } from "../kit/testFerry.ts";

async function opened() {
  const clock = testClock();
  const runs = openRuns(memoryRows());
  const run = { id: "r", status: "Running", epoch: 1, request: requestOf(), createdMs: 0, workedMs: 0 } as const;
  await runs.add(run);
  let asked = 0;
  const counted: typeof runs = {
    ...runs,
    get: (id) => {
      asked++;
      return runs.get(id);
    },
  };
  const work = (id: string) => openWork(memoryRows(), id, () => "n", clock);
  return { clock, runs, pulses: openPulses(counted, work, clock, 2000), asked: () => asked };
}

test("many slices of a process ask once in a while, and all get the same answer", async () => {
  const { clock, pulses, asked } = await opened();
  const felt = await Promise.all(Array.from({ length: 20 }, () => pulses("r")));
  assert.equal(asked(), 1);
  assert.ok(felt.every((pulse) => pulse?.status === "Running"));
  clock.advance(2000);
  await pulses("r");
  assert.equal(asked(), 2);
});

test("after the clock was set back the run is looked at again, not an answer from the future", async () => {
  const { clock, runs, pulses } = await opened();
  await pulses("r");
  clock.advance(-600_000);
  await runs.change("r", (run) => ({ ...run, status: "Pausing" }));
  assert.equal((await pulses("r"))?.status, "Pausing");
});

test("a run that nobody has is undefined", async () => {
  assert.equal(await (await opened()).pulses("other"), undefined);
});
