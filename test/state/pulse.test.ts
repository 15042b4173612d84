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
  const rows = memoryRows();
  const work = (id: string) => openWork(rows, id, () => "n", clock);
  const open = () => openPulses(counted, work, clock, 2000);
  return { clock, runs, pulses: open(), elsewhere: open(), asked: () => asked };
}

test("many slices of a process ask once in a while, and all get the same answer", async () => {
  const { clock, pulses, asked } = await opened();
  const felt = await Promise.all(Array.from({ length: 20 }, () => pulses.of("r")));
  assert.equal(asked(), 1);
  assert.ok(felt.every((pulse) => pulse?.status === "Running"));
  clock.advance(2000);
  await pulses.of("r");
  assert.equal(asked(), 2);
});

test("after the clock was set back the run is looked at again, not an answer from the future", async () => {
  const { clock, runs, pulses } = await opened();
  await pulses.of("r");
  clock.advance(-600_000);
  await runs.change("r", (run) => ({ ...run, status: "Pausing" }));
  assert.equal((await pulses.of("r"))?.status, "Pausing");
});

test("a run that nobody has is undefined", async () => {
  assert.equal(await (await opened()).pulses.of("other"), undefined);
});

test("what lanes of one process say is known there at once, without asking, and elsewhere with the next look", async () => {
  const { clock, pulses, elsewhere, asked } = await opened();
  const waiting = async (from = pulses) => (await from.of("r"))?.hunger;
  await waiting();
  await waiting(elsewhere);
  await pulses.waits("r", 1, 10);
  await pulses.waits("r", 2, 20);
  await elsewhere.waits("r", 3, 30);
  assert.deepEqual(await waiting(), { lanes: [1, 2], waiting: [10, 20], lastGiftMs: 0 });
  assert.deepEqual((await waiting(elsewhere))?.lanes, [3]);
  await pulses.waits("r", 1, undefined);
  assert.deepEqual((await waiting())?.lanes, [2]);
  assert.equal(asked(), 2);
  clock.advance(2000);
  // Lane 2 has got work from somebody else's process since: what was read later counts.
  await elsewhere.waits("r", 2, undefined);
  assert.deepEqual([(await waiting())?.lanes, (await waiting(elsewhere))?.lanes], [[3], [3]]);
});

test("a clock that is set back makes nothing of what lanes said last longer", async () => {
  const { clock, pulses, elsewhere } = await opened();
  await pulses.waits("r", 1, 10);
  await elsewhere.waits("r", 1, undefined);
  clock.advance(-600_000);
  assert.deepEqual((await pulses.of("r"))?.hunger.lanes, []);
});
