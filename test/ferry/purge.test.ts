import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run } from "../../src/core/run.ts";
import { openMigrations } from "../../src/app/migrations.ts";
import { LakeError } from "../../src/core/error.ts";
import { type Purge, purgeEnded } from "../../src/ferry/purge.ts";
import { appOver } from "../kit/testApp.ts";
import { addRun, drive, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

const dayMs = 86_400_000;

/** A run that has ended, with failures and a journal. */
async function ended(made: TestFerry, id: string): Promise<void> {
  made.source.write(`/${id}/x`, "x");
  made.source.write(`/${id}/ends with a full stop.`, "x");
  await addRun(made.ferry, id, requestOf({ source: { folderPath: `/${id}` }, sink: { folderPath: `/${id}` } }));
  await drive(made.ferry, id);
}

const leftOf = async ({ rows, ferry }: TestFerry, id: string) => {
  let work = 0;
  for await (const _ of rows.list(`work-${id}`, "")) work++;
  return { work, isThere: (await ferry.runs.get(id)) !== undefined };
};

function purging(made: TestFerry, changes: Partial<Purge> = {}) {
  const forgotten: string[] = [];
  const purge: Purge = {
    ferry: made.ferry,
    blobs: made.blobs,
    kept: async () => new Set(),
    forget: async (instance) => void forgotten.push(instance),
    afterMs: 30 * dayMs,
    patienceMs: 60_000,
    ...changes,
  };
  return { forgotten, look: () => purgeEnded(purge) };
}

test("a run that ended long ago is removed with its rows, its journal and all its orchestrations", async () => {
  const made = testFerry();
  await ended(made, "old");
  await made.ferry.runs.change("old", (run) => ({ ...run, epoch: 3 }));
  let blob = "";
  for await (const mark of made.ferry.work("old").journal()) blob = mark.blob;
  const { look, forgotten } = purging(made);
  made.clock.advance(29 * dayMs);
  await look();
  assert.equal((await leftOf(made, "old")).isThere, true);
  made.clock.advance(dayMs);
  await look();
  assert.deepEqual([await leftOf(made, "old"), forgotten], [{ work: 0, isThere: false }, ["old", "old:2", "old:3"]]);
  await assert.rejects(made.blobs.read(blob, 0, 1), /there is no such blob/u);
});

test("live runs stay however old they are, young ones, and those that others refer to", async () => {
  const made = testFerry();
  for (const id of ["live", "paused", "kept"]) await ended(made, id);
  await made.ferry.runs.change("live", (run) => ({ ...run, status: "Running" }));
  await made.ferry.runs.change("paused", (run) => ({ ...run, status: "Paused" }));
  made.clock.advance(60 * dayMs);
  await ended(made, "young");
  await purging(made, { kept: async () => new Set(["kept"]) }).look();
  for (const id of ["live", "paused", "kept", "young"]) {
    const { work, isThere } = await leftOf(made, id);
    assert.ok(isThere && work > 0, id);
  }
});

test("a purge that dies anywhere is made up for by the next one, and nobody resumes what is half gone", async () => {
  const made = testFerry();
  await ended(made, "old");
  await made.ferry.runs.change("old", (run) => ({ ...run, status: "Stopped" }));
  made.clock.advance(60 * dayMs);
  let dies = 1;
  const { look } = purging(made, {
    forget: async () => {
      if (dies-- > 0) throw new LakeError("unavailable", { op: "purge", path: "/", detail: "the process died" });
    },
  });
  await look();
  assert.equal((await leftOf(made, "old")).isThere, true);
  const { command } = openMigrations(appOver(made), async () => undefined, "/api/migrations");
  assert.equal((await command("old", "resume")).status, 409);
  await look();
  assert.deepEqual(await leftOf(made, "old"), { work: 0, isThere: false });
});

test("when it isn't known which runs are referred to, none is removed", async () => {
  const made = testFerry();
  await ended(made, "old");
  made.clock.advance(60 * dayMs);
  await made.rows.insert({ partitionKey: "schedules", rowKey: "newer", version: 9, schedule0: "{}" });
  await assert.rejects(purging(made, { kept: appOver(made).keptRuns }).look(), /newer lakeferry/u);
  assert.equal((await leftOf(made, "old")).isThere, true);
});

test("a run that is asked to be retried while a purge already has it on its list is kept", async () => {
  const made = testFerry();
  await ended(made, "old");
  made.clock.advance(60 * dayMs);
  const { runs } = made.ferry;
  const retried = {
    ...runs,
    each: async <P>(look: (run: Run) => P) => {
      const listed = await runs.each(look);
      await runs.change("old", (run) => ({ ...run, retriedMs: made.clock.nowMs() }));
      return listed;
    },
  };
  await purging(made, { ferry: { ...made.ferry, runs: retried } }).look();
  assert.equal((await leftOf(made, "old")).isThere, true);
  made.clock.advance(31 * dayMs);
  await purging(made).look();
  assert.equal((await leftOf(made, "old")).isThere, false);
});

test("what failed in a run is kept for as long as a retry of it is live, or has stopped and may be resumed", async () => {
  for (const status of ["Paused", "Stopped"] as const) {
    const made = testFerry();
    await ended(made, "old");
    await addRun(made.ferry, "again", requestOf());
    made.clock.advance(20 * dayMs);
    const endedMs = made.clock.nowMs();
    await made.ferry.runs.change("again", (run) => ({ ...run, status, endedMs, retryOf: "old" }));
    made.clock.advance(11 * dayMs);
    await purging(made).look();
    assert.equal((await leftOf(made, "old")).isThere, true, status);
    await made.ferry.runs.change("again", (run) => ({ ...run, status: "Failed" }));
    await purging(made).look();
    assert.equal((await leftOf(made, "old")).isThere, false, status);
  }
});
