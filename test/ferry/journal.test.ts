import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyDigest } from "../../src/core/digest.ts";
import { LakeError } from "../../src/core/error.ts";
import { noProgress } from "../../src/core/run.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { sealJournal } from "../../src/state/journal.ts";
import { assertBooks, linesOf, spanDigest } from "../kit/books.ts";
import { savingBy } from "../kit/dying.ts";
import { fuse } from "../kit/fuse.ts";
import { addRun, drive, requestOf, sliceOf, testFerry } from "../kit/testFerry.ts";

test("the journal has a line for each file and folder, and the ended run a seal over it", async () => {
  const { ferry, blobs, source } = testFerry();
  source.write("/a/x", "content", 5000);
  source.write("/bad.", "b");
  source.makeFolder("/empty");
  await addRun(ferry, "r", requestOf());
  const run = await drive(ferry, "r");
  const work = ferry.work("r");
  const lines = await assertBooks(work, blobs);
  const short = lines.map(({ outcome, type, path, because }) => `${outcome} ${type} ${path} ${because ?? ""}`.trim());
  assert.deepEqual(short.toSorted(), [
    "copied file /a/x absent",
    "failed file /bad. invalid",
    "made folder /",
    "made folder /a",
    "made folder /empty",
  ]);
  const copied = lines.find(({ outcome }) => outcome === "copied");
  assert.equal(copied?.md5, "9a0364b9e99bb480dd25e1f0284c8555");
  assert.equal(copied?.["modifiedTime"], "1970-01-01T00:00:05.000Z");
  assert.deepEqual(run.journal, await sealJournal(work.journal()));
  assert.equal(run.journal?.lines, 5);
});

test("a second run writes one line per folder for what is unchanged, and its digests add up to the lake's", async () => {
  const { ferry, blobs, source } = testFerry();
  for (let index = 0; index < 30; index++) source.write(`/d${index % 3}/f${index}`, `${index}`);
  await addRun(ferry, "r1", requestOf());
  await drive(ferry, "r1");
  await addRun(ferry, "r2", requestOf());
  await drive(ferry, "r2");
  const lines = await assertBooks(ferry.work("r2"), blobs);
  const spans = lines.filter(({ type }) => type === "files");
  assert.deepEqual(spans.map(({ path, files }) => `${path} ${files}`).toSorted(), ["/d0 10", "/d1 10", "/d2 10"]);
  assert.equal(lines.length, 3 + 4);
  const { digest } = (await ferry.work("r2").account()).tally;
  assert.notEqual(digest, emptyDigest);
  assert.equal(spanDigest(lines), digest);
});

test("lines of a save that was never committed are shown to nobody", async () => {
  const { ferry, blobs, source, clock } = testFerry({ saveMs: 1 });
  for (let index = 0; index < 50; index++) source.write(`/f${index}`, `${index}`);
  source.onCall = () => clock.sleep(10);
  await addRun(ferry, "r", requestOf());
  const plan = await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.equal(plan.do, "ferry");
  // The worker loses the table for good after some saves; its journal grows a little more.
  let saves = 0;
  const dying = savingBy(ferry, () => async (save, step) => {
    if (++saves <= 3) return save();
    await step.journal?.stored();
    throw new LakeError("invalid", { op: "table", path: "r", detail: "the worker is lost" });
  });
  await assert.rejects(ferryPacket(dying, sliceOf("r")));
  await assertBooks(ferry.work("r"), blobs);
  assert.ok((await linesOf(ferry.work("r"), blobs)).length < 51);
  await drive(ferry, "r");
  const lines = await assertBooks(ferry.work("r"), blobs);
  assert.equal(new Set(lines.map(({ path }) => path)).size, lines.length);
  assert.equal(lines.length, 51);
});

test("two executions of one slice overlap while the source changes: the sink holds what the journal swears to", async () => {
  const { ferry, blobs, source, sink } = testFerry();
  source.write("/x", "first version", 1000);
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const reached = fuse();
  const late = fuse();
  let reads = 0;
  source.onCall = async (op) => {
    if (op !== "read" || reads++ > 0) return;
    reached.light();
    await late.burnt;
  };
  const slice = sliceOf("r");
  const first = ferryPacket(ferry, slice);
  await reached.burnt;
  source.write("/x", "second, longer version", 2000);
  await planWave(ferry, { run: "r", epoch: 1, wave: 1, progress: noProgress });
  assert.equal((await ferryPacket(ferry, slice)).ended, "drained");
  late.light();
  assert.equal((await first).ended, "fenced");
  const end = await planWave(ferry, { run: "r", epoch: 1, wave: 2, progress: noProgress });
  assert.deepEqual(end, { do: "end", status: "Succeeded", totals: { files: 1, bytes: 22, failed: 0 } });
  const lines = await assertBooks(ferry.work("r"), blobs);
  const { md5 } = (await sink.stat("/x" as never)) ?? {};
  assert.equal(sink.files().get("/x"), "second, longer version");
  assert.deepEqual(
    lines.filter(({ type }) => type === "file").map((line) => line.md5),
    [md5],
  );
});

test("what a lost worker had made and sent, and not saved, is counted as this run's and sent by nobody again", async () => {
  const { ferry, blobs, source, sink, clock } = testFerry({ saveMs: 50 });
  for (let index = 0; index < 200; index++) source.write(`/d${index % 10}/e/f${index}`, `${index}`);
  await addRun(ferry, "r", requestOf());
  let puts = 0;
  sink.onWrite = (when, op) => {
    if (when === "before" && op === "putFile") puts++;
  };
  const run = await drive(ferry, "r", 1, async (wave, lane) => {
    // Each worker loses the table after some saves, and whatever it did since.
    if (wave >= 6) return;
    let saves = 0;
    const dying = savingBy(ferry, () => async (save) => {
      if (++saves <= 3) return save();
      throw new Error("the worker is lost");
    });
    source.onCall = () => clock.sleep(7);
    await ferryPacket(dying, { ...sliceOf("r"), lane });
  });
  assert.equal(run.status, "Succeeded");
  assert.equal(puts, 200);
  const lines = await assertBooks(ferry.work("r"), blobs);
  assert.equal(lines.filter(({ outcome }) => outcome === "made").length, 21);
  assert.equal(lines.filter(({ outcome }) => outcome === "copied").length, 200);
});
