// Caps hold for a run as a whole, on however many processes, and change while it goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openMigrations } from "../../src/app/migrations.ts";
import { appOver } from "../kit/testApp.ts";
import { beside, drive, ferryAt } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";
import { wiredLakes } from "../kit/wiredLakes.ts";

const manner = { answerMs: 10 };

test("a PATCH changes what the lanes of two processes do together, within seconds, up and down and away", async () => {
  const clock = timeline(1_000_000);
  const made = ferryAt(clock, { saveMs: 1000, pulseMs: 500, lookMs: 1000, firstWaveMs: 5000, waveMs: 600_000 }, 50);
  for (let index = 0; index < 1800; index++) made.source.write(`/d${index % 40}/f${index}`, "x");
  const lakes = wiredLakes(clock, made, { source: manner, sink: manner });
  const processes = [beside(made, lakes.process()), beside(made, lakes.process())] as const;
  const api = openMigrations(appOver({ ...made, ferry: processes[0] }), async () => undefined, "http://127.0.0.1/api");
  const started = await api.start({
    id: "r",
    parallelism: 4,
    preserve: [],
    sink: { fileSystem: "lake", maxRequestsPerSecond: 40 },
  });
  assert.equal(started.status, 202);
  const startMs = clock.nowMs();
  const change = async (afterMs: number, maxRequestsPerSecond: number | null) => {
    await clock.sleep(startMs + afterMs - clock.nowMs());
    const { status, body } = await api.change("r", { sink: { maxRequestsPerSecond } });
    assert.equal(status, 200, JSON.stringify(body));
  };
  const changes = async () => {
    await change(15_000, 10);
    await change(30_000, 80);
    await change(38_000, null);
  };
  const [run] = await clock.run(Promise.all([drive(processes[0], "r", 1, undefined, [processes[1]]), changes()]));
  assert.equal(run.status, "Succeeded", run.error?.detail);
  // Requests a second between two times, long enough after a change.
  const rate = (fromS: number, untilS: number) => {
    const [from, until] = [startMs + 1000 * fromS, startMs + 1000 * untilS];
    return lakes.arrivals.sink.atMs.filter((ms) => ms >= from && ms < until).length / (untilS - fromS);
  };
  const rates = [rate(8, 15), rate(20, 30), rate(33, 38)].map(Math.round);
  assert.ok(rates[0]! <= 42 && rates[0]! >= 26, `40 a second: ${rates.join(", ")}`);
  assert.ok(rates[1]! <= 11 && rates[1]! >= 6, `10 a second: ${rates.join(", ")}`);
  assert.ok(rates[2]! <= 84 && rates[2]! >= 50, `80 a second: ${rates.join(", ")}`);
  assert.ok(clock.nowMs() - startMs < 48_000, `${clock.nowMs() - startMs} ms`);
  const work = processes[0].work("r");
  const lanes = (await work.lanes()).filter(({ account }) => account.tally.filesCopied > 0);
  assert.ok(lanes.length >= 3, `${lanes.length} lanes at work`);
});
