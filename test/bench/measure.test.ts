import assert from "node:assert/strict";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { type Case, copyFollowing } from "../../bench/cases.ts";
import { measure } from "../../bench/measure.ts";
import { runMeasured } from "../../bench/measured.ts";
import type { Measured } from "../../bench/results.ts";
import { type Crossed, type Crossing, fileSystem, type Taken, type Tool } from "../../bench/tools/tool.ts";
import { truthOf } from "../../bench/truth.ts";

type Put = (name: string) => Promise<unknown>;

const never = new Promise<never>(() => undefined);

/** Measures two files called a and b, content x, with a tool that crosses and goes on as told. */
async function measured(more: Partial<Case>, cross: (put: Put) => Crossing, resume = cross): Promise<Measured> {
  const make = (root: string) => ["a", "b"].forEach((name) => writeFileSync(join(root, name), "x"));
  const wanted: Case = { name: "two", what: "two files", make, rounds: 1, limitSeconds: 30, aboutSeconds: 1, ...more };
  const tool: Tool = {
    name: "fake",
    proof: "none",
    missing: () => undefined,
    version: () => "1",
    cant: () => undefined,
    open: async (_, __, sink) => {
      const put: Put = (name) => fetch(`${sink.url}/${fileSystem}/${name}`, { method: "PUT", body: "x" });
      return { cross: () => cross(put), resume: async () => resume(put), close: async () => undefined };
    },
  };
  const [row] = (await measure(wanted, [tool], 1, () => undefined)).rows;
  assert(row !== undefined && "runs" in row && row.runs[0] !== undefined);
  return row.runs[0];
}

const ended = (taken: Taken): Crossed => ({ ...taken, seconds: 9, isGood: true, said: "" });

test("of who isn't done in time counts what had come, and what was taken, before the stop", async () => {
  const run = await measured({ limitSeconds: 0.3 }, (put) => {
    let stopped: (crossed: Crossed) => void;
    void put("a");
    return {
      ended: new Promise((resolve) => (stopped = resolve)),
      soFar: () => ({ cpuSeconds: 3, peakMiB: 50, stateCpuSeconds: 1 }),
      stop: async () => {
        await put("b");
        stopped({ ...ended({ cpuSeconds: 0, peakMiB: 0 }), source: { OPEN: 2 } });
      },
      kill: () => undefined,
    };
  });
  const { isLate, isGood, cpuSeconds, stateCpuSeconds, peakMiB, sink, source } = run;
  assert.deepEqual([isLate, isGood, cpuSeconds, stateCpuSeconds, peakMiB], [true, false, 3, 1, 50]);
  assert.equal(sink.files, 1);
  assert.deepEqual(source, { OPEN: 2 });
});

test("of who is killed and goes on counts what both parts took", async () => {
  const crossing = (over: Promise<Crossed>, soFar: Taken): Crossing => ({
    ended: over,
    soFar: () => soFar,
    stop: async () => undefined,
    kill: () => undefined,
  });
  const first = (put: Put) => {
    void put("a");
    return crossing(never, { cpuSeconds: 3, peakMiB: 50, stateCpuSeconds: 1, allMiB: 90 });
  };
  const second = (put: Put) => {
    const taken = { cpuSeconds: 2, peakMiB: 60, stateCpuSeconds: 0.5, allMiB: 80 };
    return crossing(
      put("b").then(() => ended(taken)),
      taken,
    );
  };
  const run = await measured({ isKilled: true }, first, second);
  assert.deepEqual([run.isGood, run.cpuSeconds, run.stateCpuSeconds, run.peakMiB, run.allMiB], [true, 5, 1.5, 60, 90]);
});

test("what a program takes is known while it runs, as its end doesn't tell once it is killed", async () => {
  const { ended: over, soFar, kill } = runMeasured("bash", ["-c", "while :; do :; done"]);
  while (soFar().cpuSeconds < 0.05) await new Promise((resolve) => setTimeout(resolve, 10));
  assert(soFar().peakMiB > 0);
  kill();
  assert.notEqual((await over).code, 0);
});

test("a lake is laid out with what links lead to, and one that still holds links isn't measured", () => {
  const folder = mkdtempSync(join(tmpdir(), "links-"));
  try {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    for (const made of [join(from, ".bin"), join(from, "tool"), to]) mkdirSync(made, { recursive: true });
    writeFileSync(join(from, "tool", "run.js"), "run");
    symlinkSync("../tool/run.js", join(from, ".bin", "run"));
    symlinkSync("tool", join(from, "same"));
    assert.throws(() => truthOf(from), /is neither a file nor a folder/u);
    copyFollowing(from, to);
    assert(lstatSync(join(to, ".bin", "run")).isFile());
    assert.equal(readFileSync(join(to, "same", "run.js"), "utf8"), "run");
    assert.deepEqual([...truthOf(to).keys()].toSorted(), [".bin/run", "same/run.js", "tool/run.js"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
