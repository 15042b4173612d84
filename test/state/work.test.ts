import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { childPath, rootPath } from "../../src/core/path.ts";
import { emptyTally } from "../../src/core/tally.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import type { Rows } from "../../src/state/rows.ts";
import type { Step } from "../../src/state/claimed.ts";
import { openWork } from "../../src/state/work.ts";
import { testClock } from "../kit/testClock.ts";

const still = new AbortController().signal;
const busy = () => new LakeError("throttled", { op: "table", path: "work-r", detail: "HTTP 503", retry: "exhausted" });

// A table whose transactions go wrong as the script says: before they happen, or after.
function troubled(script: ("before" | "after" | "fine")[]): Rows {
  const rows = memoryRows();
  return {
    ...rows,
    transact: async (changes) => {
      const next = script.shift() ?? "fine";
      if (next === "before") throw busy();
      const etags = await rows.transact(changes);
      if (next === "after") throw busy();
      return etags;
    },
  };
}

function open(rows: Rows, run = "r") {
  let nonces = 0;
  return openWork(rows, run, () => `n${nonces++}`, testClock());
}

const step: Step = {
  cut: { ranges: [{ folder: rootPath, after: "m" }], open: [] },
  given: [{ ranges: [{ folder: rootPath, upTo: "c" }], open: [] }],
  tally: { ...emptyTally, filesListed: 2, filesCopied: 2 },
  failures: [{ kind: "denied", op: "OPEN", path: "/x", detail: "no" }],
  isLast: false,
};

for (const script of [["before"], ["after"], ["before", "before", "after"]] as const) {
  test(`a step meets a busy table (${script.join(", ")}) and is saved once all the same`, async () => {
    const rows = troubled(["fine", "fine", ...script]);
    const work = open(rows);
    await work.seed({ ranges: [{ folder: rootPath }], open: [] });
    const packet = await work.claim(0);
    assert.deepEqual(await packet?.save(step, still), { ended: "saved", wasThrottled: true });
    assert.deepEqual(await packet?.save({ ...step, given: [], failures: [] }, still), {
      ended: "saved",
      wasThrottled: false,
    });
    const { created, failed, tally } = await work.account();
    assert.deepEqual([created, failed, tally.filesCopied], [3, 1, 4]);
    assert.equal((await work.failures(10)).length, 1);
  });
}

test("a slice that is told to stop doesn't wait for a busy table", async () => {
  const stopping = new AbortController();
  const rows = memoryRows();
  const work = open({
    ...rows,
    transact: async (changes) => {
      if (changes.length > 2) {
        stopping.abort(new Error("stopped"));
        throw busy();
      }
      return rows.transact(changes);
    },
  });
  await work.seed({ ranges: [{ folder: rootPath }], open: [] });
  const packet = await work.claim(0);
  await assert.rejects(packet?.save(step, stopping.signal) ?? Promise.resolve(), /stopped/u);
});

test("two executions of one lane save side by side, and both are counted", async () => {
  const work = open(memoryRows());
  await work.seed({ ranges: [{ folder: rootPath, upTo: "m" }], open: [] });
  const first = await work.claim(0);
  await first?.save({ ...step, failures: [] }, still);
  const second = await work.claim(0, new Set([first?.key ?? ""]));
  const plain = { ...step, given: [], failures: [] };
  const saves = await Promise.all([first?.save(plain, still), second?.save(plain, still)]);
  assert.deepEqual(
    saves.map((saved) => saved?.ended),
    ["saved", "saved"],
  );
  assert.equal((await work.account()).tally.filesCopied, 6);
});

test("lines that can't be stored keep the step from being saved", async () => {
  const work = open(memoryRows());
  await work.seed({ ranges: [{ folder: rootPath }], open: [] });
  const packet = await work.claim(0);
  let tries = 0;
  const mark = { blob: "r/a", bytes: 1, lines: 1, sha256: "" };
  const stored = async () => {
    tries++;
    throw tries < 3 ? busy() : new LakeError("conflict", { op: "blob append", path: "r/a", detail: "torn" });
  };
  await assert.rejects(packet?.save({ ...step, journal: { mark, stored } }, still) ?? Promise.resolve(), /torn/u);
  assert.equal(tries, 3);
  assert.equal((await work.account()).tally.filesCopied, 0);
});

test("one packet is dealt to as many lanes as it has ranges for, in as many steps as it takes", async () => {
  const work = open(memoryRows());
  const ranges = Array.from({ length: 200 }, (_, index) => ({ folder: rootPath, after: `${index}` }));
  await work.seed({ ranges, open: [] });
  assert.equal(await work.deal(150), 150);
  assert.equal(await work.deal(256), 200);
  assert.equal((await work.account()).created, 200);
});

