import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import type { Run } from "../../src/core/run.ts";
import { isBalanced, type Tally } from "../../src/core/tally.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { type Line, linesOf } from "../kit/books.ts";
import { savingBy } from "../kit/dying.ts";
import { addRun, drive, ferryAt, requestOf, testFerry, type TestFerry } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

type Pass = { readonly run: Run; readonly tally: Tally; readonly lines: readonly Line[] };

let passes = 0;

async function passOf(lakes: TestFerry, run: Promise<Run>, id: string): Promise<Pass> {
  const ended = await run;
  const work = lakes.ferry.work(id);
  const { tally } = await work.account();
  assert.ok(isBalanced(tally));
  return { run: ended, tally, lines: await linesOf(work, lakes.blobs) };
}

async function pass(lakes: TestFerry, body: Readonly<Record<string, unknown>> = {}, ferry?: Ferry): Promise<Pass> {
  const id = `pass-${passes++}`;
  await addRun(lakes.ferry, id, requestOf(body));
  return passOf(lakes, drive(ferry ?? lakes.ferry, id), id);
}

/** Does something each time the source is asked anything by the walk that deletes. */
function inLastWalk({ source, ferry }: TestFerry, act: () => void): void {
  source.onCall = async () => {
    const { runs } = await ferry.runs.list();
    if (runs.some(({ phase, endedMs }) => phase === "delete" && endedMs === undefined)) act();
  };
}

const clear = { extra: "delete", maxDeletes: 5000 };

/** Counts what is really removed, once for each item. */
function removals({ sink }: Pick<TestFerry, "sink">): { readonly files: string[]; readonly folders: string[] } {
  const files: string[] = [];
  const folders: string[] = [];
  const { remove } = sink;
  Object.assign(sink, {
    remove: async (...[path, etag, signal]: Parameters<typeof remove>) => {
      const [isFile, isFolder] = [sink.files().has(path), sink.folders().has(path)];
      try {
        await remove(path, etag, signal);
      } finally {
        if (isFile && !sink.files().has(path)) files.push(path);
        if (isFolder && !sink.folders().has(path)) folders.push(path);
      }
    },
  });
  return { files, folders };
}

function deletedIn(lines: readonly Line[], type: "file" | "folder"): readonly string[] {
  return lines
    .filter((line) => line.outcome === "deleted" && line.type === type)
    .map(({ path }) => path)
    .toSorted();
}

const shortWaves = { saveMs: 300, pulseMs: 100, lookMs: 300, firstWaveMs: 1000, waveMs: 1000, stallMs: 10 };

/** A lake with slow deletions and listings of the sink, and waves that are over long before. */
function slowLake(removeMs: number, listMs: number, graceMs: number) {
  const made = ferryAt(timeline(1_000_000), { ...shortWaves, deadlineGraceMs: graceMs, graceMs: 500 });
  const { sink, clock } = made;
  const { remove, list } = sink;
  Object.assign(sink, {
    remove: async (...[path, etag, signal]: Parameters<typeof remove>) => {
      await clock.sleep(removeMs, signal);
      return remove(path, etag, signal);
    },
    list: async (...[folder, from, signal]: Parameters<typeof list>) => {
      await clock.sleep(listMs, signal);
      return list(folder, from, signal);
    },
  });
  return made;
}

