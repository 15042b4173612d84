// What holds when several hosts work on one task hub, as Azure's instances do.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { Clock } from "../../../local/host/clock.ts";
import { claimActivity, claimTurn, commitTurn, nextDueMs } from "../../../local/host/durable/claims.ts";
import { eventOf, nameOf } from "../../../local/host/durable/events.ts";
import { findInstance, send, startInstance } from "../../../local/host/durable/instances.ts";
import { type Store, openStore } from "../../../local/host/durable/store.ts";
import { runTurn } from "../../../local/host/durable/turn.ts";
import { joinWorkers } from "../../../local/host/durable/workers.ts";
import { silent } from "../../../local/host/log.ts";
import { readHostRules } from "../../../local/host/settings.ts";
import { latencies } from "../../../local/kit/latency.ts";
import { type Status, common, handClock, makeApp, rig, tempDir, writeFiles } from "./kit.ts";

const known = { hasActivity: () => true, hasOrchestrator: () => true };
const leases = { activitiesMs: 60_000, turnsMs: 20_000, timersMs: 30_000 };
const main = join(import.meta.dirname, "../../../local/host/main.ts");

function begin(store: Store, id: string, nowMs = 0): void {
  const start = { id, execution: `${id}-1`, name: "flow", version: undefined, input: undefined, parent: undefined };
  store.transaction(() => startInstance(store, start, nowMs));
}

/** An orchestration's turn that asks for so many activities. */
async function fanOut(store: Store, id: string, width: number, nowMs = 0): Promise<void> {
  const turn = claimTurn(store, "starter", nowMs, 32);
  assert.equal(turn?.instance.id, id);
  const actions = [Array.from({ length: width }, (_, input) => ({ actionType: 0, functionName: "one", input }))];
  const all = [[{ actionType: 12, compoundActions: actions[0] }]];
  const result = await runTurn(turn, nowMs, known, async () => JSON.stringify({ isDone: false, actions: all }));
  assert.ok(commitTurn(store, "starter", turn, result, nowMs));
}

test("a worker takes its share of the activities, and the others' only after they were left for a moment", async () => {
  const store = openStore(":memory:");
  for (const id of ["w1", "w2"]) store.change("insert into workers (id, pid, seenMs) values (:id, 1, 0)", { id });
  begin(store, "a");
  await fanOut(store, "a", 6);
  const take = (worker: string, mine: number, nowMs: number): boolean =>
    claimActivity(store, worker, mine, nowMs) !== undefined;
  assert.deepEqual(
    [0, 1, 2, 3].map((mine) => take("w1", mine, 0)),
    [true, true, true, false],
  );
  assert.equal(nextDueMs(store, 0), 100);
  assert.equal(take("w2", 0, 0), true);
  assert.equal(take("w1", 3, 100), true);
  store.close();
});

test("each host keeps to its own limit, and together they run what one could not", async () => {
  const app = `${common}
    const load = globalThis.loads ??= [];
    const mine = { now: 0, most: 0 };
    load.push(mine);
    const open = globalThis.gate ??= Promise.withResolvers();
    df.app.activity("heavy", { handler: async () => {
      mine.most = Math.max(mine.most, ++mine.now);
      if (load.reduce((sum, { now }) => sum + now, 0) === 6) open.resolve();
      await open.promise;
      mine.now--;
    } });
    df.app.orchestration("wide", function* (context) {
      yield context.df.Task.all(Array.from({ length: 12 }, () => context.df.callActivity("heavy")));
    });
  `;
  const dataDir = tempDir();
  const hostJson = { extensions: { durableTask: { maxConcurrentActivityFunctions: 3 } } };
  const appRoot = makeApp(app, hostJson);
  const [one] = await Promise.all([
    rig("", { appRoot, dataDir }),
    rig("", { appRoot: makeApp(app, hostJson), dataDir }),
  ]);
  // The first six go on only when all of them run at once: three here and three there.
  assert.equal((await one.run("wide")).runtimeStatus, "Completed");
  const { loads } = globalThis as unknown as { loads: readonly { readonly most: number }[] };
  assert.deepEqual(
    loads.map(({ most }) => most),
    [3, 3],
  );
});

