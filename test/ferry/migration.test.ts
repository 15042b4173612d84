import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { isBalanced, totalOf } from "../../src/core/tally.ts";
import { noProgress } from "../../src/core/run.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { savingBy } from "../kit/dying.ts";
import { addRun, drive, requestOf, sliceOf, testFerry } from "../kit/testFerry.ts";

test("everything under a folder arrives, empty folders and empty files too", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/a.txt", "alpha");
  source.write("/empty", "");
  source.write("/sub/deep/b.txt", "beta");
  source.makeFolder("/hollow/inner");
  await addRun(ferry, "r", requestOf());
  const run = await drive(ferry, "r");
  assert.equal(run.status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.deepEqual([...sink.folders()].toSorted(), [...source.folders()].toSorted());
  const { tally } = await ferry.work("r").account();
  assert.equal(tally.filesListed, 3);
  assert.equal(tally.filesCopied, 3);
  assert.equal(tally.foldersMade, 5);
  assert.equal(tally.bytesCopied, 9);
});

test("a folder is taken from one root to another", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/raw/2024/x", "x");
  source.write("/other", "no");
  await addRun(ferry, "r", requestOf({ source: { folderPath: "raw" }, sink: { folderPath: "/landing/zone" } }));
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), new Map([["/landing/zone/2024/x", "x"]]));
});

test("a single file is copied alone", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/raw/x", "x");
  source.write("/raw/y", "y");
  await addRun(ferry, "r", requestOf({ source: { folderPath: "/raw", fileName: "y" } }));
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), new Map([["/y", "y"]]));
});

test("without recursion only the folder's own files are copied, and the folders left out are counted", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  source.write("/sub/y", "y");
  await addRun(ferry, "r", requestOf({ source: { recursive: false } }));
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), new Map([["/x", "x"]]));
  assert.deepEqual((await ferry.work("r").account()).tally.foldersSkipped, { "not-recursive": 1 });
});

test("ADF's worked example of a name range selects what ADF says", async () => {
  const { ferry, source, sink } = testFerry();
  for (const path of ["a/1", "ax/1", "b/1", "c/1", "ax.csv", "bx.csv", "cx.csv"]) source.write(`/root/${path}`, path);
  const request = requestOf({ source: { folderPath: "root", listAfter: "a", listBefore: "b" } });
  await addRun(ferry, "r", request);
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual([...sink.files().keys()].toSorted(), ["/ax.csv", "/ax/1", "/b/1"]);
});

test("overlapping ranges copy every name once", async () => {
  const { ferry, source, sink } = testFerry();
  for (const name of "abcdefgh") source.write(`/${name}`, name);
  const ranges = [{ listAfter: "a", listBefore: "d" }, { listAfter: "c", listBefore: "e" }, { listAfter: "f" }];
  await addRun(ferry, "r", requestOf({ source: { ranges } }));
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual([...sink.files().keys()].toSorted(), ["/b", "/c", "/d", "/e", "/g", "/h"]);
  assert.deepEqual([...new Set(sink.writes().values())], [1]);
});

test("a bound that the two name orders see differently is only a filter", async () => {
  const { ferry, source, sink } = testFerry({}, 2);
  for (const name of ["a", "\u{1f600}", "\ufb01", "z"]) source.write(`/${name}`, name);
  await addRun(ferry, "r", requestOf({ source: { listBefore: "\u{1f600}" } }));
  await drive(ferry, "r");
  assert.deepEqual([...sink.files().keys()].toSorted(), ["/a", "/z", "/\u{1f600}"]);
});

test("a missing source folder fails the run in those words and creates nothing", async () => {
  const { ferry, sink } = testFerry();
  await addRun(ferry, "r", requestOf({ source: { folderPath: "/nowhere" }, sink: { folderPath: "/new" } }));
  const run = await drive(ferry, "r");
  assert.equal(run.status, "Failed");
  assert.match(run.error?.detail ?? "", /source folder \/nowhere does not exist in LakeSource/u);
  assert.deepEqual([...sink.folders()], ["/"]);
});

