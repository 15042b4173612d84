// What the chaos suite found, each kept in a few lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { budget } from "../../src/core/budget.ts";
import { LakeError } from "../../src/core/error.ts";
import { emptyTally } from "../../src/core/tally.ts";
import { noProgress } from "../../src/core/run.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { openWork } from "../../src/state/work.ts";
import { assertBooks } from "../kit/books.ts";
import { addRun, drive, ferryAt, requestOf, sliceOf, testFerry } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

test("a folder whose second page can't be listed is counted once, and the rest of it is a failure of its own", async () => {
  const { ferry, source, sink, blobs } = testFerry({}, 2);
  for (const name of ["a", "b", "c", "d"]) source.write(`/d/${name}`, name);
  let lists = 0;
  source.onCall = (op, path) => {
    if (op === "list" && path === "/d" && lists++ > 0) {
      throw new LakeError("denied", { op: "LISTSTATUS", path, detail: "no" });
    }
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual([...sink.files().keys()], ["/d/a", "/d/b"]);
  const { tally } = await ferry.work("r").account();
  assert.deepEqual([tally.foldersListed, tally.foldersMade, tally.rangesFailed], [2, 2, 1]);
  const lines = await assertBooks(ferry.work("r"), blobs);
  assert.deepEqual(
    lines.filter(({ outcome }) => outcome === "failed").map(({ type, path }) => `${type} ${path}`),
    ["range /d"],
  );
});

test("a doubled plan of a wave is the same plan, and takes no packet from a slice at work", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  const wave = { run: "r", epoch: 1, wave: 0, progress: noProgress };
  const plan = await planWave(ferry, wave);
  let doubled: unknown;
  source.onCall = async (op) => {
    if (op === "read") doubled = await planWave(ferry, wave);
  };
  assert.equal((await ferryPacket(ferry, sliceOf("r"))).ended, "drained");
  assert.deepEqual(doubled, plan);
  assert.equal(sink.writes().get("/x"), 1);
});

test("a packet that is given away behind the back of a scan keeps the run from ending", async () => {
  const { ferry, source, sink, rows, clock } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  // A slice that nobody waits for any more. Its gifts stand before its own packet in the table.
  let nonces = 0;
  const late = openWork(rows, "r", () => `+${nonces++}`, clock);
  const packet = (await late.claim(0)) ?? assert.fail("nothing to claim");
  const nothing = { ranges: [], open: [] };
  const gift = { cut: nothing, given: [packet.cut], tally: emptyTally, failures: [], isLast: true };
  const { list } = rows;
  let isGiven = false;
  Object.assign(rows, {
    list: async function* (...[partition, prefix, state]: Parameters<typeof list>) {
      for await (const stored of list(partition, prefix, state)) {
        if (prefix === "packet-" && !isGiven) await packet.save(gift, new AbortController().signal);
        isGiven ||= prefix === "packet-";
        yield (await rows.get(partition, stored.row.rowKey)) ?? stored;
      }
    },
  });
  const wave = { run: "r", epoch: 1, progress: noProgress, seen: { lanes: 1, late: 0, idle: 0 } };
  assert.equal((await planWave(ferry, { ...wave, wave: 1 })).do, "ferry");
  await ferryPacket(ferry, sliceOf("r"));
  await planWave(ferry, { ...wave, wave: 2 });
  assert.equal((await ferry.runs.get("r"))?.status, "Succeeded");
  assert.equal(sink.writes().get("/x"), 1);
});

test("a process that is told to end plans nothing, and nobody counts that as a stall", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  const closing: typeof ferry = { ...ferry, closing: AbortSignal.abort() };
  for (let time = 0; time < 20; time++) {
    assert.equal((await planWave(closing, { run: "r", epoch: 1, wave: 0, progress: noProgress })).do, "again");
  }
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
});

test("a plan that looks twice sees a pause and a resume in between, and disturbs nobody", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await ferry.runs.change("r", (run) => ({ ...run, status: "Pausing" }));
  let looks = 0;
  const between: typeof ferry = {
    ...ferry,
    runs: {
      ...ferry.runs,
      get: async (id) => {
        if (++looks === 2) await ferry.runs.change("r", (run) => ({ ...run, status: "Running", epoch: 2 }));
        return ferry.runs.get(id);
      },
    },
  };
  const plan = await planWave(between, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.deepEqual(plan, { do: "end", status: "fenced" });
  assert.equal((await drive(ferry, "r", 2)).status, "Succeeded");
});

test("a packet whose claim outlasted the wave is moved on all the same", async () => {
  const { ferry, source, sink, clock } = testFerry();
  for (let index = 0; index < 50; index++) source.write(`/f${index}`, "x");
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const slow: typeof ferry = {
    ...ferry,
    work: (run) => ({
      ...ferry.work(run),
      claim: async (lane, besides) => {
        const packet = await ferry.work(run).claim(lane, besides);
        clock.advance(5000);
        return packet;
      },
    }),
  };
  await ferryPacket(slow, { ...sliceOf("r"), deadlineMs: clock.nowMs() + 1000 });
  assert.ok(sink.files().size > 0);
});

