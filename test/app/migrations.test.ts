// What the HTTP API answers, without HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { App } from "../../src/app/app.ts";
import { type Migrations, openMigrations } from "../../src/app/migrations.ts";
import type { Answer, FieldError } from "../../src/app/problem.ts";
import type { OperationName } from "../../src/contract/operations.ts";
import { LakeError } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import { assertPromised } from "../kit/contract.ts";
import { appOver } from "../kit/testApp.ts";
import { drive, type TestFerry, testFerry } from "../kit/testFerry.ts";

function api(changes: Partial<App["ferry"]> = {}, made: TestFerry = testFerry()) {
  const ferry = { ...made.ferry, ...changes };
  const app = appOver({ ...made, ferry });
  const migrations = openMigrations(app, async () => undefined, "http://127.0.0.1/api/migrations");
  return { ...made, ferry, ...checked(migrations) };
}

// Each answer has to be as the contract says.
function checked(migrations: Migrations): Migrations {
  const promised = async (name: OperationName, answer: Promise<Answer>) => {
    assertPromised(name, await answer);
    return answer;
  };
  return {
    start: (body) => promised("startMigration", migrations.start(body)),
    begin: (request, about) => promised("startAudit", migrations.begin(request, about)),
    differences: (id, query) => promised("getDifferences", migrations.differences(id, query)),
    list: () => promised("listMigrations", migrations.list()),
    get: (id) => promised("getMigration", migrations.get(id)),
    journal: (id, query) => promised("getJournal", migrations.journal(id, query)),
    command: (id, command) => promised(`${command}Migration`, migrations.command(id, command)),
    change: (id, body) => promised("changeMigration", migrations.change(id, body)),
    rerun: (id) => promised("rerunMigration", migrations.rerun(id)),
    retry: (id) => promised("retryMigration", migrations.retry(id)),
  };
}

const body = (source: object, sink: object = {}) => ({ source, sink: { fileSystem: "lake", ...sink } });

test("a request that asks for more than the app's settings allow is refused, naming limit and setting", async () => {
  const { start, ferry } = api();
  const { status, body: problem } = await start(
    body({ maxConcurrentConnections: 97 }, { maxConcurrentConnections: 512, blockSizeInMB: 33 }),
  );
  assert.equal(status, 400);
  const { errors } = problem as { readonly errors: readonly FieldError[] };
  assert.deepEqual(
    errors.map(({ field, message }) => [field, ...(message.match(/\d+ [cM]\w+|Lakeferry__\w+/gu) ?? [])]),
    [
      ["source.maxConcurrentConnections", "96 connections", "Lakeferry__connections"],
      ["sink.maxConcurrentConnections", "96 connections", "Lakeferry__connections"],
      ["sink.blockSizeInMB", "33 MiB", "32 MiB", "64 MiB", "Lakeferry__memoryMiB"],
    ],
  );
  assert.deepEqual((await ferry.runs.list()).runs, []);
  const most = { maxConcurrentConnections: 96 };
  assert.equal((await start(body(most, { ...most, blockSizeInMB: 32 }))).status, 202);
});

test("blocks that can't hold the one file that is asked for are refused, naming the limit and what would do", async () => {
  const { start, source, ferry, clock } = api();
  source.write("/d/huge", "");
  const { stat } = source;
  const bytes = 50_000 * 1024 * 1024 + 1;
  Object.assign(source, { stat: async (path: LakePath) => ({ ...(await stat(path)), bytes }) });
  const one = { folderPath: "/d", fileName: "huge" };
  const { status, body: problem } = await start(body(one, { blockSizeInMB: 1 }));
  assert.equal(status, 400);
  assert.deepEqual((problem as { readonly errors: readonly FieldError[] }).errors, [
    {
      field: "sink.blockSizeInMB",
      message: `${bytes} bytes don't fit into 50000 blocks of 1 MiB; 2 MiB would do`,
    },
  ]);
  assert.deepEqual((await ferry.runs.list()).runs, []);
  const held = { folderPath: "/a", blockSizeInMB: 2 };
  assert.equal((await start(body(one, held))).status, 202);
  clock.advance(60_000);
  // A source that can't be asked now is the run's matter.
  source.onCall = () => {
    throw new LakeError("unavailable", { op: "stat", path: "/", detail: "no reply" });
  };
  const elsewhere = { folderPath: "/e", blockSizeInMB: 1 };
  assert.equal((await start(body(one, elsewhere))).status, 202);
});

test("a connection that isn't there is named beside all else that is wrong", async () => {
  const { status, body: problem } = await api().start(
    body({ connection: "Nowhere", maxConcurrentConnections: 100 }, { connection: "LakeSource" }),
  );
  assert.equal(status, 400);
  const { errors, detail } = problem as { readonly errors: readonly FieldError[]; readonly detail: string };
  assert.deepEqual(
    errors.map(({ field }) => field),
    ["source.connection", "sink.connection", "source.maxConcurrentConnections"],
  );
  assert.match(detail, /unknown connection "Nowhere".*LakeSource of kind.*"LakeSource" is adls-gen1/u);
});

