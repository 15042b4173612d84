// What a run says bounds it, over real sockets: the emulators are slow in one way each.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "../../local/kit/faults.ts";
import { startGen1 } from "../../local/gen1/gen1.ts";
import { startGen2 } from "../../local/gen2/gen2.ts";
import { systemClock } from "../../src/app/clock.ts";
import { processLoad } from "../../src/app/load.ts";
import { reportOf } from "../../src/core/report.ts";
import { openGen1, openGen2, type Wiring } from "../../src/lake/open.ts";
import { bearer } from "../../src/wire/auth.ts";
import { sharedKey } from "../../src/wire/sharedKey.ts";
import { addRun, drive, ferryAt, requestOf } from "../kit/testFerry.ts";

const key = Buffer.from("a key of the emulator's").toString("base64");
const wiring: Wiring = {
  clock: systemClock,
  backoff: { tries: 6, firstMs: 50, maxMs: 500 },
  attemptTimeoutMs: 20_000,
  report: () => undefined,
};

async function bound(files: number, bytes: number, faults: { source?: readonly Fault[]; sink?: readonly Fault[] }) {
  const gen1 = await startGen1({ store: { kind: "memory" }, token: "t" });
  const gen2 = await startGen2({ store: "memory", account: "lakesink", accountKey: key });
  for (let index = 0; index < files; index++) {
    gen1.store.makeFile(`/f${index}`);
    await gen1.store.append(`/f${index}`, Buffer.alloc(bytes, index));
  }
  gen1.setFaults(faults.source ?? []);
  gen2.setFaults(faults.sink ?? []);
  const credential = bearer(async () => ({ token: "t", expiresMs: Number.POSITIVE_INFINITY }), systemClock.nowMs);
  const from = openGen1(wiring, { endpoint: gen1.url, credential, connections: 16 });
  const signed = sharedKey("lakesink", key, systemClock.nowMs);
  const to = openGen2(wiring, { dfs: gen2.url, blob: gen2.url, credential: signed, connections: 16 });
  const { ferry: still } = ferryAt(systemClock, { lookMs: 60_000 });
  const ferry = {
    ...still,
    load: processLoad,
    lakes: (...[, meter, valves]: Parameters<typeof still.lakes>) => ({
      source: from.source(meter, valves.source),
      sink: to.sink("lake", meter, valves.sink),
    }),
  };
  await addRun(ferry, "r", requestOf({ parallelism: 1, preserve: [] }));
  const run = await drive(ferry, "r");
  assert.equal(run.status, "Succeeded", run.error?.detail);
  const { tally } = await ferry.work("r").account();
  for (const one of [from, to, gen1, gen2]) await one.close();
  return reportOf(run, tally, systemClock.nowMs()).advice;
}

test("a source that takes 100 ms for each file is what bounds a run", async () => {
  const advice = await bound(100, 100, { source: [{ match: { op: "OPEN" }, effect: { delayMs: 100 } }] });
  assert.equal(advice?.bottleneck, "source-bound", JSON.stringify(advice));
  assert.match(advice.because, /answers of the source/u);
});

test("a line on which bytes drip is what bounds a run", async () => {
  const advice = await bound(16, 512 * 1024, { source: [{ match: { op: "OPEN" }, effect: { drip: 700_000 } }] });
  assert.equal(advice?.bottleneck, "bandwidth-bound", JSON.stringify(advice));
  assert.ok(advice.evidence.source.megabytesPerSecond < 1, JSON.stringify(advice.evidence));
});
