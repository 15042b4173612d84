// Time frames: the hours in which a run works, and the budget after which it stops by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceOf, type Run } from "../../src/core/run.ts";
import { keep } from "../../src/ferry/keeper.ts";
import { addRun, drive, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";
import { openMigrations } from "../../src/app/migrations.ts";
import { appOver } from "../kit/testApp.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
// The test clock begins on Thursday, 1 January 1970, at 00:16:40.
const untilOne = { hours: { Thursday: ["00:00-01:00"], Friday: ["00:00-01:00"] } };
const fromOne = { hours: { Thursday: ["01:00-02:00"] } };

function lake(files: number, changes: Parameters<typeof testFerry>[0] = {}): TestFerry {
  const made = testFerry(changes);
  for (let index = 0; index < files; index++) {
    made.source.write(`/f${Math.floor(index / 50)}/${String(index).padStart(4, "0")}`, `content ${index}`);
  }
  return made;
}

/** A read of a file takes so long. */
function slowly({ source, clock }: TestFerry, readMs: number): void {
  source.onCall = async (op) => {
    if (op === "read") await clock.sleep(readMs);
  };
}

async function kept({ ferry }: TestFerry): Promise<readonly string[]> {
  const started: string[] = [];
  await keep(ferry, {
    look: async () => ({ live: new Set(), suspended: new Set(), terminated: new Set() }),
    start: async (run) => void started.push(instanceOf(run)),
  });
  return started;
}

const runOf = async ({ ferry }: TestFerry): Promise<Run> => (await ferry.runs.get("r")) ?? assert.fail("no run");

test("a run works in its window only: it rests outside, says why, is woken inside, and ends exact", async () => {
  const made = lake(400);
  slowly(made, 20_000);
  await addRun(made.ferry, "r", requestOf({ window: untilOne }));
  const paused = await drive(made.ferry, "r");
  assert.deepEqual([paused.status, paused.rest], ["Paused", { because: "window", untilMs: 24 * hourMs }]);
  const { tally } = await made.ferry.work("r").account();
  assert.ok(tally.filesCopied > 50 && tally.filesCopied < 400, `${tally.filesCopied} files`);
  // Not one file was begun after the window had closed, and those under way had no time left to speak of.
  assert.ok(made.clock.nowMs() < hourMs + 3 * minuteMs, `${made.clock.nowMs()}`);

  assert.deepEqual(await kept(made), []);
  made.clock.advance(24 * hourMs - made.clock.nowMs());
  assert.deepEqual(await kept(made), ["r:2"]);
  assert.deepEqual([(await runOf(made)).status, (await runOf(made)).rest], ["Running", undefined]);
  made.source.onCall = () => undefined;
  assert.equal((await drive(made.ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(made.sink.files(), made.source.files());
  assert.deepEqual(
    [...made.sink.writes().values()].filter((writes) => writes > 1),
    [],
  );
});

test("a run that is posted outside of its window touches no lake until it opens", async () => {
  const made = lake(3);
  let calls = 0;
  made.source.onCall = () => void calls++;
  await addRun(made.ferry, "r", requestOf({ window: fromOne }));
  const { status, rest, startedMs } = await drive(made.ferry, "r");
  assert.deepEqual([status, rest, startedMs, calls], ["Paused", { because: "window", untilMs: hourMs }, undefined, 0]);
  made.clock.advance(hourMs);
  assert.deepEqual(await kept(made), ["r:2"]);
  assert.equal((await drive(made.ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(made.sink.files(), made.source.files());
});

test("a person's pause is never taken for the window's: it stays when the window opens", async () => {
  const made = lake(3);
  const { command, get } = openMigrations(appOver(made), async () => undefined, "/api/migrations");
  await addRun(made.ferry, "r", requestOf({ window: fromOne }));
  await drive(made.ferry, "r");
  const shown = (await get("r")).body as Record<string, unknown>;
  const rest = { because: "window", until: "1970-01-01T01:00:00.000Z" };
  assert.deepEqual([shown["status"], shown["rest"]], ["Paused", rest]);
  const early = await command("r", "resume");
  assert.equal(early.status, 409);
  assert.match((early.body as { detail: string }).detail, /goes on by itself at 1970-01-01T01:00:00/u);

  assert.equal((await command("r", "pause")).status, 202);
  assert.deepEqual([(await runOf(made)).status, (await runOf(made)).rest], ["Paused", undefined]);
  made.clock.advance(hourMs);
  assert.deepEqual(await kept(made), []);
  assert.equal((await command("r", "resume")).status, 202);
  assert.equal((await drive(made.ferry, "r", 2)).status, "Succeeded");
});

test("a person's wish goes over the window that closes at the same time", async () => {
  const made = lake(3);
  await addRun(made.ferry, "r", requestOf({ window: fromOne }));
  await made.ferry.runs.change("r", (now) => ({ ...now, status: "Cancelling" }));
  assert.deepEqual([(await drive(made.ferry, "r")).status, (await runOf(made)).rest], ["Cancelled", undefined]);
});

test("a run stops after its budget of files, says so, keeps everything, and goes on for as many when it is resumed", async () => {
  const made = lake(300);
  slowly(made, 500);
  const { ferry } = made;
  const { command } = openMigrations(appOver(made), async () => undefined, "/api/migrations");
  await addRun(ferry, "r", requestOf({ stopAfter: { files: 100 } }));
  const stopped = await drive(ferry, "r");
  assert.deepEqual([stopped.status, stopped.rest], ["Stopped", { because: "stopAfter", reached: "files" }]);
  assert.ok(stopped.endedMs !== undefined && stopped.journal !== undefined);
  const first = made.sink.files().size;
  assert.ok(first >= 100 && first < 150, `${first} files`);

  assert.equal((await command("r", "resume")).status, 202);
  const again = await drive(ferry, "r", 2);
  assert.equal(again.status, "Stopped");
  const second = made.sink.files().size;
  assert.ok(second >= first + 100 && second < first + 150, `${second} files`);

  assert.equal((await command("r", "resume")).status, 202);
  const ended = await drive(ferry, "r", 3);
  assert.ok(ended.status === "Succeeded" || ended.status === "Stopped", ended.status);
  if (ended.status === "Stopped") {
    await command("r", "resume");
    assert.equal((await drive(ferry, "r", 4)).status, "Succeeded");
  }
  assert.deepEqual(made.sink.files(), made.source.files());
  assert.deepEqual(
    [...made.sink.writes().values()].filter((writes) => writes > 1),
    [],
  );
});

test("who only looks stops after what was looked at, and what is read to be compared is spent", async () => {
  for (const [job, stopAfter] of [
    ["audit", { files: 50 }],
    ["audit", { bytes: 600 }],
    ["assess", { files: 50 }],
  ] as const) {
    const made = lake(300);
    await addRun(made.ferry, "copy", requestOf());
    await drive(made.ferry, "copy");
    made.source.onCall = () => made.clock.sleep(500);
    await addRun(made.ferry, "r", requestOf({ compare: "hash", stopAfter }), { job });
    const { status, rest } = await drive(made.ferry, "r");
    const [reached] = Object.keys(stopAfter);
    assert.deepEqual([status, rest], ["Stopped", { because: "stopAfter", reached }], job);
  }
});

test("bytes and minutes are budgets as well", async () => {
  for (const [stopAfter, reached] of [
    [{ bytes: 600, files: 1000 }, "bytes"],
    [{ minutes: 2, files: 1000 }, "minutes"],
  ] as const) {
    const made = lake(300);
    slowly(made, 2000);
    await addRun(made.ferry, "r", requestOf({ stopAfter }));
    const { status, rest, workedMs } = await drive(made.ferry, "r");
    assert.deepEqual([status, rest], ["Stopped", { because: "stopAfter", reached }]);
    assert.ok(workedMs < 3 * minuteMs, `${workedMs}`);
  }
});

test("a stopped run holds its sink no longer: a resume is refused while another one writes there", async () => {
  const made = lake(300);
  slowly(made, 500);
  const { command } = openMigrations(appOver(made), async () => undefined, "/api/migrations");
  await addRun(made.ferry, "r", requestOf({ stopAfter: { files: 10 } }));
  await drive(made.ferry, "r");
  await addRun(made.ferry, "other", requestOf());
  assert.equal(await made.ferry.roots.claim("LakeSink lake", { run: "other", root: "/" as never }), undefined);
  const refused = await command("r", "resume");
  assert.equal(refused.status, 409);
  assert.match((refused.body as { detail: string }).detail, /migration other is live/u);
  assert.deepEqual([(await runOf(made)).status, (await runOf(made)).rest?.because], ["Stopped", "stopAfter"]);
});

test("a run whose budget is spent with its last file has succeeded", async () => {
  const made = lake(10);
  await addRun(made.ferry, "r", requestOf({ stopAfter: { files: 10 } }));
  assert.equal((await drive(made.ferry, "r")).status, "Succeeded");
});
