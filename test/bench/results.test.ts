import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { aimsIn } from "../../bench/aims.ts";
import { figuresOf } from "../../bench/figures.ts";
import { pageOf, tableOf } from "../../bench/page.ts";
import { type CaseResult, type Measured, merged, readResults, type Row, writeResults } from "../../bench/results.ts";
import { page as pageOfLanes } from "../../bench/sim/kept.ts";
import { spreadOf } from "../../bench/spread.ts";

type Said = Partial<Omit<Measured, "sink">> & { readonly sink?: Partial<Measured["sink"]> };

function run({ sink, ...more }: Said = {}): Measured {
  return {
    isGood: true,
    said: "",
    seconds: 2,
    cpuSeconds: 1,
    peakMiB: 100,
    verdict: { missing: 0, wrong: 0, extra: 0 },
    ...more,
    sink: {
      requests: { PUT: 20_000 },
      refused: 0,
      flipped: 0,
      sentAgain: 0,
      seconds: 1,
      files: 20_000,
      cpuSeconds: 0.5,
      ...sink,
    },
  };
}

function result(name: string, rows: readonly Row[], more: Partial<CaseResult> = {}): CaseResult {
  const about = { what: "a lake", rounds: 3, limitSeconds: 60, files: 20_000, bytes: 20_000 * 4096, seconds: 9 };
  const where = {
    at: "2026-11-26T05:00",
    commit: "commit abc",
    machine: "two cores",
    versions: {},
    command: "npm run bench",
  };
  return { name, ...about, ...where, rows, ...more };
}

const reached = (results: readonly CaseResult[], aim: string) =>
  aimsIn(results).find((one) => one.aim.includes(aim)) ?? assert.fail(`no aim "${aim}"`);

test("the median is the middle one, or between the two in the middle, and the ends are kept", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 });
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, least: 1, most: 4 });
  assert.deepEqual(spreadOf([7]), { median: 7, least: 7, most: 7 });
});

test("newer results take the place of older ones of their case, in the order of the cases", () => {
  const older = [result("small", []), result("huge", []), result("dropped", [])];
  const all = merged(
    older,
    [result("small", [], { commit: "newer" }), result("one", [])],
    ["one", "small", "large", "huge"],
  );
  assert.deepEqual(
    all.map(({ name, commit }) => `${name} ${commit}`),
    ["one commit abc", "small newer", "huge commit abc"],
  );
});