test("activities, turns and timers of a silent worker are free again, each after a lease of its own", async () => {
  const store = openStore(":memory:");
  begin(store, "a");
  await fanOut(store, "a", 1);
  begin(store, "b");
  const clock = handClock();
  const silentOne = joinWorkers(store, { ...clock, alarm: () => () => {} }, leases, silent);
  assert.ok(claimActivity(store, silentOne.id, 0, clock.nowMs()));
  assert.ok(claimTurn(store, silentOne.id, clock.nowMs(), 32));
  store.change("insert into schedules (name, lastMs, nextMs, worker) values ('t', 0, 0, :id)", { id: silentOne.id });
  joinWorkers(store, clock, leases, silent);
  const claims = (): unknown[] =>
    ["instances", "schedules", "activities"].map(
      (table) =>
        store.rows(`select count(*) as held from ${table} where worker = :id`, { id: silentOne.id })[0]?.["held"],
    );
  const seen = [19_000, 6_000, 10_000, 30_000].map((ms) => {
    clock.forward(ms);
    return claims().join("");
  });
  assert.deepEqual(seen, ["111", "011", "001", "000"]);
  assert.equal(store.rows("select id from workers where id = :id", { id: silentOne.id }).length, 0);
  store.close();
});

test("host.json gives the leases under Azure's names, and settings go over it; a lease that is none is refused", () => {
  const rulesOf = (hostJson: object, settings = {}) => readHostRules(makeApp("", hostJson), settings);
  const storage = (storageProvider: object) => ({ extensions: { durableTask: { storageProvider } } });
  assert.deepEqual(rulesOf({}).leases, { activitiesMs: 15_000, turnsMs: 15_000, timersMs: 15_000 });
  const given = storage({ workItemQueueVisibilityTimeout: "00:05:00", controlQueueVisibilityTimeout: "00:00:30" });
  assert.deepEqual(rulesOf({ ...given, singleton: { listenerLockPeriod: "00:01:00" } }).leases, {
    activitiesMs: 300_000,
    turnsMs: 30_000,
    timersMs: 60_000,
  });
  const name = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout";
  assert.equal(rulesOf(given, { [name]: "00:02:00" }).leases.activitiesMs, 120_000);
  assert.equal(rulesOf({}, { [name]: "00:02:00" }).leases.activitiesMs, 120_000);
  for (const odd of ["00:00:00", "5 minutes"]) {
    const said = new RegExp(`host\\.json: workItemQueueVisibilityTimeout "${odd}" is no hh:mm:ss`);
    assert.throws(() => rulesOf(storage({ workItemQueueVisibilityTimeout: odd })), said);
  }
});

const ticking = `
  const ticks = globalThis.heldTicks ??= [];
  app.timer("hourly", { schedule: "0 0 * * * *", handler: (timer) => { ticks.push(timer.isPastDue); } });
`;
const heldTicks: boolean[] = [];
Object.assign(globalThis, { heldTicks });

async function settle(...hosts: readonly { readonly host: { idle(): Promise<void> } }[]): Promise<void> {
  for (const { host } of hosts) {
    await new Promise(setImmediate);
    await host.idle();
  }
}

test("a timer runs once however many hosts there are, and a host that ends hands it on", async () => {
  const clock = handClock(Date.parse("2026-11-23T10:30:00Z"));
  const dataDir = tempDir();
  const options = { dataDir, clock };
  const hosts = [
    await rig("", { appRoot: makeApp(ticking), ...options }),
    await rig("", { appRoot: makeApp(ticking), ...options }),
  ] as const;
  for (let hour = 0; hour < 3; hour++) {
    clock.forward(3_600_000);
    await settle(...hosts);
  }
  assert.deepEqual(heldTicks.splice(0), [false, false, false]);
  await hosts[0].host.close();
  clock.forward(3_000);
  clock.forward(3_600_000);
  await settle(hosts[1]);
  assert.deepEqual(heldTicks.splice(0), [false]);
});

