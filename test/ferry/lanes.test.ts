import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { noProgress } from "../../src/core/run.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";
import { assertBooks } from "../kit/books.ts";
import { addRun, drive, ferryAt, requestOf, sliceOf, testFerry, type TestFerry } from "../kit/testFerry.ts";
import { timeline, type Timeline } from "../kit/timeline.ts";

type Made = TestFerry<Timeline>;

const paced = () =>
  ferryAt(timeline(1_000_000), { saveMs: 300, pulseMs: 200, lookMs: 500, firstWaveMs: 5000, waveMs: 20_000 }, 50);

// Carries a lake over with so many lanes, each request of the source taking some milliseconds; says which lanes worked.
async function carried(made: Made, parallelism: number) {
  const { ferry, source, sink, clock, blobs, rows } = made;
  source.onCall = () => clock.sleep(10);
  await addRun(ferry, "r", requestOf({ parallelism }));
  const run = await clock.run(drive(ferry, "r"));
  assert.equal(run.status, "Succeeded", run.error?.detail);
  assert.equal(sink.files().size, source.files().size);
  assert.deepEqual([...new Set(sink.writes().values())], [1]);
  const { created, done, tally } = await ferry.work("r").account();
  assert.equal(created, done);
  assert.equal(tally.filesListed, source.files().size);
  assert.equal(tally.foldersListed, source.folders().size);
  await assertBooks(ferry.work("r"), blobs);
  const lanes: string[] = [];
  for await (const { row } of rows.list("work-r", "lane-")) {
    if (/"filesCopied":[1-9]/u.test(String(row["account0"]))) lanes.push(row.rowKey);
  }
  return { created, lanes: lanes.length };
}

test("one flat folder is shared by many lanes, each name copied once", async () => {
  const made = paced();
  for (let index = 0; index < 8000; index++) made.source.write(`/f${String(index).padStart(5, "0")}`, "x");
  const { lanes, created } = await carried(made, 8);
  assert.ok(lanes >= 6 && created > 8, `${lanes} lanes, ${created} packets`);
});

test("many small folders are shared by many lanes", async () => {
  const made = paced();
  for (let index = 0; index < 600; index++) made.source.write(`/d${index % 20}/e${index}/f`, "x");
  const { lanes } = await carried(made, 8);
  assert.ok(lanes >= 6, `${lanes} lanes`);
});

test("a deep and narrow lake ends exact with more lanes than it has work for", async () => {
  const made = paced();
  let folder: LakePath = rootPath;
  for (let level = 0; level < 50; level++) {
    folder = childPath(folder, "d");
    made.source.write(childPath(folder, "f"), "x");
  }
  await carried(made, 16);
});

test("names of every order are copied once, however the folder is cut", async () => {
  const made = paced();
  const names = ["\u{1f600}", "\ufb01", "\uffee", "a", "~", "\u00e4", " ", "\u4e2d"];
  for (let index = 0; index < 1600; index++) {
    made.source.write(`/${names[index % 8]}${names[(index >> 3) % 8]}${index}`, "x");
  }
  await carried(made, 8);
});

