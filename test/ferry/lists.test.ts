// Migrations of what a list names: files, folders, and what is wrong with the list.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Failure } from "../../src/core/error.ts";
import { inlineList } from "../../src/core/nameList.ts";
import { pathFrom } from "../../src/core/path.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { assertBooks } from "../kit/books.ts";
import { driveWithLosses } from "../kit/dying.ts";
import { addRun, drive, ferryAt, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

async function migrate(
  made: TestFerry,
  source: object,
  { losses = 0, ...rest }: { losses?: number; skipErrorFile?: object; parallelism?: number } = {},
) {
  await addRun(made.ferry, "r", requestOf({ ...rest, source }));
  const run = await driveWithLosses(made.ferry, "r", losses);
  const lines = await assertBooks(made.ferry.work("r"), made.blobs);
  const { tally } = await made.ferry.work("r").account();
  const failures = (await made.ferry.work("r").failures(1000)).map(
    ({ kind, path, detail }: Failure) => `${kind} ${path}: ${detail}`,
  );
  return { run, tally, lines, failures: failures.toSorted() };
}

test("a list's files arrive under their folders, and its folders with all that is in them", async () => {
  const made = testFerry();
  for (const path of ["/root/a/1", "/root/a/2", "/root/b/c/3", "/root/b/c/d/4", "/root/x", "/other"])
    made.source.write(path, path);
  made.source.write("/lists/today.txt", "\ufeffa/1\r\n\r\n/root/b/c\r\nx");
  const { run, tally, failures } = await migrate(made, { folderPath: "/root", fileListPath: "/lists/today.txt" });
  assert.equal(run.status, "Succeeded", JSON.stringify(failures));
  assert.deepEqual([...made.sink.files().keys()].toSorted(), ["/a/1", "/b/c/3", "/b/c/d/4", "/x"]);
  assert.deepEqual([...made.sink.folders()].toSorted(), ["/", "/a", "/b", "/b/c", "/b/c/d"]);
  assert.equal(tally.filesListed, 4);
  // The folders above what is listed are made, and nobody counts them.
  assert.equal(tally.foldersMade, 2);
});

test("what is wrong with a line is that line's failure, by its number; what is missing can be skipped", async () => {
  const list = ["good", "missing", "../up", "/elsewhere/x", "a//b", "also good/"].join("\n");
  const lay = () => {
    const made = testFerry();
    made.source.write("/root/good", "1");
    made.source.write("/root/also good/x", "2");
    made.source.write("/list", list);
    return made;
  };
  const source = { folderPath: "/root", fileListPath: "/list" };
  const { run, tally, failures } = await migrate(lay(), source, { skipErrorFile: { fileMissing: false } });
  assert.equal(run.status, "CompletedWithErrors");
  assert.deepEqual(failures, [
    'invalid ../up: line 3 of /list in LakeSource: a path holds no ".." segment',
    "invalid /elsewhere/x: line 4 of /list in LakeSource: it lies outside of folderPath /root",
    "invalid a//b: line 5 of /list in LakeSource: a path holds no empty segment",
    "not-found /root/missing: line 2 of /list in LakeSource: nothing stands there",
  ]);
  assert.equal(tally.filesListed, 6);
  const skipping = await migrate(lay(), source, { skipErrorFile: { fileMissing: true } });
  assert.deepEqual(skipping.tally.filesSkipped, { fileMissing: 1 });
  assert.equal(skipping.failures.length, 3);
  assert.match(JSON.stringify(skipping.lines.filter(({ because }) => because === "fileMissing")), /line 2 of \/list/u);
});

test("what is listed and has a file in the way above it fails as what it is", async () => {
  const made = testFerry();
  for (const path of ["/a/folder/1", "/a/file"]) made.source.write(path, path);
  made.sink.plant("/a", "in the way");
  const { tally } = await migrate(made, { fileList: ["a/folder", "a/file"] });
  assert.deepEqual([tally.foldersFailed, tally.filesFailed], [{ conflict: 1 }, { conflict: 1 }]);
});

test("a list of many folders is dealt to many lanes, and none of its names gets lost between them", async () => {
  const { ferry, source, sink, clock } = ferryAt(
    timeline(1_000_000),
    { saveMs: 300, pulseMs: 200, lookMs: 500, firstWaveMs: 5000, waveMs: 20_000 },
    50,
  );
  const fileList = Array.from({ length: 200 }, (_, index) => `d${index}`);
  for (const folder of fileList) for (let file = 0; file < 20; file++) source.write(`/${folder}/${file}`, folder);
  source.onCall = () => clock.sleep(10);
  await addRun(ferry, "r", requestOf({ parallelism: 8, source: { fileList } }));
  const run = await clock.run(drive(ferry, "r"));
  assert.equal(run.status, "Succeeded");
  assert.equal(sink.files().size, 4000);
});

test("a list may stand in the request, in the sink's file system, or in a table", async () => {
  const lay = () => {
    const made = testFerry();
    for (const name of ["a", "b", "c"]) made.source.write(`/${name}`, name);
    return made;
  };
  const inline = lay();
  await migrate(inline, { fileList: ["a", "/c"] });
  assert.deepEqual([...inline.sink.files().keys()], ["/a", "/c"]);

  const inSink = lay();
  inSink.sink.plant("/lists/l.txt", "b\n");
  assert.equal(
    (await migrate(inSink, { fileListPath: "/lists/l.txt", fileListStore: "sink" })).run.status,
    "Succeeded",
  );
  assert.deepEqual([...inSink.sink.files().keys()].toSorted(), ["/b", "/lists/l.txt"]);

  const asked: unknown[] = [];
  const inTable = lay();
  const listTable: Ferry["listTable"] = (table) => {
    asked.push(table);
    return inlineList(["c"]);
  };
  await migrate({ ...inTable, ferry: { ...inTable.ferry, listTable } }, { fileListTable: { table: "Names" } });
  assert.deepEqual([...inTable.sink.files().keys()], ["/c"]);
  assert.deepEqual(asked[0], { table: "Names", property: "path" });
});

test("a list that is another one after its worker was lost is not read at places of the old one", async () => {
  const made = testFerry();
  for (const name of ["a", "b"]) made.source.write(`/${name}`, name);
  made.source.write("/list", "a\nb\n", 1000);
  made.source.onCall = (op, path) => {
    if (op === "read" && path === "/a") made.source.write("/list", "zzz\nb\na\n", 2000);
  };
  const { run } = await migrate(made, { fileListPath: "/list" }, { losses: 1 });
  assert.equal(run.status, "Failed");
  assert.match(
    run.error?.detail ?? "",
    /the list \/list in LakeSource is another one than when the run began; start a new run/u,
  );
});

test("what is listed twice, or lies in a listed folder, arrives once and counts each time", async () => {
  for (const parallelism of [1, 3]) {
    const made = testFerry({ giveMs: 5, pollMs: 5, pulseMs: 5 });
    for (const path of ["/a", "/d/x", "/d/e/y"]) made.source.write(path, path);
    made.source.onCall = () => made.clock.sleep(1);
    const fileList = ["a", "d/x", "d", "a", "d/e/y", "d/e", "a"];
    const { run, tally } = await migrate(made, { fileList }, { parallelism });
    assert.equal(run.status, "Succeeded");
    assert.deepEqual(made.sink.files(), made.source.files());
    assert.deepEqual([...made.sink.writes().values()], [1, 1, 1]);
    // The three of a, two of x, three of y; d and its e, and e by itself.
    assert.equal(tally.filesListed, 8);
    assert.equal(tally.filesCopied, 8);
    assert.equal(tally.foldersListed, 3);
  }
});

test("an audit of a list looks at what the list names, and changes nothing", async () => {
  const made = testFerry();
  for (const name of ["a", "d/b", "d/c", "other"]) made.source.write(`/${name}`, name);
  const { ferry, sink } = made;
  const { change } = ferry.runs;
  // What stands at the sink is lost between the copy and its audit.
  const runs: typeof ferry.runs = {
    ...ferry.runs,
    change: async (id, how) => {
      const after = await change(id, how);
      if (after.phase === "audit" && sink.files().has("/d/b")) await sink.remove(pathFrom("/d/b"), undefined);
      return after;
    },
  };
  await addRun(ferry, "r", requestOf({ audit: true, source: { fileList: ["a", "d"] } }));
  const run = await driveWithLosses({ ...ferry, runs }, "r", 0);
  assert.equal(run.status, "CompletedWithErrors", JSON.stringify(run.error));
  const { tally } = await ferry.work("r").account();
  assert.deepEqual(tally.differences, { missing: 1 });
  assert.equal(tally.filesCopied, 3);
  assert.deepEqual([...sink.files().keys()].toSorted(), ["/a", "/d/c"]);
});

test("a list that isn't there, or is none, is found before anything is made", async () => {
  const made = testFerry();
  made.source.makeFolder("/folder");
  made.source.write("/utf16", Buffer.from("\ufeffa", "utf16le"));
  for (const [fileListPath, why] of [
    ["/nowhere", /the list \/nowhere does not exist in LakeSource/u],
    ["/folder", /is a folder, not a file/u],
    ["/utf16", /UTF-16; expected lines in UTF-8/u],
  ] as const) {
    const id = fileListPath.slice(1);
    await addRun(made.ferry, id, requestOf({ source: { fileListPath } }));
    const run = await driveWithLosses(made.ferry, id, 0);
    assert.equal(run.status, "Failed");
    assert.match(run.error?.detail ?? "", why);
  }
  assert.equal(made.sink.folders().size, 1);
});

test("a list of thousands that loses its workers again and again ends exact, on one lane and on many", async () => {
  for (const [losses, parallelism] of [
    [6, 1],
    [0, 4],
  ] as const) {
    const made = testFerry({ saveMs: 20, giveMs: 5, pollMs: 5, pulseMs: 5 });
    const names: string[] = [];
    for (let index = 0; index < 1500; index++) {
      const name = `d${index % 7}/f${index}`;
      names.push(name);
      if (index % 50 !== 3) made.source.write(`/${name}`, "x");
    }
    names.splice(10, 0, "whole", "..");
    for (let index = 0; index < 20; index++) made.source.write(`/whole/${index}`, "x");
    made.source.write("/list.txt", names.join("\n"));
    made.source.onCall = (op) => made.clock.sleep(op === "list" ? 5 : 1);
    const { run, tally, failures } = await migrate(
      made,
      { fileListPath: "/list.txt" },
      { losses, parallelism, skipErrorFile: { fileMissing: true } },
    );
    assert.equal(run.status, "CompletedWithErrors");
    assert.equal(failures.length, 1);
    assert.equal(tally.filesListed, 1521);
    assert.equal(tally.filesCopied, 1490);
    assert.deepEqual(tally.filesSkipped, { fileMissing: 30 });
    assert.equal(made.sink.files().size, 1490);
    assert.ok(Math.max(...made.sink.writes().values()) === 1);
    if (parallelism > 1)
      assert.ok((await made.ferry.work("r").lanes()).filter(({ account }) => account.tally.filesListed > 0).length > 1);
  }
});
