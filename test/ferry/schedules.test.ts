// Schedules in virtual time: what is started when, and that no change of the source is ever missed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import type { Run } from "../../src/core/run.ts";
import { runIdOf, type Schedule } from "../../src/core/schedule.ts";
import type { Start } from "../../src/ferry/launch.ts";
import { startDue } from "../../src/ferry/schedules.ts";
import { openSchedules } from "../../src/state/schedules.ts";
import { type TestFerry, testFerry } from "../kit/testFerry.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.UTC(2026, 10, 1, 0, 30);
const hourly: Schedule = {
  name: "hourly",
  cron: "0 0 * * * *",
  request: { sink: { fileSystem: "lake" } },
  delta: "compare",
  overlapMinutes: 5,
  isEnabled: true,
  createdMs: startMs,
  changedMs: startMs,
  generation: 1,
  doneMs: startMs,
  history: [],
};

async function scheduled(changes: Partial<Schedule> = {}) {
  const made = testFerry();
  made.clock.advance(startMs - made.clock.nowMs());
  const schedules = openSchedules(made.rows);
  await schedules.add({ ...hourly, ...changes });
  const started: string[] = [];
  const start: Start = async ({ id }) => void started.push(id);
  return {
    ...made,
    schedules,
    started,
    look: () => startDue(made.ferry, schedules, start),
    now: async () => (await schedules.get("hourly")) ?? assert.fail("no schedule"),
    to: (time: string) => made.clock.advance(Date.parse(`2026-11-${time}Z`) - made.clock.nowMs()),
    end: (id: string, changes: Partial<Run>) => made.ferry.runs.change(id, (run) => ({ ...run, ...changes })),
  };
}

const historyOf = ({ history }: Schedule) =>
  history.map(({ outcome, slots, run }) => [outcome, ...(slots === undefined ? [] : [slots]), run].join(" "));

test("a slot starts one run under its id, and its end is noted; nothing is started before its time", async () => {
  const { look, to, started, end, now, ferry } = await scheduled();
  await look();
  assert.deepEqual(started, []);
  to("01T01:00:00");
  await look();
  await look();
  assert.deepEqual(started, ["hourly-20261101T010000"]);
  const run = await ferry.runs.get("hourly-20261101T010000");
  assert.deepEqual([run?.schedule, run?.request.name, run?.status], ["hourly", "hourly", "Queued"]);
  const sourceMs = Date.UTC(2026, 10, 1, 1, 0, 3);
  await end("hourly-20261101T010000", { status: "Succeeded", sourceMs });
  await look();
  const { current, watermarkMs, windowEndMs, lastSuccess, ...after } = await now();
  assert.deepEqual(
    [current, watermarkMs, windowEndMs, lastSuccess],
    [undefined, sourceMs, Date.UTC(2026, 10, 1, 1), "hourly-20261101T010000"],
  );
  assert.deepEqual(historyOf({ ...after }), ["Succeeded hourly-20261101T010000"]);
});

test("a run selects what was modified since the watermark less the overlap, and its texts hold the window of its slot", async () => {
  const { look, to, ferry, end } = await scheduled({
    delta: "modified",
    request: {
      source: { folderPath: "/raw/{windowStart:yyyy-MM-dd}" },
      sink: { fileSystem: "lake", folderPath: "/{windowEnd:HH}" },
    },
  });
  to("01T01:00:00");
  await look();
  const first = await ferry.runs.get("hourly-20261101T010000");
  assert.deepEqual(
    [first?.request.source.folderPath, first?.request.sink.folderPath, first?.request.source.modifiedDatetimeStart],
    ["/raw/2026-11-01", "/01", undefined],
  );
  await end("hourly-20261101T010000", { status: "Succeeded", sourceMs: Date.UTC(2026, 10, 1, 1, 0, 3) });
  to("01T02:00:00");
  await look();
  const { source } = (await ferry.runs.get("hourly-20261101T020000"))?.request ?? assert.fail();
  assert.deepEqual([source.modifiedDatetimeStart, source.modifiedDatetimeEnd], ["2026-11-01T00:55:03.000Z", undefined]);
});