test("a source that is a file is refused with the way to say it", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf({ source: { folderPath: "/x" } }));
  assert.match(
    (await drive(ferry, "r")).error?.detail ?? "",
    /is a file, not a folder; give its name as source\.fileName/u,
  );
});

test("a source that can't be read names the path and the missing right", async () => {
  const { ferry, source } = testFerry();
  source.makeFolder("/secret");
  source.onCall = (op, path) => {
    if (op === "list") throw new LakeError("denied", { op: "LISTSTATUS", path, detail: "Forbidden" });
  };
  await addRun(ferry, "r", requestOf({ source: { folderPath: "/secret" } }));
  const run = await drive(ferry, "r");
  assert.equal(run.error?.kind, "denied");
  assert.match(run.error?.detail ?? "", /\/secret .* needs Read and Execute on it/u);
});

test("a sink folder that is a file is said so", async () => {
  const { ferry, sink } = testFerry();
  sink.plant("/there", "a file");
  await addRun(ferry, "r", requestOf({ sink: { folderPath: "/there" } }));
  assert.match((await drive(ferry, "r")).error?.detail ?? "", /\/there in file system lake of LakeSink is a file/u);
});

test("a name that Gen2 can't hold fails alone, and the run ends with errors", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/good", "g");
  source.write("/bad.", "b");
  source.write("/ugly\\name", "u");
  await addRun(ferry, "r", requestOf());
  const run = await drive(ferry, "r");
  assert.equal(run.status, "CompletedWithErrors");
  assert.deepEqual([...sink.files().keys()], ["/good"]);
  const failures = await ferry.work("r").failures(10);
  assert.deepEqual(failures.map(({ path, kind, code }) => `${path} ${kind} ${code}`).toSorted(), [
    "/bad. invalid InvalidFileName",
    "/ugly\\name invalid InvalidFileName",
  ]);
});

test("thousands of failures are all kept and counted", async () => {
  const { ferry, source } = testFerry();
  for (let index = 0; index < 5000; index++) source.write(`/bad${index}.`, "b");
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  const { tally, failed } = await ferry.work("r").account();
  assert.equal(totalOf(tally.filesFailed), 5000);
  assert.equal(failed, 5000);
  assert.equal((await ferry.work("r").failures(10_000)).length, 5000);
});

test("a folder that can't be listed is one failure, and the rest goes on", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/open/x", "x");
  source.write("/shut/y", "y");
  source.onCall = (op, path) => {
    if (op === "list" && path === "/shut") throw new LakeError("denied", { op: "LISTSTATUS", path, detail: "no" });
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual([...sink.files().keys()], ["/open/x"]);
  const { tally } = await ferry.work("r").account();
  assert.deepEqual(tally.foldersFailed, { denied: 1 });
  assert.ok(isBalanced(tally));
});

test("a second run over the same roots copies nothing and skips everything", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/a/x", "x");
  source.write("/y", "y");
  await addRun(ferry, "r1", requestOf());
  await drive(ferry, "r1");
  await addRun(ferry, "r2", requestOf());
  assert.equal((await drive(ferry, "r2")).status, "Succeeded");
  const { tally } = await ferry.work("r2").account();
  assert.deepEqual(tally.filesSkipped, { same: 2 });
  assert.equal(tally.foldersMade, 0);
  assert.deepEqual([...sink.writes().values()], [1, 1]);
});

test("a changed file is copied again, also when it changed to an older time", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "one", 5000);
  source.write("/y", "same", 5000);
  await addRun(ferry, "r1", requestOf());
  await drive(ferry, "r1");
  source.write("/x", "two", 4000);
  await addRun(ferry, "r2", requestOf());
  await drive(ferry, "r2");
  assert.deepEqual(sink.files(), source.files());
  assert.deepEqual((await ferry.work("r2").account()).tally.filesCopied, 1);
});