test("of several ranges none may start where lakes disagree about the order; such a start is named", async () => {
  const ranges = [{ listBefore: "\u{1f6a2}" }, { listAfter: "z\u{1f6a2}", listBefore: "z\uffee" }];
  const { status, body: problem } = await api().start(body({ ranges }));
  assert.equal(status, 400);
  assert.match((problem as { readonly detail: string }).detail, /^source\.ranges\.1\.listAfter: holds U\+1F6A2; /u);
  assert.equal((await api().start(body({ ranges: [{ listAfter: "\u{1f6a2}" }] }))).status, 202);
  assert.equal((await api().start(body({ listAfter: "\u{1f6a2}" }))).status, 202);
});

test("a request that no row could hold is refused before a row is tried", async () => {
  const ranges = Array.from({ length: 600 }, (_, index) => ({ listAfter: `${index}`.padEnd(1000, "x") }));
  const { status, body: problem } = await api().start(body({ ranges }));
  assert.equal(status, 400);
  assert.match((problem as { readonly detail: string }).detail, /at most 400000 can be kept/u);
});

test("what the state store calls invalid is not the caller's fault", async () => {
  const invalid = new LakeError("invalid", {
    op: "table get",
    path: "runs/r",
    detail: "in its own words",
    status: 400,
  });
  const fails = () => Promise.reject(invalid);
  const { runs } = testFerry().ferry;
  const { get, list, start, command } = api({ runs: { ...runs, add: fails, get: fails, each: fails, change: fails } });
  for (const answer of [get("r"), list(), start(body({})), command("r", "pause")]) {
    const { status, body: problem } = await answer;
    assert.equal(status, 500);
    assert.match((problem as { readonly detail: string }).detail, /in its own words/u);
  }
});

test("the list shows runs that can't be read by their ids, beside the others", async () => {
  const { start, list, get, rows } = api();
  await start({ ...body({}), id: "r" });
  assert.deepEqual(Object.keys((await list()).body as object), ["migrations", "total"]);
  await rows.insert({ partitionKey: "runs", rowKey: "newer", version: 2, run0: "{}" });
  const { status, body: listed } = await list();
  assert.equal(status, 200);
  const { migrations, unreadable } = listed as Record<"migrations" | "unreadable", Record<string, string>[]>;
  assert.deepEqual([migrations.map(({ id }) => id), unreadable.map(({ id }) => id)], [["r"], ["newer"]]);
  assert.match(unreadable[0]?.["detail"] ?? "", /newer lakeferry/u);
  assert.equal((await get("newer")).status, 500);
});

test("caps of a live run are changed one by one, and those of an ended one are not", async () => {
  const { start, change, get, ferry } = api();
  const { body: started } = await start({ ...body({}, { maxRequestsPerSecond: 500 }), id: "r" });
  assert.equal((started as { readonly id: string }).id, "r");
  const { status, body: changed } = await change("r", { source: { maxMegabytesPerSecond: 10 } });
  assert.equal(status, 200);
  const caps = { source: { maxMegabytesPerSecond: 10 }, sink: { maxRequestsPerSecond: 500 } };
  assert.deepEqual(changed, { id: "r", status: "Queued", caps });
  assert.deepEqual(((await get("r")).body as { readonly caps: unknown }).caps, caps);
  assert.deepEqual((await ferry.pulse.of("r"))?.caps, caps);
  assert.equal((await change("r", { sink: { maxRequestsPerSecond: 0 } })).status, 400);
  assert.equal((await change("r", { sink: { maxConcurrentConnections: 97 } })).status, 400);
  assert.equal((await change("nobody", {})).status, 404);
  await ferry.runs.change("r", (run) => ({ ...run, status: "Cancelled" }));
  assert.equal((await change("r", { source: { maxMegabytesPerSecond: null } })).status, 409);
});

test("the report of an ended migration is sealed, and stays as it was", async () => {
  const { start, get, ferry, source, clock } = api();
  source.write("/a", "a");
  await start({ ...body({}), id: "r" });
  assert.equal("seal" in ((await get("r")).body as object), false);
  await drive(ferry, "r");
  const first = (await get("r")).body as {
    readonly seal: string;
    readonly report: { readonly usedParallelCopies: number };
  };
  clock.advance(60_000);
  const later = (await get("r")).body as typeof first;
  assert.match(first.seal, /^[0-9a-f]{64}$/u);
  assert.equal(later.seal, first.seal);
  assert.deepEqual(later.report, first.report);
  assert.ok(first.report.usedParallelCopies >= 1);
});