test("a lane that loses its worker costs nothing but time", async () => {
  const made = paced();
  const { ferry, source, sink, clock, blobs } = made;
  for (let index = 0; index < 1500; index++) source.write(`/d${index % 9}/f${index}`, "x");
  source.onCall = () => clock.sleep(1);
  await addRun(ferry, "r", requestOf({ parallelism: 6 }));
  const lose = (wave: number, lane: number) => {
    if (wave % 2 === 1 && lane < 2) throw new Error("the worker is lost");
  };
  const run = await clock.run(drive(ferry, "r", 1, lose));
  assert.equal(run.status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  await assertBooks(ferry.work("r"), blobs);
});

test("a slice that is started again elsewhere goes on with what the lost one held, without waiting for the wave to end", async () => {
  const { ferry, source, sink, clock } = testFerry();
  for (let index = 0; index < 20; index++) source.write(`/f${index}`, "x");
  await addRun(ferry, "r", requestOf());
  const plan = await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.ok(plan.do === "ferry");
  assert.ok(await ferry.work("r").claim(0));
  const slice = { ...sliceOf("r"), plannedMs: plan.plannedMs };
  // One that is merely doubled finds its twin at work.
  assert.equal((await ferryPacket(ferry, slice)).items, 0);
  clock.advance(30_000);
  assert.equal((await ferryPacket(ferry, slice)).items, 21);
  assert.equal(sink.files().size, 20);
});

test("a plan that was made while its double rested is kept, and so are the packets of those who work by it", async () => {
  const { ferry, source, clock } = ferryAt(timeline(1_000_000));
  source.write("/f", "x");
  await addRun(ferry, "r", requestOf());
  const plan = (wave: number) => planWave(ferry, { run: "r", epoch: 1, wave, progress: noProgress });
  await clock.run(plan(0));
  // Nothing has moved since: the next wave is planned after a rest.
  const first = plan(1);
  const double = clock.sleep(5).then(() => plan(1));
  const claimed = first.then(() => ferry.work("r").claim(0));
  const [packet, ...plans] = await clock.run(Promise.all([claimed, first, double]));
  assert.deepEqual(plans[0], plans[1]);
  assert.equal(await packet?.isHeld(), true);
});

test("a wave with all the lanes that were asked for doesn't end early to become a wider one", async () => {
  const seen = { lanes: 8, late: 0, idle: 2 };
  const planned = async (parallelism: number) => {
    const { ferry } = testFerry();
    await addRun(ferry, "r", requestOf({ parallelism }));
    const wave = { run: "r", epoch: 1, progress: noProgress };
    await planWave(ferry, { ...wave, wave: 0 });
    for (const walk of ["a", "b", "c"]) await ferry.work("r").lay(walk, { ranges: [{ folder: rootPath }], open: [] });
    // Something was moved by it.
    const plan = await planWave(ferry, { ...wave, wave: 1, seen, progress: { counted: -1, stalls: 0 } });
    return plan.do === "ferry" ? [plan.lanes, plan.mayGrow] : plan;
  };
  assert.deepEqual(
    [await planned(8), await planned(4)],
    [
      [5, true],
      [4, false],
    ],
  );
});

test("a wave that moved nothing is followed by one of twice its length, up to twelve minutes, which nobody ends early", async () => {
  const planned = async (stalls: number) => {
    const { ferry } = testFerry({ stallMs: 0 });
    await addRun(ferry, "r", requestOf());
    const wave = { run: "r", epoch: 1, progress: noProgress };
    await planWave(ferry, { ...wave, wave: 0 });
    const seen = { lanes: 8, late: 0, idle: 2 };
    // This one finds nothing moved as well.
    const progress = { counted: 0, stalls: stalls - 1 };
    const plan = await planWave(ferry, { ...wave, wave: 1, seen, progress });
    return plan.do === "ferry" ? [plan.deadlineMs - plan.plannedMs, plan.mayGrow] : plan;
  };
  assert.deepEqual(
    [await planned(1), await planned(3), await planned(7)],
    [
      [120_000, false],
      [480_000, false],
      [720_000, false],
    ],
  );
});

test("lanes that wait return when nobody has work to give, and the wave is not held up", async () => {
  const { ferry, source, clock } = paced();
  source.write("/only", "x");
  source.write("/slow", "y");
  source.onCall = (op, path) => clock.sleep(op === "read" && path === "/slow" ? 9000 : 1);
  await addRun(ferry, "r", requestOf({ parallelism: 32 }));
  assert.equal((await clock.run(drive(ferry, "r"))).status, "Succeeded");
});

test("the lanes of one process return as soon as the last of them has no work, whenever they last looked at the pulse", async () => {
  const pace = { pulseMs: 60_000, pollMs: 100, starvedMs: 600_000 };
  const { ferry, source, clock } = ferryAt(timeline(1_000_000), pace);
  const workMs = 3000;
  source.write("/only", "x");
  source.onCall = (op) => (op === "read" ? clock.sleep(workMs) : undefined);
  await addRun(ferry, "r", requestOf());
  const progress = noProgress;
  await clock.run(planWave(ferry, { run: "r", epoch: 1, wave: 0, progress }));
  const startMs = clock.nowMs();
  const slice = (lane: number) => ferryPacket(ferry, { ...sliceOf("r"), lane, lanes: 4, plannedMs: startMs });
  await clock.run(Promise.all([0, 1, 2, 3].map(slice)));
  assert.ok(clock.nowMs() - startMs < workMs + 500, `${clock.nowMs() - startMs} ms`);
});

test("a source that can't be asked for a place to cut is no reason to fail", async () => {
  const made = paced();
  const { source } = made;
  for (let index = 0; index < 1000; index++) source.write(`/f${String(index).padStart(4, "0")}`, "x");
  source.nameAfter = async (path: LakePath) => {
    throw new LakeError("unavailable", { op: "LISTSTATUS", path, detail: "HTTP 500", retry: "exhausted" });
  };
  await carried(made, 4);
});

test("a wave of more lanes than there are connections any more ends early, and the next one has as many lanes", async () => {
  const made = ferryAt(timeline(1_000_000), { pulseMs: 200, lookMs: 500, firstWaveMs: 600_000, waveMs: 600_000 }, 50);
  const { ferry, source, clock } = made;
  for (let index = 0; index < 400; index++) source.write(`/d${index % 20}/f${index}`, "x");
  source.onCall = (op) => (op === "read" ? clock.sleep(1000) : undefined);
  await addRun(ferry, "r", requestOf({ parallelism: 4 }));
  let capped = 0;
  const run = await clock.run(
    drive(ferry, "r", 1, async () => {
      const lanes = (await ferry.runs.get("r"))?.wave?.lanes ?? 0;
      if (capped > 0 || lanes < 4) return;
      capped = clock.nowMs();
      await ferry.runs.change("r", (now) => ({ ...now, caps: { source: { maxConcurrentConnections: 2 }, sink: {} } }));
    }),
  );
  assert.equal(run.status, "Succeeded");
  const after = (run.waves ?? []).filter(({ plannedMs }) => plannedMs > capped);
  assert.equal(after[0]?.lanes, 2);
  assert.ok(after[0].plannedMs - capped < 10_000, `${after[0].plannedMs - capped} ms`);
});
