import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { instanceOf, noProgress, type Run } from "../../src/core/run.ts";
import { emptyAccount } from "../../src/state/workRows.ts";
import { emptyTally } from "../../src/core/tally.ts";
import { keep } from "../../src/ferry/keeper.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { addRun, drive, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

/** Keeps once; `live` and `terminated` are the orchestrations that are seen. Resolves to what was started. */
async function kept(
  { ferry, clock }: TestFerry,
  live: readonly string[] = [],
  terminated: readonly string[] = [],
  suspended: readonly string[] = [],
) {
  const started: string[] = [];
  clock.advance(120_000);
  await keep(ferry, {
    look: async () => ({ live: new Set(live), suspended: new Set(suspended), terminated: new Set(terminated) }),
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

test("an execution of an earlier epoch that is refused by the lakes says nothing of the run", async () => {
  const { ferry, source } = await withRun();
  source.onCall = async () => {
    await ferry.runs.change("r", (now) => ({ ...now, epoch: 2 }));
    throw new LakeError("unavailable", { op: "stat", path: "/", detail: "out of reach", retry: "exhausted" });
  };
  const plan = await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.deepEqual(plan, { do: "end", status: "fenced" });
  const run = await ferry.runs.get("r");
  assert.deepEqual([run?.status, run?.epoch, run?.error], ["Queued", 2, undefined]);
});

test("a run whose orchestration is lost is started again, in a new epoch, and ends exact", async () => {
  const made = await withRun();
  assert.deepEqual(await kept(made), ["r:2"]);
  assert.equal((await drive(made.ferry, "r", 1)).status, "Queued");
  assert.equal((await drive(made.ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(made.sink.files(), made.source.files());
});

test("a run whose orchestration seems to go on, three waves after its last deadline, is started again", async () => {
  const made = await withRun();
  const { ferry, clock } = made;
  const { deadlineGraceMs, waveMs } = ferry.pace;
  const plan = await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.equal(plan.do, "ferry");
  clock.advance(deadlineGraceMs + 3 * waveMs - 120_000);
  assert.deepEqual(await kept(made, ["r"]), []);
  clock.advance(2 * waveMs);
  // What a person has suspended waits for that person.
  assert.deepEqual(await kept(made, [], [], ["r"]), []);
  assert.deepEqual(await kept(made, ["r"]), ["r:2"]);
  assert.equal((await drive(ferry, "r", 2)).status, "Succeeded");
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

test("a run that is lost again and again without a file or a folder in between fails as stalled", async () => {
  const made = await withRun({ status: "Running" });
  for (let times = 1; times <= 5; times++) assert.deepEqual(await kept(made), [`r:${times + 1}`]);
  assert.deepEqual(await kept(made), []);
  assert.equal(await statusOf(made), "Failed");
  assert.match((await made.ferry.runs.get("r"))?.error?.detail ?? "", /stalled/u);
});

test("a run that makes nothing but folders goes on, however often it is lost", async () => {
  const made = await withRun({ status: "Running" });
  const account = { ...emptyAccount, created: 1 };
  let folders = 0;
  const work = (run: string) => ({
    ...made.ferry.work(run),
    account: async () => ({ ...account, tally: { ...emptyTally, foldersListed: folders++, foldersMade: folders } }),
  });
  const ferry = { ...made.ferry, work };
  for (let times = 1; times <= 8; times++) assert.deepEqual(await kept({ ...made, ferry }), [`r:${times + 1}`]);
});

test("neither a run that can't be read nor one that can't be mended keeps others from being mended, and both are logged", async () => {
  const made = await withRun();
  await addRun(made.ferry, "s", requestOf({ sink: { fileSystem: "other" } }));
  await made.rows.insert({ partitionKey: "runs", rowKey: "newer", version: 2, state: "live", run0: '{"id":"newer"}' });
  await made.rows.insert({ partitionKey: "runs", rowKey: "torn", version: 1, state: "live", run0: '{"id":"to' });
  const work = (run: string) => {
    if (run === "r") throw new LakeError("invalid", { op: "table get", path: "r", detail: "no such property" });
    return made.ferry.work(run);
  };
  assert.deepEqual(await kept({ ...made, ferry: { ...made.ferry, work } }), ["s:2"]);
  const logged = made.logged.map(({ event, fields }) => [event, fields["run"]]);
  assert.deepEqual(logged, [
    ["run.unreadable", "newer"],
    ["run.unreadable", "torn"],
    ["run.unseen", "r"],
    ["run.seen", "s"],
    ["run.unmended", "r"],
    ["run.mended", "s"],
  ]);
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