test("a file that shrinks while it is read is looked at again and copied", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "long content");
  let reads = 0;
  source.onCall = (op) => {
    if (op === "read" && reads++ === 0) source.write("/x", "short", 2000);
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), new Map([["/x", "short"]]));
});

test("a file that vanishes after it was listed is skipped by its rule, and said", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  source.onCall = (op, path) => {
    if (op === "read") source.remove(path);
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual((await ferry.work("r").account()).tally.filesSkipped, { fileMissing: 1 });
});

test("a sink that says not-found is a failure, never taken for a file that vanished", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  sink.onWrite = (_when, op, path) => {
    if (op !== "putFile") return;
    throw new LakeError("not-found", { op: "Put Blob", path, detail: "ContainerNotFound" });
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual((await ferry.work("r").account()).tally.filesFailed, { "not-found": 1 });
});

test("a put whose reply was lost is found to have landed, and counted once", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  sink.onWrite = (when, op, path) => {
    if (when === "after" && op === "putFile") {
      throw new LakeError("conflict", { op: "Put Blob", path, detail: "the retry met its own work" });
    }
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 1);
  assert.equal(sink.writes().get("/x"), 1);
});

test("somebody else's file at the sink is replaced only in the version that was seen", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/f/x", "ours");
  sink.plant("/f/x", "theirs");
  let meddled = false;
  sink.onWrite = (when, op) => {
    if (when === "before" && op === "putFile" && !meddled) {
      meddled = true;
      sink.plant("/f/x", "theirs again");
    }
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), new Map([["/f/x", "ours"]]));
});

test("a sink name that keeps changing under us is a failure of kind conflict", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/f/x", "ours");
  sink.plant("/f/x", "theirs");
  sink.onWrite = (when, op) => {
    if (when === "before" && op === "putFile") sink.plant("/f/x", "theirs again");
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual((await ferry.work("r").account()).tally.filesFailed, { conflict: 1 });
});

test("a large file goes over in blocks and arrives whole", async () => {
  const { ferry, source, sink } = testFerry();
  const big = Buffer.alloc(20 * 1024 * 1024 + 7, "lakeferry ");
  source.write("/big", big);
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.equal(sink.files().get("/big"), big.toString("utf8"));
});

test("a lake that is gone stalls the run, which then fails in those words and keeps its place", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  let isGone = false;
  source.onCall = (_, path) => {
    if (isGone) {
      throw new LakeError("unavailable", { op: "LISTSTATUS", path, detail: "no reply", retry: "exhausted" });
    }
  };
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  isGone = true;
  const run = await drive(ferry, "r");
  assert.equal(run.status, "Failed");
  assert.match(run.error?.detail ?? "", /stalled: 8 waves in a row moved nothing/u);
});

test("a sink that is gone for a while costs time and no file", async () => {
  const { ferry, source, sink } = testFerry();
  for (let index = 0; index < 300; index++) source.write(`/f${index}`, `${index}`);
  let puts = 0;
  sink.onWrite = (_when, op, path) => {
    if (op === "putFile" && ++puts > 50 && puts < 200) {
      throw new LakeError("unavailable", { op: "Put Blob", path, detail: "no reply", retry: "exhausted" });
    }
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 300);
});