test("hundreds of packets are taken back and cleared away side by side", async () => {
  const rows = memoryRows();
  let [inFlight, most] = [0, 0];
  const counted = async <T>(act: () => Promise<T>): Promise<T> => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    return act().finally(() => inFlight--);
  };
  const work = open({
    ...rows,
    remove: (...of) => counted(() => rows.remove(...of)),
    replace: (...of) => counted(() => rows.replace(...of)),
  });
  const ranges = Array.from({ length: 200 }, (_, index) => ({ folder: rootPath, after: `${index}` }));
  await work.seed({ ranges, open: [] });
  for (let dealt = 0; dealt < 200; ) dealt = await work.deal(200);
  for (let lane = 0; lane < 100; lane++) {
    const packet = await work.claim(lane);
    if (lane % 2 === 0) await packet?.save({ ...step, cut: { ranges: [], open: [] }, given: [], isLast: true }, still);
  }
  assert.equal(await work.requeue(), 150);
  assert.ok(most > 8 && most <= 32, `${most} at once`);
});

test("a packet lost again and again is handed out with more and more care; progress ends that", async () => {
  const work = open(memoryRows());
  await work.seed({ ranges: [{ folder: rootPath }], open: [] });
  const cares: boolean[] = [];
  for (let lost = 0; lost < 4; lost++) {
    cares.push((await work.claim(0))?.care.isNarrow ?? assert.fail("nothing to claim"));
    await work.requeue();
  }
  assert.deepEqual(cares, [false, false, false, true]);
  const narrow = await work.claim(0);
  const idle = { ...step, tally: emptyTally, given: [], failures: [] };
  await narrow?.save({ ...idle, suspect: "/q" }, still);
  // A name may be long at work before it costs the worker: saves in between take no suspicion away.
  await narrow?.save(idle, still);
  await work.requeue();
  // A slice that takes it and lets it go, without having moved anything, is no sign that it is well.
  await (await work.claim(0))?.save({ ...idle, isLast: true }, still);
  assert.deepEqual((await work.claim(0))?.care, { isNarrow: true, condemned: "/q" });
  await work.requeue();
  const moving = await work.claim(0);
  await moving?.save({ ...step, given: [], failures: [] }, still);
  await work.requeue();
  assert.deepEqual((await work.claim(0))?.care, { isNarrow: false });
});

test("what waits, and what is known of it, is told by the lanes' rows, whatever becomes of packets", async () => {
  const rows = memoryRows();
  const work = open(rows);
  const waiting = async () => (await work.account()).waiting;
  // The same, counted from the packets.
  const scanned = async () => {
    const sum = { packets: 0, files: 0, bytes: 0 };
    for await (const { row } of rows.list("work-r", "packet-", "pending")) {
      sum.packets++;
      sum.files += Number(row["knownFiles"]);
      sum.bytes += Number(row["knownBytes"]);
    }
    return sum;
  };
  const isRight = async (expected: Awaited<ReturnType<typeof scanned>>) => {
    assert.deepEqual(await scanned(), expected);
    assert.deepEqual(await waiting(), expected);
  };
  const glance = { atMs: 1, overMs: 1, path: "/", files: 0, bytes: 0, requests: 0, known: { files: 100, bytes: 7000 } };
  const atOnce = { listing: 0, reading: 0, writing: 0, waiting: 0 };
  const folders = ["a", "b", "c"].map((folder) => ({ folder: childPath(rootPath, folder) }));
  await work.seed({ ranges: [{ folder: rootPath }], open: [] });
  await isRight({ packets: 1, files: 0, bytes: 0 });
  const first = await work.claim(0);
  await isRight({ packets: 0, files: 0, bytes: 0 });
  const given = [{ ranges: folders, open: [], known: { files: 7, bytes: 70 } }];
  await first?.save({ ...step, failures: [], given, glance: { ...glance, atOnce } }, still);
  await isRight({ packets: 1, files: 7, bytes: 70 });
  // Divided, it is as much as before.
  assert.equal(await work.deal(3), 3);
  await isRight({ packets: 3, files: 7, bytes: 70 });
  await work.claim(1);
  const { packets, files } = await scanned();
  assert.ok(packets === 2 && files < 7);
  assert.deepEqual(await waiting(), await scanned());
  // Two workers are lost: what the first had known at its last save waits again.
  await work.takeBack(1);
  await isRight({ packets: 3, files: 7, bytes: 70 });
  assert.equal(await work.requeue(), 4);
  await isRight({ packets: 4, files: 107, bytes: 7070 });
  const again = await work.claim(2);
  await again?.save({ ...step, failures: [], given: [], cut: { ranges: [], open: [] }, isLast: true }, still);
  assert.deepEqual(await waiting(), await scanned());
  assert.equal((await scanned()).packets, 3);
});

test("who wants some of many failures doesn't have a thousand of their rows sent", async () => {
  const rows = memoryRows();
  const asked: (number | undefined)[] = [];
  const list: Rows["list"] = (partitionKey, prefix, state, from, atATime) => {
    if (prefix === "failed-") asked.push(atATime);
    return rows.list(partitionKey, prefix, state, from, atATime);
  };
  const work = open({ ...rows, list });
  await work.seed({ ranges: [{ folder: rootPath }], open: [] });
  const packet = await work.claim(0);
  for (let saves = 0; saves < 3; saves++) await packet?.save({ ...step, given: [] }, still);
  assert.equal((await work.failures(2)).length, 2);
  assert.deepEqual(asked, [2]);
});
