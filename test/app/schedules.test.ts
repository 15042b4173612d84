// What the HTTP API over schedules answers, without HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../../src/app/problem.ts";
import { openScheduleApi } from "../../src/app/schedules.ts";
import type { OperationName } from "../../src/contract/operations.ts";
import { startDue } from "../../src/ferry/schedules.ts";
import { assertPromised } from "../kit/contract.ts";
import { appOver } from "../kit/testApp.ts";
import { testFerry } from "../kit/testFerry.ts";

function api() {
  const made = testFerry();
  const app = appOver(made);
  const open = openScheduleApi(app, "http://127.0.0.1/api");
  const promised = async (name: OperationName, answer: Promise<Answer>) => {
    const { status, body } = await answer;
    assertPromised(name, await answer);
    return { status, body: body as Record<string, unknown> & { readonly detail: string } };
  };
  return {
    ...made,
    app,
    put: (name: string, body: object) => promised("putSchedule", open.put(name, body)),
    get: (name: string) => promised("getSchedule", open.get(name)),
    list: () => promised("listSchedules", open.list()),
    remove: (name: string) => promised("deleteSchedule", open.remove(name)),
  };
}

const nightly = (sink: object = {}, more: object = {}) => ({
  cron: "0 0 2 * * *",
  delta: "compare",
  request: { sink: { fileSystem: "lake", ...sink } },
  ...more,
});

test("a schedule is made, shown, changed and removed", async () => {
  const { put, get, list, remove } = api();
  const made = await put("nightly", nightly());
  assert.deepEqual([made.status, made.body["nextTime"], made.body["enabled"]], [201, "1970-01-01T02:00:00.000Z", true]);
  assert.equal((await put("nightly", nightly({}, { cron: "0 0 3 * * *" }))).status, 200);
  assert.equal((await get("nightly")).body["nextTime"], "1970-01-01T03:00:00.000Z");
  assert.deepEqual(
    ((await list()).body["schedules"] as { name: string }[]).map(({ name }) => name),
    ["nightly"],
  );
  assert.equal((await remove("nightly")).status, 204);
  assert.equal((await get("nightly")).status, 404);
  assert.equal((await remove("nightly")).status, 404);
  assert.equal((await get("a/b#")).status, 404);
});

test("what is wrong is named: the expression, the request within, a name that is none", async () => {
  const { put } = api();
  const detail = async (name: string, body: object) => {
    const { status, body: problem } = await put(name, body);
    assert.equal(status, 400, JSON.stringify(problem));
    return problem.detail;
  };
  assert.match(
    await detail("x", nightly({}, { cron: "every night" })),
    /^cron: "every night" can't be read: expected six fields/u,
  );
  assert.match(await detail("x", nightly({}, { cron: "0 0 0 31 2 *" })), /^cron: .*never comes/u);
  assert.match(await detail("x", nightly({ fileSystem: "X" })), /^request\.sink\.fileSystem: /u);
  assert.match(
    await detail("x", nightly({ connection: "Nowhere" })),
    /^request\.sink\.connection: unknown connection/u,
  );
  assert.match(
    await detail("x", nightly({ folderPath: "/{windowMiddle}" })),
    /^request\.sink\.folderPath: unknown variable/u,
  );
  assert.match(
    await detail("x", nightly({ fileSystem: "{windowStart}" })),
    /^request\.sink\.fileSystem: may hold no variable/u,
  );
  assert.match(
    await detail("x", nightly({}, { request: { id: "r", sink: { fileSystem: "lake" } } })),
    /^request\.id: /u,
  );
  assert.match(
    await detail("x", nightly({}, { request: { assessment: "none", sink: { fileSystem: "lake" } } })),
    /^request\.assessment: there is no assessment "none"/u,
  );
  assert.match(await detail("x", nightly({}, { watermark: "yesterday" })), /^watermark: expected a time/u);
  assert.match(await detail("x", nightly({}, { overlapMinutes: -1 })), /^overlapMinutes: expected 0 to/u);
  assert.match(await detail("x", nightly({}, { every: "day" })), /^every: unknown property/u);
  assert.match(await detail("a b", nightly()), /^name: "a b" is no name/u);
});

