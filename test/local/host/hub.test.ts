import assert from "node:assert/strict";
import { join as pathOf } from "node:path";
import { test } from "node:test";
import { claimActivity, claimTurn, commitTurn, finishActivity } from "../../../local/host/durable/claims.ts";
import { eventOf } from "../../../local/host/durable/events.ts";
import { findInstance, startInstance } from "../../../local/host/durable/instances.ts";
import { type Store, openStore } from "../../../local/host/durable/store.ts";
import { runTurn } from "../../../local/host/durable/turn.ts";
import { type Worker, joinWorkers } from "../../../local/host/durable/workers.ts";
import type { Clock } from "../../../local/host/clock.ts";
import { silent } from "../../../local/host/log.ts";
import { common, handClock, makeApp, rig, tempDir } from "./kit.ts";

const known = { hasActivity: () => true, hasOrchestrator: () => true };
const callsOne = async (): Promise<string> =>
  JSON.stringify({ isDone: false, actions: [[{ actionType: 0, functionName: "one", input: 1 }]] });

const leases = { activitiesMs: 60_000, turnsMs: 20_000, timersMs: 20_000 };
const join = (store: Store, clock: Clock): Worker => joinWorkers(store, clock, leases, silent);

function begin(store: Store, id: string): void {
  const start = { id, execution: `${id}-1`, name: "flow", version: undefined, input: undefined, parent: undefined };
  store.transaction(() => startInstance(store, start, 0));
}

test("an instance is claimed by one worker at a time", () => {
  const store = openStore(":memory:");
  begin(store, "a");
  assert.equal(claimTurn(store, "w1", 0, 32)?.instance.id, "a");
  assert.equal(claimTurn(store, "w2", 0, 32), undefined);
  store.close();
});

test("the claims of a worker that falls silent go to another, and its late results are not kept", async () => {
  const store = openStore(":memory:");
  begin(store, "a");
  const clock = handClock();
  const frozen = { ...clock, alarm: () => () => {} };
  const late = join(store, frozen);
  const first = claimTurn(store, late.id, clock.nowMs(), 32);
  assert.ok(first);
  clock.forward(leases.turnsMs + 1);
  const worker = join(store, clock);
  const second = claimTurn(store, worker.id, clock.nowMs(), 32);
  assert.ok(second);
  const result = await runTurn(first, 0, known, callsOne);
  assert.equal(commitTurn(store, late.id, first, result, 0), false);
  assert.equal(commitTurn(store, worker.id, second, result, 0), true);
  assert.equal(store.rows("select * from activities").length, 1);
  store.close();
});

test("a worker that renews keeps its claims", () => {
  const store = openStore(":memory:");
  begin(store, "a");
  const clock = handClock();
  const worker = join(store, clock);
  claimTurn(store, worker.id, clock.nowMs(), 32);
  for (let spent = 0; spent < leases.turnsMs * 2; spent += 3000) clock.forward(3000);
  join(store, clock);
  assert.equal(claimTurn(store, "other", clock.nowMs(), 32), undefined);
  store.close();
});

test("the claims of a process that is gone are free at once", () => {
  const store = openStore(":memory:");
  begin(store, "a");
  const noProcess = 2 ** 30;
  store.change("insert into workers values ('dead', :pid, :nowMs)", { pid: noProcess, nowMs: Date.now() });
  claimTurn(store, "dead", 0, 32);
  const { id } = join(store, handClock(Date.now()));
  assert.equal(claimTurn(store, id, 0, 32)?.instance.id, "a");
  store.close();
});

test("an activity that two workers have run reports once", async () => {
  const store = openStore(":memory:");
  begin(store, "a");
  const turn = claimTurn(store, "w1", 0, 32);
  assert.ok(turn);
  commitTurn(store, "w1", turn, await runTurn(turn, 0, known, callsOne), 0);
  const work = claimActivity(store, "w1", 0, 0);
  assert.ok(work);
  store.change("update activities set worker = null");
  claimActivity(store, "w2", 0, 0);
  const event = eventOf("TaskCompleted", 0, { TaskScheduledId: 0, Result: "1" });
  assert.equal(finishActivity(store, "w1", work, event, 0), false);
  assert.equal(finishActivity(store, "w2", work, event, 0), true);
  assert.equal(store.rows("select * from inbox").length, 1);
  store.close();
});

