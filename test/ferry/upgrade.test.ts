// Rows that an earlier lakeferry has left: its first one, whose requests and counts knew little.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openMigrations } from "../../src/app/migrations.ts";
import { completed, type MigrationRequest } from "../../src/core/request.ts";
import { gather, spread } from "../../src/state/rows.ts";
import { assertBooks } from "../kit/books.ts";
import { assertPromised } from "../kit/contract.ts";
import { appOver } from "../kit/testApp.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

/** As the first slice of lakeferry kept it: no preserve, names, compare, extra, overwrite, parallelism. */
const early = {
  source: { connection: "LakeSource", folderPath: "/", recursive: true },
  sink: { connection: "LakeSink", fileSystem: "lake", folderPath: "/" },
};
const earlyTally = [
  "filesListed filesCopied filesSkipped filesFailed foldersListed foldersMade foldersFound foldersSkipped foldersFailed",
  "rangesFailed bytesListed bytesRead bytesCopied requests throttles digest",
].flatMap((line) => line.split(" "));

test("what a stored request lacks has its default, and what it says stays", () => {
  assert.deepEqual(completed(early as unknown as MigrationRequest), requestOf());
  const said = requestOf({ names: "rename", preserve: ["ACL"], skipErrorFile: { fileMissing: false } });
  assert.deepEqual(completed(said), said);
});

test("a run that an earlier lakeferry has paused half-way is shown, resumed and ended", async () => {
  const made = testFerry();
  const { ferry, source, sink, rows } = made;
  for (let n = 0; n < 60; n++) source.write(`/d${n % 6}/${n}`, `content ${n}`);
  await addRun(ferry, "r", requestOf());
  // A slice that ends after some of the files.
  let reads = 0;
  source.onCall = async (op) => {
    if (op !== "read" || ++reads < 20) return;
    if (reads === 20) await ferry.runs.change("r", (run) => ({ ...run, status: "Pausing" }));
    await made.clock.sleep(1000);
  };
  assert.equal((await drive(ferry, "r")).status, "Paused");
  source.onCall = () => undefined;
  const half = sink.files().size;
  assert.ok(half > 0 && half < 60, String(half));
  const run = await rows.get("runs", "r");
  assert.ok(run !== undefined);
  const { id, status, epoch, createdMs, workedMs } = gather("run", run.row) as Record<string, unknown>;
  const stored = { id, status, epoch, createdMs, workedMs, request: early };
  await rows.replace({ partitionKey: "runs", rowKey: "r", version: 1, ...spread("run", stored) }, run.etag);
  for await (const { row, etag } of rows.list("work-r", "lane-")) {
    const account = gather("account", row) as { readonly tally: Record<string, unknown> };
    const tally = Object.fromEntries(Object.entries(account.tally).filter(([key]) => earlyTally.includes(key)));
    await rows.replace({ ...row, ...spread("account", { ...account, tally }) }, etag);
  }
  const api = openMigrations(appOver(made), async () => undefined, "http://x/api/migrations");
  const shown = await api.get("r");
  assertPromised("getMigration", shown);
  assert.equal((await api.command("r", "resume")).status, 202);
  assert.equal((await drive(ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  await assertBooks(ferry.work("r"), made.blobs);
});