test("slots that come while a run is live are skipped, in one line, and not made up for", async () => {
  const { look, to, started, end, now } = await scheduled();
  to("01T01:00:00");
  await look();
  for (const time of ["01T02:00:10", "01T03:00:10", "01T03:30:00", "01T04:00:10"]) {
    to(time);
    await look();
  }
  await end("hourly-20261101T010000", { status: "Succeeded" });
  to("01T04:10:00");
  await look();
  assert.deepEqual(started, ["hourly-20261101T010000"]);
  assert.deepEqual(historyOf(await now()), ["Succeeded hourly-20261101T010000", "skipped 3 hourly-20261101T010000"]);
  to("01T05:00:00");
  await look();
  assert.equal(started[1], "hourly-20261101T050000");
});

test("after a downtime one run makes up for all missed slots, from the last success on", async () => {
  const { look, to, started, end, now, ferry } = await scheduled();
  to("01T01:00:00");
  await look();
  await end("hourly-20261101T010000", { status: "Succeeded" });
  await look();
  to("03T12:20:00");
  await look();
  await look();
  assert.deepEqual(started, ["hourly-20261101T010000", "hourly-20261103T120000"]);
  const { current, ...rest } = await now();
  assert.deepEqual(historyOf(rest)[0], "missed 58 hourly-20261103T120000");
  assert.deepEqual(current?.window, { startMs: Date.UTC(2026, 10, 1, 1), endMs: Date.UTC(2026, 10, 3, 12) });
  assert.equal((await ferry.runs.list()).runs.length, 2);
});

test("only a success moves watermark and window: what a failure has missed is the next run's", async () => {
  const { look, to, end, now } = await scheduled({ watermarkMs: startMs, windowEndMs: startMs });
  for (const [hour, status] of [
    ["01", "Failed"],
    ["02", "CompletedWithErrors"],
    ["03", "Cancelled"],
    ["04", "Stopped"],
  ] as const) {
    to(`01T${hour}:00:00`);
    await look();
    const { current } = await now();
    assert.equal(current?.window.startMs, startMs);
    await end(`hourly-20261101T${hour}0000`, { status, sourceMs: startMs + hourMs });
    await look();
  }
  const { watermarkMs, windowEndMs, history } = await now();
  assert.deepEqual([watermarkMs, windowEndMs], [startMs, startMs]);
  assert.deepEqual(
    history.map(({ outcome }) => outcome),
    ["Stopped", "Cancelled", "CompletedWithErrors", "Failed"],
  );
});

test("a success that copied nothing by intention moves neither: what it has seen still has to be brought", async () => {
  for (const request of [{ dryRun: true }, { mode: "access" }]) {
    const { look, to, end, now } = await scheduled({ request: { sink: { fileSystem: "lake" }, ...request } });
    to("01T01:00:00");
    await look();
    await end("hourly-20261101T010000", { status: "Succeeded", sourceMs: startMs + hourMs });
    await look();
    const { watermarkMs, windowEndMs, history } = await now();
    assert.deepEqual([watermarkMs, windowEndMs, history[0]?.outcome], [undefined, undefined, "Succeeded"]);
    assert.match(history[0]?.detail ?? "", /copies no file/u);
  }
});

test("a run of before a person's change moves no watermark", async () => {
  const { look, to, end, now, schedules } = await scheduled();
  to("01T01:00:00");
  await look();
  await schedules.change("hourly", (known) => ({ ...known, generation: 2 }));
  await end("hourly-20261101T010000", { status: "Succeeded", sourceMs: startMs });
  await look();
  const { watermarkMs, current, history } = await now();
  assert.deepEqual([watermarkMs, current], [undefined, undefined]);
  assert.match(history[0]?.detail ?? "", /changed meanwhile/u);
});

test("a source whose clock goes back has everything looked at again", async () => {
  const { look, to, end, now } = await scheduled({ watermarkMs: startMs });
  to("01T01:00:00");
  await look();
  await end("hourly-20261101T010000", { status: "Succeeded", sourceMs: startMs - hourMs });
  await look();
  const { watermarkMs, history } = await now();
  assert.equal(watermarkMs, undefined);
  assert.match(history[0]?.detail ?? "", /clock went back/u);
});

