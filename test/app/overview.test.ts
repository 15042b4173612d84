import assert from "node:assert/strict";
import { test } from "node:test";
import { lanesOf, openOverviews, wavesOf } from "../../src/app/overview.ts";
import { rootPath } from "../../src/core/path.ts";
import { noProgress } from "../../src/core/run.ts";
import { emptyTally } from "../../src/core/tally.ts";
import { planWave } from "../../src/ferry/wave.ts";
import type { Work } from "../../src/state/work.ts";
import { addRun, drive, ferryAt, requestOf, testFerry } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

type Shown = {
  readonly lanes: readonly { readonly lane: number; readonly doing: string; readonly path?: string }[];
  readonly rates: Readonly<Record<"filesPerSecond", number>>;
  readonly pending: Readonly<Record<"packets" | "waiting" | "knownFiles", number>>;
};

// A run of 4000 files looked at while 8 lanes are at it; reads are slow.
async function lookedAt(afterMs: number, request: object = {}) {
  const clock = timeline(1_000_000);
  const made = ferryAt(clock, { saveMs: 300, pulseMs: 200, lookMs: 500, firstWaveMs: 5000, waveMs: 20_000 }, 50);
  const { ferry, source } = made;
  for (let index = 0; index < 4000; index++) source.write(`/d${index % 10}/f${index}`, "x");
  let reading = 0;
  let most = 0;
  source.onCall = async (op) => {
    if (op === "read") most = Math.max(most, ++reading);
    await clock.sleep(50);
    if (op === "read") reading--;
  };
  await addRun(ferry, "r", requestOf({ parallelism: 8, ...request }));
  let queries = 0;
  const work = (id: string): Work => {
    const own = ferry.work(id);
    return { ...own, lanes: async () => (queries++, own.lanes()) };
  };
  const overviews = openOverviews(work, clock, 2000);
  const look = async () => {
    await clock.sleep(afterMs);
    const run = (await ferry.runs.get("r"))!;
    const all = await Promise.all(Array.from({ length: 10 }, () => overviews(run)));
    return { run, shown: lanesOf(run, all[0]!, clock.nowMs()) as Shown };
  };
  const [ended, looked] = await clock.run(Promise.all([drive(ferry, "r"), look()]));
  return { ended, ...looked, queries, most, overviews, clock, ferry };
}

test("a live run shows what each lane is doing, how fast it is, and what is known of the rest", async () => {
  const { ended, shown, queries } = await lookedAt(4000);
  assert.equal(ended.status, "Succeeded", ended.error?.detail);
  assert.equal(shown.lanes.length, 8);
  assert.deepEqual(
    shown.lanes.map(({ lane }) => lane),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  const busy = shown.lanes.filter(({ doing }) => ["listing", "reading", "writing", "waiting"].includes(doing));
  assert.ok(busy.length > 0, JSON.stringify(shown.lanes));
  assert.match(busy[0]?.path ?? "", /^\/(?:d\d)?/u);
  assert.ok(shown.rates.filesPerSecond > 1, JSON.stringify(shown.rates));
  assert.ok(shown.pending.packets >= 1);
  assert.equal(queries, 1, "ten people who look cost one query");
});

test("packets that nobody holds are shown with what was known of them when they were given away", async () => {
  const { ferry, clock } = testFerry();
  await addRun(ferry, "r", requestOf());
  const plan = await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.equal(plan.do, "ferry");
  const work = ferry.work("r");
  const packet = await work.claim(0);
  const glance = { overMs: 1, path: "/", files: 0, bytes: 0, requests: 0, known: { files: 5, bytes: 50 } };
  const atOnce = { listing: 0, reading: 0, writing: 0, waiting: 0 };
  const gift = { ranges: [{ folder: rootPath, after: "m" }], open: [], known: { files: 30, bytes: 300 } };
  const step = {
    cut: { ranges: [{ folder: rootPath, upTo: "m" }], open: [] },
    given: [gift, { ...gift, known: { files: 4, bytes: 40 } }],
    tally: emptyTally,
    failures: [],
    glance: { ...glance, atOnce, atMs: clock.nowMs() },
    isLast: false,
  };
  await packet?.save(step, new AbortController().signal);
  const shown = async () => {
    const run = (await ferry.runs.get("r"))!;
    return (lanesOf(run, await openOverviews(ferry.work, clock, 0)(run), clock.nowMs()) as Shown).pending;
  };
  const waiting = { waiting: 2, waitingFiles: 34, waitingBytes: 340 };
  assert.deepEqual(await shown(), { packets: 3, ...waiting, knownFiles: 39, knownBytes: 390 });
  // Let go, it waits with the others.
  await packet?.save({ ...step, given: [], isLast: true }, new AbortController().signal);
  const all = { waiting: 3, waitingFiles: 39, waitingBytes: 390 };
  assert.deepEqual(await shown(), { packets: 3, ...all, knownFiles: 39, knownBytes: 390 });
});

test("a run that has ended shows its last waves, and no lanes", async () => {
  const { ended, overviews, clock, ferry } = await lookedAt(4000);
  const overview = await overviews(ended);
  assert.deepEqual(lanesOf(ended, overview, clock.nowMs()), {});
  assert.equal(overview.account.tally.filesCopied, 4000);
  const { wave, waves } = wavesOf(ended) as { readonly wave: unknown; readonly waves: readonly unknown[] };
  assert.deepEqual(waves.at(-1), wave);
  assert.ok(waves.length >= 2 && waves.length <= 20);
  assert.equal((await ferry.runs.get("r"))?.waves?.[0]?.why, "the first slice looks around");
});

test("filesPerLane bounds the files in flight of a lane", async () => {
  const { ended, most } = await lookedAt(4000, { parallelism: 1, filesPerLane: 2 });
  assert.equal(ended.status, "Succeeded");
  assert.equal(most, 2);
});