suite("each deletion is counted and told once", () => {
  test("when waves end between deletions and the names around them", async () => {
    const made = slowLake(20, 0, 5000);
    const { ferry, source, clock } = made;
    for (let index = 0; index < 300; index++) source.write(`/f${String(index).padStart(4, "0")}`, "y");
    await addRun(ferry, "a", requestOf({ preserve: [] }));
    await clock.run(drive(ferry, "a"));
    for (let index = 0; index < 300; index += 2) source.remove(`/f${String(index).padStart(4, "0")}`);
    const removed = removals(made);
    await addRun(ferry, "r", requestOf({ preserve: [], ...clear }));
    const { run, tally, lines } = await passOf(made as never, clock.run(drive(ferry, "r")), "r");
    assert.deepEqual([run.status, removed.files.length, tally.filesDeleted], ["Succeeded", 150, 150]);
    assert.deepEqual(deletedIn(lines, "file"), removed.files.toSorted());
  });

  test("in a folder that takes many waves, whose ends cut off what is under way", async () => {
    const made = slowLake(400, 0, 10);
    const { ferry, source, clock } = made;
    source.write("/zz", "x");
    for (let index = 0; index < 600; index++) source.write(`/old/d${index % 5}/f${index}`, "y");
    await addRun(ferry, "a", requestOf({ preserve: [] }));
    await clock.run(drive(ferry, "a"));
    source.remove("/old");
    const removed = removals(made);
    await addRun(ferry, "r", requestOf({ preserve: [], ...clear }));
    const { run, tally, lines } = await passOf(made as never, clock.run(drive(ferry, "r")), "r");
    assert.equal(run.status, "Succeeded");
    assert.deepEqual([tally.filesDeleted, tally.foldersDeleted], [600, 6]);
    assert.deepEqual(deletedIn(lines, "file"), removed.files.toSorted());
    assert.deepEqual(deletedIn(lines, "folder"), removed.folders.toSorted());
  });

  test("and what is left stays where the folder around it can't be listed any more", async () => {
    const made = slowLake(400, 0, 10);
    const { ferry, source, sink, clock } = made;
    source.write("/zz", "x");
    source.write("/in/zz", "x");
    for (let index = 0; index < 600; index++) source.write(`/in/old/d${index % 5}/f${index}`, "y");
    await addRun(ferry, "a", requestOf({ preserve: [] }));
    await clock.run(drive(ferry, "a"));
    source.remove("/in/old");
    const removed = removals(made);
    sink.onWrite = (when, op) => {
      if (when === "before" && op === "remove" && removed.files.length >= 100) source.remove("/in");
    };
    await addRun(ferry, "r", requestOf({ preserve: [], ...clear }));
    const { run, tally, lines } = await passOf(made as never, clock.run(drive(ferry, "r")), "r");
    const gone = removed.files.length;
    // With the five folders that they are in; nobody comes to the one around those.
    assert.deepEqual([run.status, tally.filesDeleted, tally.kept], ["Succeeded", gone, { atSource: 600 - gone + 5 }]);
    assert.deepEqual(deletedIn(lines, "file"), removed.files.toSorted());
  });

  test("beside one that can't be deleted, which is a failure of its own", async () => {
    const lakes = testFerry();
    for (let index = 0; index < 10; index++) lakes.source.write(`/x${index}`, "x");
    await pass(lakes);
    for (let index = 0; index < 10; index++) lakes.source.remove(`/x${index}`);
    lakes.sink.onWrite = (when, op, path) => {
      if (when === "before" && op === "remove" && path === "/x3") throw denied(path);
    };
    const { run, tally, lines } = await pass(lakes, clear);
    assert.deepEqual([run.status, tally.filesDeleted, tally.rangesFailed], ["CompletedWithErrors", 9, 1]);
    assert.deepEqual([...lakes.sink.files().keys()], ["/x3"]);
    assert.deepEqual(
      lines.filter(({ outcome }) => outcome === "failed").map(({ path, because }) => `${path} ${because}`),
      ["/x3 denied"],
    );
  });

  test("and no more than maxDeletes go, whatever happens between", async () => {
    const lakes = testFerry();
    for (let index = 0; index < 40; index++) lakes.source.write(`/old/x${index}`, "x");
    lakes.source.write("/y", "y");
    await pass(lakes);
    lakes.source.remove("/old");
    const removed = removals(lakes);
    // More has become extra by the time of the last walk.
    inLastWalk(lakes, () => lakes.source.remove("/y"));
    const { tally } = await pass(lakes, { extra: "delete", maxDeletes: 41 });
    assert.deepEqual([removed.files.length + removed.folders.length, tally.kept], [41, { limit: 1 }]);
  });
});

test("a walk that stays alone looks for no work for others, and moves on in every wave", async () => {
  for (const source of [{}, { maxConcurrentConnections: 1 }]) {
    const made = ferryAt(timeline(1_000_000), { ...shortWaves, deadlineGraceMs: 10, graceMs: 500 }, 1);
    const { ferry, clock } = made;
    for (let index = 100; index < 300; index++) made.source.write(`/d${index % 8}/f${index}`, "x");
    await addRun(ferry, "a", requestOf({ preserve: [] }));
    await clock.run(drive(ferry, "a"));
    made.source.remove("/d0/f200");
    made.source.onCall = (op) => (op === "list" ? clock.sleep(300) : undefined);
    await addRun(ferry, "r", requestOf({ preserve: [], ...clear, source }));
    const { run, tally } = await passOf(made as never, clock.run(drive(ferry, "r")), "r");
    assert.deepEqual([run.status, tally.filesDeleted], ["Succeeded", 1]);
  }
});

type Event = { readonly op: string; readonly path: string };

/** A ferry whose worker is lost at one of the events of a run: before or after a write at the sink or a save. */
function losing(lakes: TestFerry, at: number) {
  const events: Event[] = [];
  const state = { isDead: false };
  const happens = (op: string, path: string) => {
    events.push({ op, path });
    if (events.length === at) state.isDead = true;
    if (state.isDead) throw new Error("the worker is lost");
  };
  lakes.sink.onWrite = (when, op, path) => happens(`${when} ${op}`, path);
  const ferry = savingBy(lakes.ferry, () => async (save) => {
    happens("before save", "");
    const saved = await save();
    happens("after save", "");
    return saved;
  });
  return { ferry, events, revive: () => void (state.isDead = false) };
}