test("a clock of ours that was days ahead holds nothing up once it is right again", async () => {
  const { look, to, end, started } = await scheduled();
  to("09T01:00:00");
  await look();
  await end("hourly-20261109T010000", { status: "Succeeded" });
  to("01T03:10:00");
  await look();
  to("01T04:00:00");
  await look();
  assert.deepEqual(started, ["hourly-20261109T010000", "hourly-20261101T040000"]);
});

test("a sink that another migration holds is said, and the next slot tries again", async () => {
  const { look, to, started, now, ferry } = await scheduled();
  const other: Run = {
    id: "other",
    status: "Running",
    epoch: 1,
    request: (await import("../kit/testFerry.ts")).requestOf(),
    createdMs: startMs,
    workedMs: 0,
  };
  await ferry.runs.add(other);
  await ferry.roots.claim("LakeSink lake", { run: "other", root: "/" as never });
  to("01T01:00:00");
  await look();
  const { history, current } = await now();
  assert.deepEqual([started, current, history[0]?.outcome], [[], undefined, "refused"]);
  assert.match(history[0]?.detail ?? "", /migration other is live/u);
  await ferry.runs.change("other", (run) => ({ ...run, status: "Succeeded" }));
  to("01T02:00:00");
  await look();
  assert.deepEqual(started, ["hourly-20261101T020000"]);
});

test("a run that somebody else has posted under the id of a slot is not taken for the schedule's", async () => {
  const { look, to, ferry, now, end } = await scheduled();
  const { requestOf, addRun } = await import("../kit/testFerry.ts");
  await addRun(ferry, "hourly-20261101T010000", requestOf());
  await end("hourly-20261101T010000", { status: "Succeeded", sourceMs: 1 });
  to("01T01:00:00");
  await look();
  await look();
  const { history, watermarkMs } = await now();
  assert.deepEqual([watermarkMs, history[0]?.outcome], [undefined, "refused"]);
});

test("a disabled schedule starts nothing, and a damaged one stands in no other's way", async () => {
  const { look, to, started, schedules, rows } = await scheduled({ isEnabled: false });
  await schedules.add({ ...hourly, name: "z" });
  await rows.insert({ partitionKey: "schedules", rowKey: "a", version: 9, schedule0: "{}" });
  to("01T01:00:00");
  await look();
  assert.deepEqual(started, ["z-20261101T010000"]);
});

