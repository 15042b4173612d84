import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../../local/kit/clock.ts";
import type { Effect } from "../../../local/kit/faults.ts";
import { exceptionOf, memoryLake, type TestLake } from "./kit.ts";

const open = (lake: TestLake) => lake.ask("GET", "d/a?op=OPEN&read=true");

async function lakeWith(t: Parameters<typeof memoryLake>[0], effect: Effect, more = {}): Promise<TestLake> {
  const lake = await memoryLake(t);
  await lake.write("/d/a", "0123456789");
  lake.gen1.setFaults([{ match: { op: "open", path: "/d/*" }, times: 1, ...more, effect }]);
  return lake;
}

test("the next opens of a folder can be refused with the front end's HTML", async (t) => {
  const lake = await lakeWith(t, { status: 503, body: "html", retryAfterS: 1 }, { times: 3 });
  for (let count = 0; count < 3; count++) {
    const answer = await open(lake);
    assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "1"]);
    assert.match(answer.text, /^<!DOCTYPE html>/);
  }
  assert.equal((await open(lake)).text, "0123456789");
  assert.deepEqual(lake.gen1.unusedFaults(), []);
});

for (const [status, exception] of [
  [429, "ThrottledException"],
  [401, "SecurityException"],
  [403, "AccessControlException"],
  [500, "RuntimeException"],
] as const) {
  test(`a fault of ${status} is worded as ${exception}`, async (t) => {
    const lake = await lakeWith(t, { status });
    const answer = await open(lake);
    assert.deepEqual([answer.status, exceptionOf(answer)], [status, exception]);
    assert.equal(answer.headers["content-length"], String(answer.bytes.length));
  });
}

test("a reset before, in the middle of and after a reply all lose the connection", async (t) => {
  for (const reset of ["before", "mid", "after"] as const) {
    const lake = await lakeWith(t, { reset });
    await assert.rejects(open(lake), reset);
    assert.equal((await open(lake)).text, "0123456789");
  }
});

test("a write whose reply is lost has been done, one that breaks in its body has not", async (t) => {
  for (const [reset, content] of [
    ["after", "new"],
    ["mid", "0123456789"],
    ["before", "0123456789"],
  ] as const) {
    const lake = await lakeWith(t, { reset }, { match: { op: "CREATE" } });
    await assert.rejects(lake.write("/d/a", "new"), reset);
    assert.equal((await open(lake)).text, content, reset);
  }
});

test("a short OPEN ends cleanly after so many bytes", async (t) => {
  const lake = await lakeWith(t, { short: 4 });
  assert.equal((await open(lake)).text, "0123");
});

test("a flipped byte differs in one bit, read or written", async (t) => {
  const lake = await lakeWith(t, { flip: 3 });
  assert.equal((await open(lake)).text, "0122456789");
  lake.gen1.setFaults([{ match: { method: "PUT" }, effect: { flip: 0 } }]);
  await lake.write("/d/a", "0123456789");
  assert.equal((await open(lake)).text, "1123456789");
});

test("a body that drips in arrives whole", async (t) => {
  const lake = await lakeWith(t, { drip: 2000 });
  assert.equal((await open(lake)).text, "0123456789");
});

test("a delayed request is done all the same", async (t) => {
  const lake = await lakeWith(t, { delayMs: 1 });
  assert.equal((await open(lake)).text, "0123456789");
});

test("the control endpoint arms faults, counts requests, moves the clock and shows the lake", async (t) => {
  const lake = await memoryLake(t, { logLimit: 2, clock: virtualClock(1000) });
  await lake.write("/d/a", "abc");
  await lake.ask("GET", "d/a?op=GETFILESTATUS");
  await lake.ask("GET", "d/no?op=GETFILESTATUS");
  assert.deepEqual(await lake.json("GET", "/_control/requests"), {
    total: 3,
    byOp: { CREATE: 1, GETFILESTATUS: 2 },
    byStatus: { 200: 1, 201: 1, 404: 1 },
    log: [
      { op: "GETFILESTATUS", method: "GET", path: "/d/a", target: "/webhdfs/v1/d/a?op=GETFILESTATUS", status: 200 },
      { op: "GETFILESTATUS", method: "GET", path: "/d/no", target: "/webhdfs/v1/d/no?op=GETFILESTATUS", status: 404 },
    ],
  });
  assert.equal((await lake.ask("DELETE", "/_control/requests")).status, 204);
  assert.equal(lake.gen1.requests().total, 0);

  const faults = [{ match: { op: "OPEN" }, effect: { status: 429 } }];
  assert.equal((await lake.ask("PUT", "/_control/faults", JSON.stringify(faults))).status, 204);
  assert.deepEqual(await lake.json("GET", "/_control/faults"), { faults, unused: faults });
  const wrong = await lake.ask("PUT", "/_control/faults", '[{"effect":{"status":"x"}}]');
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /faults\[0\]\.effect\.status/);

  assert.equal((await lake.ask("PUT", "/_control/clock", '{"advanceMs":500}')).text, '{"nowMs":1500}');
  assert.equal((await lake.ask("PUT", "/_control/clock", '{"nowMs":9000}')).text, '{"nowMs":9000}');
  assert.equal((await lake.ask("PUT", "/_control/clock", "{}")).status, 400);
  assert.equal((await lake.ask("GET", "/_control/nothing")).status, 404);

  const dump = await lake.dump();
  assert.deepEqual(
    dump.map(({ path, kind, sha256 }) => [path, kind, sha256]),
    [
      ["/", "folder", undefined],
      ["/d", "folder", undefined],
      ["/d/a", "file", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ],
  );
});
