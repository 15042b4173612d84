import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceOf, type Run } from "../../src/core/run.ts";
import { keep } from "../../src/ferry/keeper.ts";
import { addRun, drive, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

/** Keeps once; `live` and `terminated` are the orchestrations that are seen. Resolves to what was started. */
async function kept({ ferry, clock }: TestFerry, live: readonly string[] = [], terminated: readonly string[] = []) {
  const started: string[] = [];
  clock.advance(120_000);
  await keep(ferry, {
    look: async () => ({ live: new Set(live), terminated: new Set(terminated) }),
    start: async (run) => void started.push(instanceOf(run)),
  });
  return started;
}

async function withRun(changes: Partial<Run> = {}): Promise<TestFerry> {
  const made = testFerry();
  made.source.write("/x", "x");
  await addRun(made.ferry, "r", requestOf());
  await made.ferry.roots.claim("LakeSink lake", { run: "r", root: "/" as never });
  await made.ferry.runs.change("r", (now) => ({ ...now, ...changes }));
  return made;
}

const statusOf = async ({ ferry }: TestFerry) => (await ferry.runs.get("r"))?.status;

test("a run whose orchestration goes on is left alone, and so is one that has just begun", async () => {
  const made = await withRun({ status: "Running" });
  assert.deepEqual(await kept(made, ["r"]), []);
  await made.ferry.runs.change("r", (now) => ({ ...now, resumedMs: made.clock.nowMs() + 100_000 }));
  assert.deepEqual(await kept(made), []);
});

test("a run whose orchestration is lost is started again, in a new epoch, and ends exact", async () => {
  const made = await withRun();
  assert.deepEqual(await kept(made), ["r:2"]);
  assert.equal((await drive(made.ferry, "r", 1)).status, "Queued");
  assert.equal((await drive(made.ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(made.sink.files(), made.source.files());
});

test("a terminated orchestration pauses its run; nothing is lost", async () => {
  const made = await withRun({ status: "Running", startedMs: 1 });
  assert.deepEqual(await kept(made, [], ["r"]), []);
  assert.equal(await statusOf(made), "Paused");
});

test("a command that no orchestration is left to carry out is carried out by the keeper", async () => {
  const pausing = await withRun({ status: "Pausing" });
  await kept(pausing);
  assert.equal(await statusOf(pausing), "Paused");
  const cancelling = await withRun({ status: "Cancelling" });
  await kept(cancelling);
  assert.equal(await statusOf(cancelling), "Cancelled");
  assert.equal(await cancelling.ferry.roots.claim("LakeSink lake", { run: "s", root: "/" as never }), undefined);
});

test("a run that is lost again and again without a file in between fails as stalled", async () => {
  const made = await withRun({ status: "Running" });
  for (let times = 1; times <= 5; times++) assert.deepEqual(await kept(made), [`r:${times + 1}`]);
  assert.deepEqual(await kept(made), []);
  assert.equal(await statusOf(made), "Failed");
  assert.match((await made.ferry.runs.get("r"))?.error?.detail ?? "", /stalled/u);
});

test("paused and ended runs are nobody's business", async () => {
  for (const status of ["Paused", "Succeeded", "Failed"] as const) {
    const made = await withRun({ status });
    assert.deepEqual(await kept(made), []);
    assert.equal(await statusOf(made), status);
  }
});

test("a run that never got its root is not started while another one writes there", async () => {
  const made = testFerry();
  await addRun(made.ferry, "r", requestOf());
  await addRun(made.ferry, "s", requestOf());
  await made.ferry.roots.claim("LakeSink lake", { run: "s", root: "/" as never });
  assert.deepEqual(await kept(made, ["s"]), []);
  assert.equal(await statusOf(made), "Failed");
  assert.match((await made.ferry.runs.get("r"))?.error?.detail ?? "", /migration s is live/u);
});