test("a result that comes after the end of its execution is dropped", async () => {
  const store = openStore(":memory:");
  begin(store, "a");
  const turn = claimTurn(store, "w", 0, 32);
  assert.ok(turn);
  commitTurn(store, "w", turn, await runTurn(turn, 0, known, callsOne), 0);
  const work = claimActivity(store, "w", 0, 0);
  assert.ok(work);
  store.change("update instances set status = 'Terminated'");
  const event = eventOf("TaskCompleted", 0, { TaskScheduledId: 0, Result: "1" });
  assert.equal(finishActivity(store, "w", work, event, 0), true);
  assert.equal(store.rows("select * from inbox").length, 0);
  assert.equal(findInstance(store, "a")?.status, "Terminated");
  store.close();
});

test("two hosts on one hub share its work and lose nothing", async () => {
  const dataDir = tempDir();
  const app = `${common}
    df.app.orchestration("wide", function* (context) {
      const tasks = Array.from({ length: 60 }, (_, n) => context.df.callActivity("echo", n));
      return (yield context.df.Task.all(tasks)).reduce((sum, n) => sum + n, 0);
    });
  `;
  const [one, two] = await Promise.all([
    rig("", { appRoot: makeApp(app), dataDir }),
    rig("", { appRoot: makeApp(app), dataDir }),
  ]);
  const ids = await Promise.all(
    [one, two, one, two].map(
      async ({ call }) => (await (await call("/api/start/wide", { method: "POST" })).json()) as string,
    ),
  );
  while (ids.some((id) => !isDone(dataDir, id))) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const id of ids) assert.equal((await one.status(id)).output, 1770);
});

function isDone(dataDir: string, id: string): boolean {
  const store = openStore(pathOf(dataDir, "TestHubName.sqlite"));
  const status = findInstance(store, id)?.status;
  store.close();
  return status === "Completed";
}

test("host.json bounds how many activities run at once", async () => {
  const app = `${common}
    const load = globalThis.load = { now: 0, most: 0 };
    df.app.activity("heavy", { handler: async () => {
      load.most = Math.max(load.most, ++load.now);
      await new Promise(setImmediate);
      load.now--;
    } });
    df.app.orchestration("wide", function* (context) {
      yield context.df.Task.all(Array.from({ length: 20 }, () => context.df.callActivity("heavy")));
    });
  `;
  const { run } = await rig(app, { hostJson: { extensions: { durableTask: { maxConcurrentActivityFunctions: 3 } } } });
  assert.equal((await run("wide")).runtimeStatus, "Completed");
  assert.equal((globalThis as { load?: { most: number } }).load?.most, 3);
});

test("an activity over functionTimeout fails, and its late result is ignored", async () => {
  const clock = handClock();
  const app = `${common}
    df.app.activity("slow", { handler: () => new Promise((resolve) => { globalThis.endSlow = resolve; }) });
    df.app.orchestration("waits", function* (context) {
      try { yield context.df.callActivity("slow"); } catch (error) { return error.message; }
    });
  `;
  const { host, call, status, notes } = await rig(app, { clock, hostJson: { functionTimeout: "00:05:00" } });
  await call("/api/start/waits/w", { method: "POST" });
  while (!("endSlow" in globalThis)) await new Promise(setImmediate);
  clock.forward(300_000);
  await host.idle();
  assert.match(String((await status("w")).output), /'slow' failed: Timeout value of 300000 ms exceeded/);
  (globalThis as unknown as { endSlow: (value: string) => void }).endSlow("late");
  await new Promise(setImmediate);
  assert.ok(notes.some(({ event }) => event === "function.late"));
});

test("terminate leaves running activities alone", async () => {
  const app = `${common}
    df.app.activity("long", { handler: () => new Promise((resolve) => { globalThis.endLong = () => { globalThis.longEnded = true; resolve(1); }; }) });
    df.app.orchestration("waits", function* (context) { yield context.df.callActivity("long"); });
  `;
  const { host, call, status } = await rig(app);
  const world = globalThis as { endLong?: () => void; longEnded?: boolean };
  await call("/api/start/waits/w", { method: "POST" });
  while (world.endLong === undefined) await new Promise(setImmediate);
  await call("/api/client/terminate", { method: "POST", body: JSON.stringify(["w", "stop"]) });
  while ((await status("w")).runtimeStatus !== "Terminated") await new Promise(setImmediate);
  assert.equal(world.longEnded, undefined);
  world.endLong();
  await host.idle();
  assert.deepEqual([world.longEnded, (await status("w")).runtimeStatus], [true, "Terminated"]);
});