test("results are read as they were written, and none from a file that isn't there", () => {
  const folder = mkdtempSync(join(tmpdir(), "results-"));
  try {
    const file = join(folder, "results.jsonl");
    assert.deepEqual(readResults(file), []);
    const all = [
      result("small", [{ tool: "rclone", runs: [run()] }]),
      result("one", [{ tool: "rclone", why: "not installed" }]),
    ];
    writeResults(file, all);
    assert.deepEqual(readResults(file), all);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a crossing that failed is in no figure", () => {
  const small = result("small", [
    { tool: "rclone", runs: [run(), run({ isGood: false, seconds: 0.1 }), run({ seconds: 4 })] },
  ]);
  const figures = figuresOf(small, "rclone");
  assert.deepEqual(figures?.seconds, { median: 3, least: 2, most: 4 });
  assert.equal(figures?.perSecond, 20_000 / 3);
  assert.match(tableOf(small), /rclone: 1 of 3 crossings failed/u);
  const failed = result("small", [{ tool: "rclone", runs: [run({ isGood: false, said: "it | fell" })] }]);
  assert.equal(figuresOf(failed, "rclone"), undefined);
  assert.match(tableOf(failed), /\| rclone \| failed: it {3}fell \|/u);
});

test("of a tool that was stopped at the limit the files that had arrived count", () => {
  const late = run({ isGood: false, isLate: true, seconds: 45, sink: { files: 9000 } });
  const folders = result("folders", [{ tool: "rclone", runs: [late] }], { limitSeconds: 45 });
  assert.equal(figuresOf(folders, "rclone")?.perSecond, 200);
  const said = tableOf(folders);
  assert.match(said, /stopped after 45/u);
  assert.match(said, /9000 of 20000 files had arrived/u);
  // One that was done just in time before says how long all of it takes, which is another measure.
  const both = result("folders", [{ tool: "rclone", runs: [run({ seconds: 44 }), late] }], { limitSeconds: 45 });
  assert.equal(figuresOf(both, "rclone")?.perSecond, 200);
  assert.match(tableOf(both), /9000 of 20000 files had arrived/u);
});

test("a ratio is reached only when it is by the wall clock and at the sink", () => {
  const peer = { tool: "AzCopy to Blob", runs: [run({ seconds: 4, sink: { seconds: 2 } })] };
  const ours = (seconds: number, atSink: number) =>
    result("small", [{ tool: "lakeferry", runs: [run({ seconds, sink: { seconds: atSink } })] }, peer]);
  const aim = "4 KiB files/s, lakeferry: ≥ 1.5 × AzCopy to Blob";
  assert.deepEqual(reached([ours(2, 1)], aim), {
    aim,
    measured: "2.00 × by wall clock, 2.00 × at the sink",
    isReached: true,
  });
  assert.equal(reached([ours(2, 1.9)], aim).isReached, false);
  assert.equal(reached([ours(3.9, 1)], aim).isReached, false);
});

test("an aim without its case, or without its peer, is neither reached nor missed", () => {
  for (const { aim, measured, isReached } of aimsIn([])) {
    assert.deepEqual([measured, isReached], ["not measured", undefined], aim);
  }
  const small = result("small", [{ tool: "lakeferry", runs: [run()] }]);
  assert.equal(reached([small], "1.5 × AzCopy").measured, "the peer wasn't measured");
});

test("aims are held against what the sink and the source counted", () => {
  const whole = (name: string, more: Said, about: Partial<CaseResult> = {}) =>
    result(name, [{ tool: "lakeferry", runs: [run(more)] }], about);
  const capped = (seconds: number, refused: number) =>
    whole("capped", { sink: { requests: { PUT: 5000 + refused }, refused, seconds } });
  assert.equal(reached([capped(10.5, 50)], "sink capped").isReached, true);
  assert.equal(reached([capped(11, 50)], "sink capped").isReached, false);
  assert.equal(reached([capped(10.5, 200)], "sink capped").isReached, false);

  const killed = (sentAgain: number) => whole("killed", { sink: { sentAgain } });
  assert.equal(reached([killed(128)], "kill -9").isReached, true);
  assert.equal(reached([killed(129)], "kill -9").isReached, false);

  const flipped = (wrong: number, flips: number) =>
    whole("flipped", { verdict: { missing: 0, wrong, extra: 0 }, sink: { flipped: flips } });
  assert.equal(reached([flipped(0, 40)], "flipped").isReached, true);
  assert.equal(reached([flipped(1, 40)], "flipped").isReached, false);
  assert.equal(reached([flipped(0, 0)], "flipped").isReached, false);

  const again = (lists: number) => whole("again", { sink: { requests: { list: lists } }, source: { list: 60 } });
  assert.equal(reached([again(90)], "lists only").isReached, true);
  assert.equal(reached([again(110)], "lists only").isReached, false);

  const memory = reached([whole("one", { peakMiB: 90 }), whole("tree", { peakMiB: 201 })], "memory of the process");
  assert.deepEqual([memory.measured, memory.isReached], ["201 MiB at most, in `tree`", false]);
});

test("the page says what couldn't be measured, and why", () => {
  const page = pageOf([
    result("small", [{ tool: "rclone", why: "not installed; apt-get install rclone" }]),
    result("tree", [], { error: "no space" }),
  ]);
  assert.match(page, /\| rclone \| not installed; apt-get install rclone \|/u);
  assert.match(page, /It couldn't be measured: no space/u);
  assert.match(page, /- machine: two cores\n- command: `npm run bench`/u);
});

test("the pages of results are those of the results beside them", () => {
  const bench = join(import.meta.dirname, "..", "..", "bench");
  assert.equal(readFileSync(join(bench, "RESULTS.md"), "utf8"), pageOf(readResults(join(bench, "results.jsonl"))));
  assert.equal(readFileSync(join(bench, "LANES.md"), "utf8"), pageOfLanes());
});
