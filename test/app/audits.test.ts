import assert from "node:assert/strict";
import { test } from "node:test";
import { openAudits } from "../../src/app/audits.ts";
import { openMigrations } from "../../src/app/migrations.ts";
import type { Answer } from "../../src/app/problem.ts";
import { appOver } from "../kit/testApp.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const sink = { fileSystem: "lake" };

async function opened() {
  const lakes = testFerry();
  for (const path of ["/same", "/other", "/missing"]) lakes.source.write(path, `content of ${path}`);
  await addRun(lakes.ferry, "first", requestOf());
  await drive(lakes.ferry, "first");
  const app = appOver(lakes);
  const migrations = openMigrations(app, async () => undefined, "http://x/api/migrations");
  return { lakes, migrations, audits: openAudits(app, migrations) };
}

const errorsIn = ({ body }: Answer) =>
  (body as { errors?: { field: string; message: string }[] }).errors?.map(({ field }) => field);

test("an audit is posted, driven by the same waves, and read as report, JSON Lines and CSV", async () => {
  const { lakes, migrations, audits } = await opened();
  lakes.source.write("/other", "something longer than before");
  await lakes.sink.remove("/missing" as never, (await lakes.sink.stat("/missing" as never))?.etag);
  lakes.sink.plant("/extra", "e");
  const answer = await audits.start({ id: "a1", sink, cutOffTime: "2030-01-01T00:00:00Z" });
  assert.equal(answer.status, 202);
  await drive(lakes.ferry, "a1");
  const { body } = await migrations.get("a1");
  const { status, job, report } = body as { status: string; job: string; report: { audit: object } };
  assert.deepEqual([status, job], ["CompletedWithErrors", "audit"]);
  assert.deepEqual(report.audit, { checked: 4, differences: 3, by: { extra: 1, length: 1, missing: 1 }, later: 0 });
  const lines = await migrations.differences("a1", {});
  const signs = String(lines.body)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { sign: string; path: string })
    .map(({ sign, path }) => `${sign} ${path}`);
  assert.deepEqual(signs.toSorted(), ["* /other", "+ /missing", "- /extra"]);
  const csv = await migrations.differences("a1", { format: "csv" });
  assert.match(String(csv.body), /^different,file,\/other,length,/mu);
});

test("two equal lakes have no differences, and an audit beside a live run is no conflict", async () => {
  const { lakes, audits } = await opened();
  await addRun(lakes.ferry, "live", requestOf());
  assert.equal((await audits.start({ id: "a2", sink })).status, 202);
  assert.equal((await drive(lakes.ferry, "a2")).status, "Succeeded");
});

test("an audit of roots of different kinds, and one that would do something, are refused by name", async () => {
  const { lakes, audits } = await opened();
  const refused = async (body: object) => errorsIn(await audits.start({ sink, ...body }));
  assert.deepEqual(await refused({ sink: { ...sink, folderPath: "/same" } }), ["sink.folderPath"]);
  assert.deepEqual(await refused({ source: { folderPath: "/same" } }), ["source.folderPath"]);
  assert.deepEqual(await refused({ source: { folderPath: "/nowhere" } }), ["source.folderPath"]);
  assert.deepEqual(await refused({ dryRun: true, extra: "keep" }), ["extra", "dryRun"]);
  assert.deepEqual(await refused({ compareAccess: "full" }), ["compareAccess"]);
  assert.deepEqual(await refused({ sink: { ...sink, blockSizeInMB: 8 } }), ["sink.blockSizeInMB"]);
  assert.deepEqual(await refused({ stopAfter: { bytes: 1 } }), ["stopAfter.bytes"]);
  assert.deepEqual(await refused({ cutOffTime: "yesterday" }), ["cutOffTime"]);
  assert.deepEqual(await refused({ colour: 1 }), ["colour"]);
  assert.equal((await lakes.ferry.runs.list()).runs.length, 1);
});