test("one file that the source will never serve is tried in several waves, and fails alone", async () => {
  const { ferry, source, sink } = testFerry();
  for (let index = 0; index < 20; index++) source.write(`/f${index}`, `${index}`);
  let tries = 0;
  source.onCall = (op, path) => {
    if (op !== "read" || path !== "/f7") return;
    tries++;
    throw new LakeError("unavailable", { op: "OPEN", path, detail: "HTTP 500", retry: "exhausted" });
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.equal(sink.files().size, 19);
  assert.deepEqual((await ferry.work("r").account()).tally.filesFailed, { unavailable: 1 });
  assert.ok(tries > 2);
});

test("work stopped at its deadline goes on where it was, in as many waves as it takes", async () => {
  const { ferry, source, sink, clock } = testFerry({ firstWaveMs: 1000, waveMs: 1000 }, 3);
  for (let index = 0; index < 40; index++) source.write(`/d${index % 7}/f${index}`, `${index}`);
  source.onCall = () => clock.sleep(100);
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.deepEqual([...new Set(sink.writes().values())], [1]);
  const { tally } = await ferry.work("r").account();
  assert.equal(tally.filesCopied, 40);
  assert.equal(tally.foldersMade + tally.foldersFound, 8);
});

test("a file that takes longer than a wave gets over all the same", async () => {
  const { ferry, source, sink, clock } = testFerry({ firstWaveMs: 1000, waveMs: 1000, graceMs: 500 });
  source.write("/huge", "huge");
  source.onCall = async (op) => {
    for (let turn = 0; op === "read" && turn < 40; turn++) await clock.sleep(250);
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual([...sink.writes()], [["/huge", 1]]);
});

test("a pause is obeyed within its grace, also while a slice waits for a file past its deadline", async () => {
  const { ferry, source, clock } = testFerry({ firstWaveMs: 1000, waveMs: 1000, graceMs: 500, pulseMs: 250 });
  source.write("/huge", "huge");
  let turns = 0;
  Object.assign(source, {
    read: async (...[, , , , signal]: Parameters<typeof source.read>) => {
      while (turns++ < 10_000) {
        if (turns === 20) await ferry.runs.change("r", (now) => ({ ...now, status: "Pausing" }));
        await clock.sleep(250, signal);
      }
      return 0;
    },
  });
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Paused");
  assert.ok(turns < 60, `paused after ${turns} turns`);
});

test("an open name that has become a folder is walked as one, and never an empty file", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "content");
  let reads = 0;
  source.onCall = (op, path) => {
    if (op !== "read" || reads++ > 0) return;
    source.remove("/x");
    source.write("/x/inner", "i");
    throw new LakeError("unavailable", { op: "OPEN", path, detail: "HTTP 500", retry: "exhausted" });
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), new Map([["/x/inner", "i"]]));
});

test("a folder that is a file by the time it is listed is a failure, never a nameless child", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/d/x", "x");
  let lists = 0;
  source.onCall = (op, path) => {
    if (op !== "list" || path !== "/d" || lists++ > 0) return;
    source.remove("/d");
    source.write("/d", "a file now");
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual([...sink.files().keys()], []);
  assert.deepEqual((await ferry.work("r").account()).tally.foldersFailed, { changed: 1 });
});

test("a claim that was long on its way does nothing for a run that was paused meanwhile", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const slow: typeof ferry = {
    ...ferry,
    work: (run) => ({
      ...ferry.work(run),
      claim: async (lane, besides) => {
        const packet = await ferry.work(run).claim(lane, besides);
        await ferry.runs.change(run, (now) => ({ ...now, status: "Cancelled" }));
        return packet;
      },
    }),
  };
  assert.equal((await ferryPacket(slow, sliceOf("r"))).ended, "asked");
  assert.equal(sink.files().size, 0);
});

test("waves whose slices all came too late are no stalls", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  let progress = noProgress;
  for (let wave = 0; wave < 20; wave++) {
    const seen = wave === 0 ? {} : { seen: { lanes: 1, late: 1, idle: 0 } };
    const plan = await planWave(ferry, { run: "r", epoch: 1, wave, progress, ...seen });
    if (plan.do !== "ferry") return assert.fail(plan.do);
    progress = plan.progress;
  }
  assert.equal(progress.stalls, 0);
});

test("an outage that outlasts all patience fails the run as stalled, and no file with it", async () => {
  const { ferry, source } = testFerry();
  for (let index = 0; index < 100; index++) source.write(`/f${index}`, `${index}`);
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  source.onCall = (op, path) => {
    if (op !== "list") throw new LakeError("unavailable", { op, path, detail: "no reply", retry: "exhausted" });
  };
  const run = await drive(ferry, "r");
  assert.equal(run.status, "Failed");
  assert.match(run.error?.detail ?? "", /stalled/u);
  assert.deepEqual((await ferry.work("r").account()).tally.filesFailed, {});
});