test("a timer whose host fell silent is taken over, runs what was missed once, and not again when that host wakes up", async () => {
  const clock = handClock(Date.parse("2026-11-23T10:59:50Z"));
  const dataDir = tempDir();
  // Its alarms wait until it is awake again.
  const asleep: (() => void)[] = [];
  const drowsy: Clock = {
    nowMs: () => clock.nowMs(),
    alarm: (atMs, ring) => clock.alarm(atMs, () => (isAsleep ? void asleep.push(ring) : ring())),
  };
  let isAsleep = false;
  const first = await rig("", { appRoot: makeApp(ticking), dataDir, clock: drowsy });
  const second = await rig("", { appRoot: makeApp(ticking), dataDir, clock });
  isAsleep = true;
  for (let seconds = 0; seconds < 30; seconds += 3) {
    clock.forward(3_000);
    await settle(second);
  }
  assert.deepEqual(heldTicks.splice(0), [true]);
  isAsleep = false;
  for (const ring of asleep.splice(0)) ring();
  await settle(first, second);
  assert.deepEqual(heldTicks.splice(0), []);
  assert.ok(first.notes.some(({ event }) => event === "timer.lost"));
  clock.forward(3_600_000);
  await settle(first, second);
  assert.deepEqual(heldTicks.splice(0), [false]);
});

test("with latency, messages are a hop on their way and the whole hub starts a hundred activities a second", async () => {
  const file = join(tempDir(), "hub.sqlite");
  const [one, two] = [openStore(file, latencies.azure.hub), openStore(file, latencies.azure.hub)];
  begin(one, "a", 1000);
  assert.equal(claimTurn(two, "w", 1199, 32), undefined);
  await fanOut(one, "a", 3, 1200);
  begin(two, "b", 1000);
  await fanOut(two, "b", 2, 1200);
  const due = one.rows<{ dueMs: number }>("select dueMs from activities order by id").map(({ dueMs }) => dueMs);
  assert.deepEqual(due, [1400, 1410, 1420, 1430, 1440]);
  assert.equal(nextDueMs(one, 1200), 1400);
  assert.equal(claimActivity(two, "w", 0, 1399), undefined);
  assert.equal(claimActivity(two, "w", 0, 1400)?.instance, "a");
  one.close();
  two.close();
});

test("with latency, an event that is on its way to an instance that continues as new comes after the new start", async () => {
  const store = openStore(":memory:", latencies.azure.hub);
  begin(store, "a", 0);
  const turn = claimTurn(store, "w", 200, 32);
  assert.ok(turn);
  send(store, "a", undefined, 210, eventOf("EventRaised", 210, { Name: "go", Input: "1" }));
  const again = JSON.stringify({ isDone: true, actions: [[{ actionType: 4, input: 2 }]] });
  assert.ok(commitTurn(store, "w", turn, await runTurn(turn, 220, known, async () => again), 220));
  assert.equal(claimTurn(store, "w", 419, 32), undefined);
  const next = claimTurn(store, "w", 420, 32);
  assert.deepEqual(
    next?.messages.map(({ event }) => nameOf(event)),
    ["ExecutionStarted", "EventRaised"],
  );
  store.close();
});

test("a hub that an older host left behind goes on where it was", () => {
  const file = join(tempDir(), "hub.sqlite");
  openStore(file).close();
  const db = new DatabaseSync(file);
  db.exec(`
    drop index activitiesByWorker;
    alter table activities drop column dueMs;
    create index activitiesByWorker on activities (worker, id);
    alter table schedules drop column worker;
    pragma user_version = 1;
    insert into activities (instance, execution, task, name) values ('a', 'a-1', 0, 'old');
  `);
  db.close();
  const store = openStore(file);
  assert.equal(claimActivity(store, "w", 0, 0)?.name, "old");
  store.close();
});

const long = `${common}
  const { appendFileSync } = require("node:fs");
  const { join } = require("node:path");
  const note = (text) => appendFileSync(join(__dirname, "notes"), process.pid + " " + text + "\\n");
  df.app.activity("step", { handler: async (n) => {
    note("begins " + n);
    await new Promise((resolve) => setTimeout(resolve, 40));
    note("ends " + n);
    return n;
  } });
  df.app.orchestration("walk", function* (context) {
    const { wave, sum } = context.df.getInput();
    const steps = Array.from({ length: 8 }, (_, lane) => context.df.callActivity("step", wave * 10 + lane));
    const total = (yield context.df.Task.all(steps)).reduce((left, right) => left + right, sum);
    if (wave === 12) return total;
    context.df.continueAsNew({ wave: wave + 1, sum: total });
  });
`;