/** Chance that a seed decides. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Version = { readonly modifiedMs: number; readonly sinceMs: number };

// A month with runs that overrun and fail, executions that are doubled or lost between any two writes, hours without any,
// and clocks that are moved, over a lake that people change all the time.
async function month(seed: number, days: number) {
  const roll = dice(seed);
  const made = await scheduled({ delta: "modified" });
  const { ferry, clock, schedules } = made;
  const skewMs = 90_000;
  /** The time that really passes; ours may be moved. */
  let realMs = startMs;
  const lake = new Map<string, Version>();
  const copied = new Map<string, number>();
  const going = new Map<string, { readonly fromMs: number; readonly untilMs: number; readonly sinceMs: number }>();
  const counts = { started: 0, succeeded: 0, lost: 0, doubled: 0 };
  const added = new Set<string>();
  const over = new Set<string>();
  let mostLive = 0;

  const lostNow = (chance: number) => {
    if (roll() >= chance) return;
    counts.lost++;
    throw new LakeError("unavailable", { op: "test", path: "/", detail: "the process died" });
  };
  const fragile: TestFerry["ferry"] = {
    ...ferry,
    runs: {
      ...ferry.runs,
      add: async (run) => {
        lostNow(0.05);
        await ferry.runs.add(run);
        counts.started++;
        added.add(run.id);
      },
    },
  };
  const start: Start = async ({ id }) => {
    const { current } = await made.now();
    const took = roll() < 0.15 ? 3.5 * hourMs : 12 * minuteMs;
    if (!going.has(id))
      going.set(id, { fromMs: realMs, untilMs: realMs + took, sinceMs: current?.sinceMs ?? Number.NEGATIVE_INFINITY });
  };
  const dying: typeof schedules = {
    ...schedules,
    change: async (name, change) => {
      lostNow(0.05);
      const after = await schedules.change(name, change);
      lostNow(0.05);
      return after;
    },
  };

  async function endRuns(): Promise<void> {
    for (const id of [...added].filter((id) => !over.has(id))) {
      const run = (await ferry.runs.get(id)) ?? assert.fail(id);
      // The keeper's part: a run whose start was lost.
      if (!going.has(run.id)) await start(run);
      const { fromMs, untilMs, sinceMs } = going.get(run.id) ?? assert.fail();
      if (realMs < untilMs) continue;
      const fate = roll();
      const status = fate < 0.75 ? "Succeeded" : fate < 0.9 ? "CompletedWithErrors" : "Failed";
      for (const [name, { modifiedMs, sinceMs: thereMs }] of lake) {
        // Each name is listed at some time of the run; those of a run that doesn't succeed by chance.
        const listedMs = fromMs + roll() * (untilMs - fromMs);
        if (thereMs > listedMs || modifiedMs < sinceMs || (status !== "Succeeded" && roll() < 0.5)) continue;
        copied.set(name, modifiedMs);
      }
      if (status === "Succeeded") counts.succeeded++;
      over.add(run.id);
      await made.end(run.id, { status, sourceMs: Math.floor((fromMs + skewMs) / 1000) * 1000 });
    }
  }

  async function tick(stepMs: number): Promise<void> {
    realMs += stepMs;
    clock.advance(stepMs);
    for (let changes = Math.floor(roll() * 3); changes > 0; changes--) {
      const atMs = realMs - Math.floor(roll() * stepMs);
      lake.set(`/f${Math.floor(roll() * 100)}`, { modifiedMs: atMs + skewMs, sinceMs: atMs });
    }
    await endRuns();
    const looks = roll() < 0.1 ? 2 : 1;
    counts.doubled += looks - 1;
    await Promise.all(Array.from({ length: looks }, () => startDue(fragile, dying, start).catch(() => undefined)));
    mostLive = Math.max(mostLive, added.size - over.size);
  }

  for (const endMs = startMs + days * 24 * hourMs; realMs < endMs; ) {
    const what = roll();
    if (what < 0.002) {
      // Nobody is there for hours.
      await tick(7 * hourMs);
    } else if (what < 0.004) clock.advance(Math.floor((roll() - 0.5) * 3 * hourMs));
    else await tick(4 * minuteMs);
  }
  return { ...made, lake, copied, counts, mostLive, tick };
}

test("over a month of overruns, failures, restarts, lost and doubled executions and moved clocks nothing is missed", async () => {
  for (const [seed, days] of [
    [1, 31],
    [2, 10],
  ] as const) {
    const { lake, copied, counts, mostLive, ferry, tick, now } = await month(seed, days);
    assert.equal(mostLive, 1, `seed ${seed}: two runs of one schedule at the same time`);
    // Each run's row was made once, and every row's id is that of its slot.
    const { runs } = await ferry.runs.list();
    assert.equal(runs.length, counts.started);
    assert.ok(runs.length > 5 * days && counts.lost > 10 && counts.doubled > 10, JSON.stringify(counts));
    const frozen = new Map([...lake].map(([name, { modifiedMs }]) => [name, modifiedMs]));
    // A few more hours, until a run that began after the last change has succeeded.
    for (let rounds = 0, goal = counts.succeeded + 3; counts.succeeded < goal; rounds++) {
      assert.ok(rounds < 1000);
      await tick(4 * minuteMs);
    }
    const missed = [...frozen].filter(([name, modifiedMs]) => (copied.get(name) ?? 0) < modifiedMs);
    assert.deepEqual(missed, [], `seed ${seed}`);
    const { windowEndMs } = await now();
    assert.ok(windowEndMs !== undefined && runs.every(({ id }) => /^hourly-\d{8}T\d\d0000$/u.test(id)));
  }
});

test("the id of a slot's run fits into an id, and tells slots a second apart from each other", () => {
  const name = "x".repeat(40);
  assert.ok(runIdOf(name, startMs).length <= 64);
  assert.notEqual(runIdOf(name, startMs), runIdOf(name, startMs + 1000));
});