test("a pause ends a slice whose files wait for slots that another run keeps", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const files = budget(1);
  await files.take(1);
  const slice = ferryPacket({ ...ferry, files }, sliceOf("r"));
  await ferry.runs.change("r", (run) => ({ ...run, status: "Pausing" }));
  assert.equal((await slice).ended, "asked");
});

test("a journal that can't be stored holds a slice up until it is stopped, and no longer", async () => {
  const { ferry, source, clock } = testFerry({ graceMs: 100, deadlineGraceMs: 100 });
  for (let index = 0; index < 200; index++) source.write(`/f${index}`, "x");
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const busy = () => new LakeError("unavailable", { op: "blob append", path: "r", detail: "HTTP 503" });
  const full: typeof ferry = {
    ...ferry,
    journal: (run, claim) => ({
      ...ferry.journal(run, claim),
      mark: () => ({ blob: `${run}/${claim}`, bytes: 1, lines: 1, sha256: "" }),
      stored: async () => {
        throw busy();
      },
      isFull: () => true,
    }),
  };
  const slice = ferryPacket(full, { ...sliceOf("r"), deadlineMs: clock.nowMs() + 5000 });
  await assert.rejects(slice, /stopped|over|503/u);
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
});

for (const [how, answer] of [
  ["refuses", () => Promise.reject(new LakeError("unavailable", { op: "table", path: "r", detail: "HTTP 503" }))],
  ["is silent", () => new Promise<never>(() => undefined)],
  // What was on its way arrives long after the slice has left; nothing may follow it.
  ["answers a minute late", async (late: () => Promise<unknown>) => late()],
] as const) {
  test(`a slice of a process that is told to end leaves within 20 s, also while the state store ${how}`, async () => {
    const clock = timeline(1_000_000);
    const { ferry, source, rows } = ferryAt(clock, { graceMs: 10_000 });
    for (let index = 0; index < 100; index++) source.write(`/f${index}`, "x");
    // Files end all the time, so that there is a save on its way while the last ones do.
    let calls = 0;
    source.onCall = () => clock.sleep(2000 + 300 * (calls++ % 7));
    await addRun(ferry, "r", requestOf());
    await clock.run(planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress }));
    const { transact } = rows;
    const closing = new AbortController();
    const slice = ferryPacket({ ...ferry, closing: closing.signal }, sliceOf("r")).then(
      () => clock.nowMs(),
      () => clock.nowMs(),
    );
    await clock.run(clock.sleep(5000));
    const late = async (...what: Parameters<typeof transact>) => {
      await clock.sleep(60_000);
      return transact(...what);
    };
    Object.assign(rows, { transact: (...what: Parameters<typeof transact>) => answer(() => late(...what)) });
    const closedMs = clock.nowMs();
    closing.abort();
    const tookMs = (await clock.run(slice)) - closedMs;
    assert.ok(tookMs <= 20_000, `${tookMs} ms`);
    Object.assign(rows, { transact });
    await clock.run(clock.sleep(120_000));
    assert.equal((await clock.run(drive(ferry, "r"))).status, "Succeeded");
    assert.equal((await ferry.work("r").account()).tally.filesCopied, 100);
  });
}

test("bytes that the sink took otherwise are written again, not believed for their name", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/d/x", "right");
  const { putFile } = sink;
  let puts = 0;
  const flipping: typeof sink = {
    ...sink,
    putFile: async (path, content, label, guard, signal) => {
      if (puts++ > 0) return putFile(path, content, label, guard, signal);
      await putFile(path, Buffer.from("wrong"), label, guard, signal);
      throw new LakeError("corrupt", { op: "Put Blob", path, detail: "the service took other bytes than were sent" });
    },
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive({ ...ferry, lakes: () => ({ source, sink: flipping }) }, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
});

test("the source is asked for its own count once by a slice, however many packets it walks", async () => {
  const { ferry, source } = testFerry();
  const ranges = ["a", "b", "c"].map((name) => ({ folder: "/" as never, after: name, upTo: `${name}z` }));
  for (const name of ["ax", "bx", "cx"]) source.write(`/${name}`, "x");
  let asked = 0;
  const counting: typeof source = {
    ...source,
    summary: async () => {
      asked++;
      throw new LakeError("unavailable", {
        op: "GETCONTENTSUMMARY",
        path: "/",
        detail: "too large",
        retry: "exhausted",
      });
    },
  };
  const lakes = ferry.lakes(requestOf(), undefined as never, ferry.valves());
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  await ferry.work("r").requeue();
  const held = await ferry.work("r").claim(0);
  const given = ranges.map((range) => ({ ranges: [range], open: [] }));
  const none = { ranges: [], open: [] };
  const still = new AbortController().signal;
  await held?.save({ cut: none, given, tally: emptyTally, failures: [], isLast: true }, still);
  await ferryPacket({ ...ferry, lakes: () => ({ ...lakes, source: counting }) }, sliceOf("r"));
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 3);
  assert.equal(asked, 1);
});