type Ready = { readonly url: string; readonly instances: readonly { readonly url: string; readonly pid: number }[] };

/** The host's own command line with --instances. */
async function startInstances(t: TestContext, appRoot: string, count: number) {
  const dataDir = tempDir();
  const args = ["--app", appRoot, "--data", dataDir, "--log", join(dataDir, "host.log"), "--instances", String(count)];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const exit = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, exit, dataDir, ready: JSON.parse(line) as Ready };
}

async function post(url: string, path: string, body: unknown): Promise<unknown> {
  return (await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) })).json();
}

test("after kill -9 of one of two hosts the other finishes its work, with each turn's effect once", async (t) => {
  const appRoot = makeApp(long, {
    extensions: {
      durableTask: {
        maxConcurrentActivityFunctions: 4,
        storageProvider: { workItemQueueVisibilityTimeout: "00:00:01", controlQueueVisibilityTimeout: "00:00:01" },
      },
    },
  });
  writeFiles(appRoot, { notes: "" });
  const { child, exit, dataDir, ready } = await startInstances(t, appRoot, 2);
  const [first, second] = ready.instances;
  assert.ok(first !== undefined && second !== undefined && ready.url === first.url);
  const ids = ["w1", "w2", "w3"];
  for (const id of ids) await post(first.url, `/api/start/walk/${id}`, { wave: 1, sum: 0 });
  const notes = (): string[] => readFileSync(join(appRoot, "notes"), "utf8").trim().split("\n");
  const open = (): string[] => {
    const mine = notes().filter((line) => line.startsWith(`${first.pid} `));
    const ended = new Set(mine.filter((line) => line.includes("ends")).map((line) => line.split(" ")[2]));
    return mine.map((line) => line.split(" ")[2] ?? "").filter((n) => n !== "" && !ended.has(n));
  };
  while (notes().filter((line) => line.startsWith(`${first.pid} ends`)).length < 20 || open().length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  process.kill(first.pid, "SIGKILL");
  const perWave = (wave: number): number => 8 * wave * 10 + 28;
  const expected = Array.from({ length: 12 }, (_, index) => perWave(index + 1)).reduce((sum, n) => sum + n, 0);
  for (const id of ids) {
    let status: Status | undefined;
    while (status?.runtimeStatus !== "Completed") {
      ({ result: status } = (await post(second.url, "/api/client/getStatus", [id])) as { result?: Status });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(status.output, expected);
  }
  const store = openStore(join(dataDir, "TestHubName.sqlite"));
  for (const id of ids) {
    const events = store
      .rows<{ event: string }>("select event from history where instance = :id", { id })
      .map(({ event }) => nameOf(JSON.parse(event) as Parameters<typeof nameOf>[0]));
    const count = (name: string): number => events.filter((event) => event === name).length;
    assert.deepEqual([count("TaskScheduled"), count("TaskCompleted"), count("ExecutionCompleted")], [8, 8, 1]);
    assert.equal(findInstance(store, id)?.status, "Completed");
  }
  assert.deepEqual(
    ["activities", "inbox"].map((table) => store.rows(`select * from ${table}`).length),
    [0, 0],
  );
  store.close();
  child.kill("SIGTERM");
  // Not in order: one of them was killed.
  assert.deepEqual(await exit, [1, null]);
});

test("SIGTERM ends all hosts of one command in order, and the end of that command ends them all", async (t) => {
  const appRoot = makeApp(long);
  const { child, exit, ready } = await startInstances(t, appRoot, 3);
  assert.equal(new Set(ready.instances.map(({ url }) => url)).size, 3);
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
  const again = await startInstances(t, appRoot, 2);
  again.child.kill("SIGKILL");
  for (const { pid } of again.ready.instances) while (isAlive(pid)) await new Promise((go) => setTimeout(go, 5));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
