import assert from "node:assert/strict";
import { test } from "node:test";
import { wavesOf } from "../../src/app/overview.ts";
import { budget } from "../../src/core/budget.ts";
import { noProgress } from "../../src/core/run.ts";
import type { WaveSeen } from "../../src/core/lanes.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { openRivals } from "../../src/state/rivals.ts";
import { addRun, ferryAt, requestOf } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

const startMs = 1_000_000;

// A host with few slots for activities, which are given out in the order they were asked for.
async function orchestrated(ferry: Ferry, run: string, slots: ReturnType<typeof budget>): Promise<number[]> {
  const lengths: number[] = [];
  let progress = noProgress;
  let seen: WaveSeen | undefined;
  const inSlot = async <T>(act: () => Promise<T>): Promise<T> => {
    const release = await slots.take(1);
    try {
      return await act();
    } finally {
      release();
    }
  };
  for (let wave = 0; wave < 500; wave++) {
    const input = { run, epoch: 1, wave, progress, ...(seen === undefined ? {} : { seen }) };
    const plan = await inSlot(() => planWave(ferry, input));
    if (plan.do === "end") return lengths;
    if (plan.do === "again") continue;
    progress = plan.progress;
    lengths.push(plan.deadlineMs - plan.plannedMs);
    const { lanes, plannedMs, deadlineMs, isPatient, mayGrow } = plan;
    const slice = { run, epoch: 1, lanes, plannedMs, deadlineMs, isPatient, mayGrow };
    const results = await Promise.all(
      Array.from({ length: lanes }, (_, lane) => inSlot(() => ferryPacket(ferry, { ...slice, lane }))),
    );
    const late = results.filter(({ isLate }) => isLate).length;
    seen = { lanes, late, idle: results.filter(({ isIdle }) => isIdle).length };
  }
  throw new Error("it didn't end");
}

// A large run with all slots, in waves of three minutes, and what comes beside it.
function busy() {
  const clock = timeline(startMs);
  const times = { saveMs: 1000, pulseMs: 1000, lookMs: 3000, firstWaveMs: 5000, waveMs: 180_000 };
  const made = ferryAt(clock, times, 50);
  const { ferry, source } = made;
  for (let index = 0; index < 3000; index++) source.write(`/big/d${index % 30}/f${index}`, "x");
  source.write("/one/only", "x");
  source.onCall = (op, path) => (op === "read" && path.startsWith("/big") ? clock.sleep(2000) : undefined);
  return { ...made, clock, ferry: { ...ferry, files: budget(16) }, slots: budget(4) };
}

test("a one-file job beside a run that has every slot ends within seconds, and the run goes on", async () => {
  const { ferry, clock, slots } = busy();
  await addRun(ferry, "large", requestOf({ source: { folderPath: "/big" }, parallelism: 8 }));
  const small = async () => {
    await clock.sleep(100_000);
    await addRun(ferry, "small", requestOf({ source: { folderPath: "/one" } }));
    await ferry.rivals.enter({ run: "small", sinceMs: clock.nowMs() });
    await orchestrated(ferry, "small", slots);
    return { tookMs: clock.nowMs() - startMs - 100_000, large: (await ferry.runs.get("large"))?.status };
  };
  await ferry.rivals.enter({ run: "large", sinceMs: startMs });
  const [lengths, { tookMs, large }] = await clock.run(Promise.all([orchestrated(ferry, "large", slots), small()]));
  assert.equal((await ferry.runs.get("small"))?.status, "Succeeded");
  assert.equal((await ferry.runs.get("large"))?.status, "Succeeded");
  assert.equal(large, "Running");
  assert.ok(tookMs < 30_000, `${tookMs} ms`);
  // Alone again, its waves are long again.
  assert.ok(lengths.includes(180_000), lengths.join(" "));
  assert.deepEqual(await ferry.rivals.all(), []);
});

test("runs that were lost without a word make nobody's waves short for long", async () => {
  const { ferry, clock, slots } = busy();
  await addRun(ferry, "large", requestOf({ source: { folderPath: "/big" }, parallelism: 8 }));
  await ferry.rivals.enter({ run: "gone", sinceMs: startMs - 100_000 });
  const lengths = await clock.run(orchestrated(ferry, "large", slots));
  assert.ok(lengths.includes(180_000), lengths.join(" "));
  assert.deepEqual(await ferry.rivals.all(), []);
});

test("auto follows the slots that were taken, and each change is on record with its reason", async () => {
  const { ferry, clock } = busy();
  await addRun(ferry, "r", requestOf({ source: { folderPath: "/big" } }));
  await clock.run(orchestrated(ferry, "r", budget(6)));
  const { waves } = wavesOf((await ferry.runs.get("r"))!) as {
    readonly waves: readonly { readonly lanes: number; readonly why: string; readonly packets: number }[];
  };
  const told = waves.map(({ lanes, why }) => `${lanes}: ${why}`);
  assert.deepEqual(told.slice(0, 4), [
    "1: the first slice looks around",
    "4: all 1 lanes were at work",
    "8: all 4 lanes were at work",
    "6: 2 of 8 lanes got no slot in time",
  ]);
  assert.equal(told[4], "7: all 6 lanes were at work; 6 slots are known, more are looked for");
});

test("runs enter and leave at the same time, and none is forgotten", async () => {
  const rivals = openRivals(memoryRows());
  const names = Array.from({ length: 8 }, (_, index) => `r${index}`);
  await Promise.all(names.map((run) => rivals.enter({ run, sinceMs: 1 })));
  await Promise.all([rivals.enter({ run: "r0", sinceMs: 2 }), rivals.leave(["r1", "r2"])]);
  const all = await rivals.all();
  assert.deepEqual(all.map(({ run }) => run).toSorted(), ["r0", "r3", "r4", "r5", "r6", "r7"]);
  assert.equal(all.find(({ run }) => run === "r0")?.sinceMs, 2);
});
