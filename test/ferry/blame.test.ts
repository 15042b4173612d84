// Whose fault it is: an item's, or that of a lake that is away or doesn't know the app any more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { assertBooks } from "../kit/books.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const away = (op: string, path: string) =>
  new LakeError("unavailable", { op, path, detail: "HTTP 500", retry: "exhausted", status: 500 });
const expired = () =>
  new LakeError("unauthenticated", { op: "token", path: "/", detail: "AADSTS7000222: the secret has expired" });

function hundred() {
  const made = testFerry();
  for (let index = 0; index < 100; index++) made.source.write(`/f${index}`, "x");
  return made;
}

test("an expired secret holds the run up, is told with its connection, and blames no item", async () => {
  const { ferry, source, sink, blobs } = hundred();
  let reads = 0;
  let isRenewed = false;
  source.onCall = (op) => {
    if (op === "read") reads++;
    if (reads > 50 && !isRenewed) throw expired();
  };
  await addRun(ferry, "r", requestOf({ parallelism: 1, skipErrorFile: { fileForbidden: true } }));
  const run = await drive(ferry, "r", 1, async (wave) => {
    // The app starts again when its settings change.
    if (wave === 18) throw new Error("killed");
    if (wave !== 20) return;
    const waiting = await ferry.runs.get("r");
    assert.equal(waiting?.status, "Running");
    assert.match(waiting.error?.detail ?? "", /connection LakeSource .*renew .*AADSTS7000222/u);
    isRenewed = true;
  });
  assert.deepEqual([run.status, run.error, sink.files().size], ["Succeeded", undefined, 100]);
  const { tally, failed } = await ferry.work("r").account();
  assert.deepEqual([failed, tally.filesSkipped], [0, {}]);
  await assertBooks(ferry.work("r"), blobs);
});

test("a secret that nobody renews ends the run after a day, with every name still open", async () => {
  const { ferry, source, clock } = testFerry();
  for (const file of ["/a", "/b", "/c"]) source.write(file, "x");
  const patient = { ...ferry, pace: { ...ferry.pace, stallMs: 2000, pulseMs: 60_000 } };
  let reads = 0;
  source.onCall = (op) => {
    if (op === "read") reads++;
    if (reads > 1) throw expired();
  };
  await addRun(patient, "r", requestOf({ parallelism: 1 }));
  const run = await drive(patient, "r");
  assert.equal(run.status, "Failed");
  assert.match(run.error?.detail ?? "", /^stalled: .* connection LakeSource /u);
  assert.equal((await patient.work("r").account()).failed, 0);
  const hours = clock.nowMs() / 3_600_000;
  assert.ok(hours > 12 && hours < 36, `${hours} h`);
});

test("a name for which alone nobody is accepted is a failure: the roots answer", async () => {
  const { ferry, source, sink } = hundred();
  source.onCall = (op, path) => {
    if (op === "read" && path === "/f7") throw expired();
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.equal(sink.files().size, 99);
});

for (const [path, ...ops] of [
  ["/bad", "list"],
  ["/bad", "list", "stat"],
  ["/bad/a", "read"],
  ["/bad/a", "read", "stat"],
]) {
  test(`${path}, for which ${ops.join(" and ")} fail for good while both roots answer, is a failure and holds nothing up`, async () => {
    const { ferry, source, sink, blobs } = testFerry();
    for (const file of ["/bad/a", "/b", "/c/d"]) source.write(file, "x");
    source.onCall = (op, at) => {
      if (at === path && ops.includes(op)) throw away(op, at);
    };
    await addRun(ferry, "r", requestOf());
    const run = await drive(ferry, "r");
    assert.deepEqual([run.status, run.error], ["CompletedWithErrors", undefined]);
    assert.deepEqual([...sink.files().keys()], ["/b", "/c/d"]);
    assert.equal((await ferry.work("r").failures(9))[0]?.path, path);
    await assertBooks(ferry.work("r"), blobs);
  });
}

test("a lake that is really down stalls the run, and no item is blamed for it", async () => {
  const { ferry, source } = hundred();
  let reads = 0;
  source.onCall = (op, path) => {
    if (op === "read") reads++;
    if (reads > 90) throw away(op, path);
  };
  await addRun(ferry, "r", requestOf());
  const run = await drive(ferry, "r");
  assert.equal(run.status, "Failed");
  assert.match(run.error?.detail ?? "", /^stalled: 8 waves/u);
  const { tally, failed } = await ferry.work("r").account();
  assert.deepEqual([failed, tally.filesFailed], [0, {}]);
});