test("a schedule whose sink overlaps another's is refused by that one's name, also up to its first variable", async () => {
  const { put, get } = api();
  await put("one", nightly({ folderPath: "/raw/sales" }));
  const { status, body } = await put("two", nightly({ folderPath: "/raw" }));
  assert.equal(status, 409);
  assert.match(body.detail, /^schedule "one" writes to \/raw\/sales, which overlaps with \/raw;/u);
  assert.equal((await get("two")).status, 404);
  assert.equal((await put("two", nightly({ folderPath: "/raw/{windowStart:yyyy}/x" }))).status, 409);
  assert.equal(
    (await put("two", nightly({ folderPath: "/raw/{windowStart:yyyy}/x", fileSystem: "other" }))).status,
    201,
  );
  assert.equal((await put("three", nightly({ folderPath: "/archive" }))).status, 201);
  assert.equal((await put("three", nightly({ folderPath: "/raw/sales/2026" }))).status, 409);
});

test("a folder is free again once its schedule has moved away or is removed", async () => {
  const { put, remove } = api();
  await put("one", nightly({ folderPath: "/a" }));
  await put("one", nightly({ folderPath: "/b", fileSystem: "other" }));
  assert.equal((await put("two", nightly({ folderPath: "/a" }))).status, 201);
  await remove("one");
  assert.equal((await put("three", nightly({ folderPath: "/b", fileSystem: "other" }))).status, 201);
});

test("the watermark can be read, set and forgotten; other lakes forget it, other widths don't", async () => {
  const { put, get } = api();
  const time = "2026-11-26T02:00:00.000Z";
  await put("one", nightly({}, { watermark: time, windowStart: "2026-11-26T03:00:00+01:00" }));
  const marks = async () => {
    const { watermark, windowStart } = (await get("one")).body;
    return [watermark, windowStart];
  };
  assert.deepEqual(await marks(), [time, time]);
  await put("one", nightly({ maxConcurrentConnections: 8 }));
  assert.deepEqual(await marks(), [time, time]);
  await put("one", nightly({}, { watermark: null }));
  assert.deepEqual(await marks(), [undefined, time]);
  await put("one", nightly({}, { watermark: time }));
  await put("one", nightly({ folderPath: "/elsewhere" }));
  assert.deepEqual(await marks(), [undefined, undefined]);
});

test("what decides whether a file is copied forgets the watermark, too; a default that is spelled out doesn't", async () => {
  const { put, get } = api();
  const watermark = "2026-11-26T02:00:00.000Z";
  const request = (more: object) => ({ request: { sink: { fileSystem: "lake" }, ...more } });
  const kept = async (more: object) => {
    await put("one", nightly({}, { ...request({}), watermark }));
    await put("one", nightly({}, request(more)));
    return (await get("one")).body["watermark"] !== undefined;
  };
  assert.ok(await kept({ mode: "copy", overwrite: "ifDifferent", names: "fail", dryRun: false, audit: true }));
  for (const more of [{ dryRun: true }, { mode: "access" }, { overwrite: "always" }, { names: "rename" }]) {
    assert.equal(await kept(more), false, JSON.stringify(more));
  }
});

test("a time pattern takes the window of each slot, and one that the window can't fill is named", async () => {
  const { put, app, ferry, clock } = api();
  const source = (path: string) => ({
    folderPath: "/raw",
    timePattern: { path, start: "{windowStart}", end: "{windowEnd}" },
  });
  const body = (path: string) => nightly({}, { request: { source: source(path), sink: { fileSystem: "lake" } } });
  const wrong = await put("one", body("{yyyy}/{QQ}/*"));
  assert.equal(wrong.status, 400);
  assert.match(wrong.body.detail, /^request\.source\.timePattern\.path: .*QQ/u);
  assert.equal((await put("one", body("{yyyy}/{MM}/{dd}/*"))).status, 201);
  clock.advance(2 * 3_600_000);
  await startDue(ferry, app.schedules, async () => undefined);
  const { request } = (await ferry.runs.get("one-19700101T020000")) ?? assert.fail();
  assert.deepEqual(request.source.timePattern, {
    path: "{yyyy}/{MM}/{dd}/*",
    start: "1969-12-31T02:00:00.000Z",
    end: "1970-01-01T02:00:00.000Z",
  });
});

test("slots of the time before a schedule is enabled, or has another expression, are not made up for", async () => {
  const { put, app, clock } = api();
  await put("one", nightly({}, { enabled: false }));
  clock.advance(3 * 86_400_000);
  await put("one", nightly());
  assert.equal((await app.schedules.get("one"))?.doneMs, clock.nowMs());
});
