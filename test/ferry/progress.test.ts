import assert from "node:assert/strict";
import { test } from "node:test";
import { addRun, drive, ferryAt, requestOf } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

/** A lake whose walk takes many more short waves than a run may stand still. */
function slowLake() {
  const pace = { saveMs: 300, pulseMs: 200, lookMs: 500, firstWaveMs: 1000, waveMs: 1000, deadlineGraceMs: 500 };
  const made = ferryAt(timeline(1_000_000), pace, 50);
  for (let folder = 0; folder < 250; folder++) made.source.write(`/d${folder}/f`, "x");
  return made;
}

test("an audit by one lane moves on though it lists nothing: what it has checked is progress", async () => {
  const { ferry, source, sink, clock } = slowLake();
  await sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
  source.onCall = () => clock.sleep(150);
  await addRun(ferry, "r", requestOf({ parallelism: 1, preserve: [] }), { job: "audit" });
  const run = await clock.run(drive(ferry, "r"));
  const { tally } = await ferry.work("r").account();
  assert.deepEqual([run.status, tally.checked], ["CompletedWithErrors", 501]);
});

test("a run that deletes moves on in its last walk, however long that finds nothing to delete", async () => {
  const { ferry, source, clock } = slowLake();
  await addRun(ferry, "a", requestOf({ preserve: [] }));
  await clock.run(drive(ferry, "a"));
  source.remove("/d7/f");
  source.onCall = () => clock.sleep(150);
  await addRun(ferry, "r", requestOf({ preserve: [], extra: "delete", maxDeletes: 10 }));
  const run = await clock.run(drive(ferry, "r"));
  const { tally } = await ferry.work("r").account();
  assert.deepEqual([run.status, tally.filesDeleted], ["Succeeded", 1]);
});