/** Everything that a last walk can meet: extra items in and out of folders, swaps of both kinds, and what has come since. */
async function changedLake(): Promise<TestFerry> {
  const lakes = testFerry();
  const { source } = lakes;
  for (const path of ["/b", "/gone/a", "/gone/deep/w", "/plain", "/swap/in", "/keep/x"]) source.write(path, path);
  await pass(lakes);
  source.remove("/gone");
  source.remove("/b");
  source.remove("/swap");
  source.write("/swap", "a file now");
  source.remove("/plain");
  source.write("/plain/one", "1");
  source.write("/plain/two/three", "3");
  return lakes;
}

test("wherever a worker is lost in a run that deletes and swaps, each item is done and counted once", async () => {
  let isOver = false;
  for (let at = 1; !isOver; at++) {
    const lakes = await changedLake();
    const removed = removals(lakes);
    const { ferry, events, revive } = losing(lakes, at);
    inLastWalk(lakes, () => lakes.source.write("/zz/late", "late"));
    const id = `lost-${at}`;
    await addRun(ferry, id, requestOf(clear));
    const { run, tally, lines } = await passOf(lakes, drive(ferry, id, 1, revive), id);
    const where = JSON.stringify(events[at - 1] ?? "never");
    assert.equal(run.status, "Succeeded", where);
    assert.deepEqual(lakes.sink.files(), lakes.source.files(), where);
    assert.deepEqual(deletedIn(lines, "file"), removed.files.toSorted(), where);
    assert.deepEqual(deletedIn(lines, "folder"), removed.folders.toSorted(), where);
    assert.deepEqual([tally.filesDeleted, tally.foldersDeleted], [5, 3], where);
    const copied = lines.filter(({ outcome, type }) => outcome === "copied" && type === "file").map(({ path }) => path);
    assert.deepEqual(copied.toSorted(), ["/plain/one", "/plain/two/three", "/swap", "/zz/late"], where);
    assert.deepEqual([tally.filesListed, tally.filesSkipped], [5, { same: 1, swap: 0 }], where);
    for (const path of copied) {
      const { owner } = lakes.sink.accesses().get(path) ?? assert.fail(path);
      assert.equal(owner, "owner", `${path} ${where}`);
    }
    isOver = events.length < at;
  }
});

test("a swap with a file in blocks, which another packet makes whole, is counted", async () => {
  const lakes = testFerry();
  const ferry: Ferry = { ...lakes.ferry, sizes: { largeFileBytes: 10, bytesPerRead: 8, bytesFor: () => 4 } };
  lakes.source.write("/s/a", "x");
  lakes.source.write("/b", "y");
  await pass(lakes, {}, ferry);
  lakes.source.remove("/s");
  lakes.source.write("/s", "a large file of many bytes");
  const { run, tally } = await pass(lakes, clear, ferry);
  assert.equal(run.status, "Succeeded");
  assert.deepEqual([tally.filesCopied, tally.filesDeleted, tally.foldersDeleted], [1, 1, 1]);
  assert.deepEqual([tally.filesListed, tally.filesSkipped.swap], [2, 0]);
  assert.deepEqual(lakes.sink.files(), lakes.source.files());
});

suite("folders that only the sink has", () => {
  test("are weighed over as many waves as it takes, and keep nothing else from being copied", async () => {
    for (const job of ["copy", "audit"] as const) {
      const made = slowLake(0, 50, 200);
      const { ferry, source, sink, clock } = made;
      source.write("/a/x", "x");
      for (let index = 0; index < 300; index++) sink.plant(`/old/d${index}/f`, "y");
      await addRun(ferry, "r", requestOf({ preserve: [], ...(job === "copy" ? { ...clear, maxDeletes: 9 } : {}) }), {
        job,
      });
      const { run, tally, lines } = await passOf(made as never, clock.run(drive(ferry, "r")), "r");
      assert.equal(run.status, "CompletedWithErrors");
      if (job === "copy") {
        assert.equal(run.error?.code, "TooManyDeletes");
        assert.deepEqual([tally.extraFiles, tally.extraFolders, sink.files().has("/a/x")], [300, 301, true]);
      } else assert.deepEqual(tally.differences, { missing: 2, extra: 601 });
      const told = lines.filter(({ outcome }) => outcome === "extra");
      assert.deepEqual(
        told.map(({ path, files }) => [path, files]),
        [["/old", 300]],
      );
    }
  });

  test("that can't be listed are failures of their own: all that the source has arrives, and nothing is deleted", async () => {
    const lakes = testFerry();
    lakes.sink.plant("/a-old/x", "x");
    lakes.sink.plant("/extra", "x");
    for (let index = 0; index < 5; index++) lakes.source.write(`/f${index}`, "y");
    lakes.sink.onList = (path) => {
      if (path === "/a-old") throw denied(path);
    };
    const { run, tally } = await pass(lakes, { ...clear, deleteForeign: true });
    assert.deepEqual([run.status, tally.filesCopied, tally.rangesFailed], ["CompletedWithErrors", 5, 1]);
    assert.ok(lakes.sink.files().has("/extra") && lakes.sink.files().has("/a-old/x"));
  });
});

function denied(path: string): LakeError {
  return new LakeError("denied", { op: "DELETE", path, detail: "403" });
}