test("a paused run stops, keeps its place, and finishes when it is resumed", async () => {
  const { ferry, source, sink, clock } = testFerry({ pulseMs: 100 });
  for (let index = 0; index < 60; index++) source.write(`/f${index}`, `${index}`);
  let reads = 0;
  source.onCall = async (op) => {
    if (op !== "read") return;
    if (++reads === 20) await ferry.runs.change("r", (now) => ({ ...now, status: "Pausing" }));
    await clock.sleep(50);
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Paused");
  const copied = sink.files().size;
  assert.ok(copied > 0 && copied < 60);
  await ferry.runs.change("r", (now) => ({ ...now, status: "Running", epoch: 2 }));
  assert.equal((await drive(ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 60);
});

test("a run paused before it began does all its work when it is resumed", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await ferry.runs.change("r", (now) => ({ ...now, status: "Pausing" }));
  assert.equal((await drive(ferry, "r")).status, "Paused");
  await ferry.runs.change("r", (now) => ({ ...now, status: "Running", epoch: 2 }));
  assert.equal((await drive(ferry, "r", 2)).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
});

test("a cancelled run ends Cancelled and gives its root back", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await ferry.roots.claim("LakeSink lake", { run: "r", root: "/" as never });
  await ferry.runs.change("r", (now) => ({ ...now, status: "Cancelling" }));
  assert.equal((await drive(ferry, "r")).status, "Cancelled");
  assert.equal(await ferry.roots.claim("LakeSink lake", { run: "s", root: "/" as never }), undefined);
});

test("work of an older epoch is refused", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  await addRun(ferry, "r", requestOf());
  await ferry.runs.change("r", (now) => ({ ...now, epoch: 2 }));
  assert.deepEqual(await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress }), {
    do: "end",
    status: "fenced",
  });
  const late = await ferryPacket(ferry, sliceOf("r"));
  assert.equal(late.ended, "fenced");
  assert.equal(sink.files().size, 0);
});

test("a slice whose packet was taken over saves nothing more and says so", async () => {
  const { ferry, source, clock } = testFerry({ saveMs: 100 });
  for (let index = 0; index < 30; index++) source.write(`/f${index}`, `${index}`);
  let reads = 0;
  source.onCall = async (op) => {
    if (op === "read" && ++reads === 10) await ferry.work("r").requeue();
    await clock.sleep(50);
  };
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const result = await ferryPacket(ferry, sliceOf("r"));
  assert.equal(result.ended, "fenced");
  source.onCall = () => undefined;
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 30);
});

test("a state store that is out of reach makes the orchestrator wait and ask again", async () => {
  const { ferry, clock } = testFerry({ stallMs: 100 });
  const broken = {
    ...ferry,
    runs: {
      ...ferry.runs,
      get: async () => {
        throw new LakeError("unavailable", { op: "table get", path: "runs/r", detail: "no reply" });
      },
    },
  };
  const plan = await planWave(broken, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  assert.equal(plan.do, "again");
  assert.deepEqual(clock.slept, [500]);
});

test("a slice that can't save stops everything it had begun before it gives up", async () => {
  const { ferry, source, sink, clock } = testFerry({ saveMs: 100 });
  for (let index = 0; index < 200; index++) source.write(`/f${index}`, `${index}`);
  source.onCall = () => clock.sleep(50);
  await addRun(ferry, "r", requestOf());
  await planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress });
  const broken = savingBy(ferry, () => () => {
    throw new LakeError("unavailable", { op: "table transaction", path: "work-r", detail: "no reply" });
  });
  await assert.rejects(ferryPacket(broken, sliceOf("r")));
  const { size } = sink.files();
  for (let turn = 0; turn < 50; turn++) await clock.sleep(1);
  assert.equal(sink.files().size, size);
  source.onCall = () => undefined;
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 200);
});
