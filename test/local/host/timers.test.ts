import assert from "node:assert/strict";
import { test } from "node:test";
import { cronFrom } from "../../../local/host/timers.ts";
import { handClock, makeApp, rig, tempDir } from "./kit.ts";

type Tick = { readonly isPastDue: boolean; readonly scheduleStatus: { readonly last: string; readonly next: string } };

const ticks: Tick[] = [];
Object.assign(globalThis, { ticks });

const hourly = `app.timer("hourly", { schedule: "%WHEN%", handler: (timer) => { globalThis.ticks.push(timer); } });`;
const settings = { WHEN: "0 0 * * * *" };

/** Lets what the clock has set off run its course. */
async function settle(host: { idle(): Promise<void> }): Promise<void> {
  await new Promise(setImmediate);
  await host.idle();
}

test("a timer runs at its times in UTC and tells the last and the next", async () => {
  const clock = handClock(Date.parse("2026-11-23T10:30:00Z"));
  const { host } = await rig(hourly, { clock, settings });
  clock.forward(29 * 60_000);
  await settle(host);
  assert.equal(ticks.length, 0);
  for (const minutes of [1, 60]) {
    clock.forward(minutes * 60_000);
    await settle(host);
  }
  const [first, second] = ticks.splice(0);
  assert.equal(first?.scheduleStatus.next, "2026-11-23T12:00:00.000Z");
  assert.equal(second?.scheduleStatus.last, "2026-11-23T11:00:00.000Z");
  assert.equal(second?.isPastDue, false);
});

test("a run that was missed while the host was down comes once, marked as past due", async () => {
  const dataDir = tempDir();
  const appRoot = makeApp(hourly);
  const start = Date.parse("2026-11-23T10:30:00Z");
  const before = await rig("", { appRoot, dataDir, settings, clock: handClock(start) });
  await before.host.close();
  const { host } = await rig("", { appRoot, dataDir, settings, clock: handClock(start + 5 * 3_600_000) });
  await settle(host);
  assert.deepEqual(
    ticks.splice(0).map(({ isPastDue }) => isPastDue),
    [true],
  );
});

test("nothing is past due when the host was down between two runs", async () => {
  const dataDir = tempDir();
  const appRoot = makeApp(hourly);
  const start = Date.parse("2026-11-23T10:10:00Z");
  await (await rig("", { appRoot, dataDir, settings, clock: handClock(start) })).host.close();
  const { host } = await rig("", { appRoot, dataDir, settings, clock: handClock(start + 600_000) });
  await settle(host);
  assert.equal(ticks.length, 0);
});

test("runOnStartup runs at once", async () => {
  const code = `app.timer("now", { schedule: "0 0 0 1 1 *", runOnStartup: true, handler: (timer) => { globalThis.ticks.push(timer); } });`;
  const { host } = await rig(code, { clock: handClock() });
  await settle(host);
  assert.equal(ticks.splice(0).length, 1);
});

test("a timer never runs beside itself, and runs on after a failure", async () => {
  const gates: (() => void)[] = [];
  Object.assign(globalThis, { gates });
  const code = `app.timer("long", { schedule: "0 * * * * *", handler: () => new Promise((resolve, reject) => globalThis.gates.push(() => reject(new Error("done badly")))) });`;
  const clock = handClock();
  const { call, host, notes } = await rig(code, { clock });
  clock.forward(60_000);
  await new Promise(setImmediate);
  clock.forward(60_000);
  await new Promise(setImmediate);
  assert.equal((await call("/admin/functions/long", { method: "POST", body: `{"input":""}` })).status, 202);
  assert.equal(gates.length, 1);
  assert.ok(notes.some(({ event }) => event === "timer.skipped"));
  gates[0]?.();
  await settle(host);
  clock.forward(60_000);
  await new Promise(setImmediate);
  assert.equal(gates.length, 2);
  gates[1]?.();
});

test("a timer can be started by hand, other functions cannot", async () => {
  const { call, host } = await rig(`${hourly} app.get("page", () => ({}));`, { clock: handClock(), settings });
  assert.equal((await call("/admin/functions/Hourly", { method: "POST", body: `{"input":""}` })).status, 202);
  await settle(host);
  assert.equal(ticks.splice(0).length, 1);
  assert.equal((await call("/admin/functions/page", { method: "POST" })).status, 404);
});

test("day of month and day of week must hold together, as in NCRONTAB", () => {
  const friday13 = cronFrom("t", "0 0 12 13 * 5").nextRun(new Date("2026-11-23T00:00:00Z"));
  assert.equal(friday13?.toISOString(), "2027-08-13T12:00:00.000Z");
});

test("months and days may be named", () => {
  const first = cronFrom("t", "0 0 0 * JUL WED").nextRun(new Date("2026-11-23T00:00:00Z"));
  assert.equal(first?.toISOString(), "2027-07-07T00:00:00.000Z");
  for (const odd of ["0 0 0 L * *", "0 0 0 15W * *", "0 0 0 * * 5#2"])
    assert.throws(() => cronFrom("t", odd), /no NCRONTAB/);
});

test("five fields mean second 0", () => {
  assert.equal(
    cronFrom("t", "*/5 * * * *").nextRun(new Date("2026-11-23T00:01:30Z"))?.toISOString(),
    "2026-11-23T00:05:00.000Z",
  );
});
