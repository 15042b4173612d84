import assert from "node:assert/strict";
import { test } from "node:test";
import { whyGen2Refuses } from "../../src/core/names.ts";
import { pathFrom } from "../../src/core/path.ts";
import { wayOf } from "../../src/core/way.ts";
import { assertBooks, linesOf } from "../kit/books.ts";
import { driveWithLosses } from "../kit/dying.ts";
import { addRun, drive, requestOf, testFerry, type TestFerry } from "../kit/testFerry.ts";

/** Some come before their place at the sink and some behind it; the last have the form of an escape, or are good. */
const oddNames = ["x.", "a\\b", "\u0001first", "in\u007fside", "mid\u0081", "^005C", "^", "a:b", "good", "zz"];
const refused = oddNames.slice(0, 5);

function oddLake(pageSize = 4000): TestFerry {
  const lakes = testFerry({}, pageSize);
  for (const name of oddNames) {
    lakes.source.write(`/${name}`, `content of ${name}`);
    lakes.source.write(`/folders/${name}/${name}`, `deep content of ${name}`);
    lakes.source.makeFolder(`/empty/${name}`);
  }
  lakes.sink.onWrite = (_when, _op, path) => assert.equal(whyGen2Refuses(path), undefined);
  return lakes;
}

let passes = 0;

async function pass(lakes: TestFerry, body: Readonly<Record<string, unknown>> = {}) {
  const id = `pass-${passes++}`;
  await addRun(lakes.ferry, id, requestOf(body));
  const { status } = await drive(lakes.ferry, id);
  const { tally } = await lakes.ferry.work(id).account();
  // The books of a run that looks at its items twice have lines of both looks.
  const isOnce = body["audit"] !== true && body["extra"] !== "delete";
  const lines = await (isOnce ? assertBooks : linesOf)(lakes.ferry.work(id), lakes.blobs);
  return { status, tally, lines };
}

// All that the source has, where it is to be at the sink.
function assertRenamed({ source, sink }: TestFerry): void {
  const { moved } = wayOf(requestOf({ names: "rename" }));
  const at = (path: string) => moved(pathFrom(path));
  assert.deepEqual(sink.files(), new Map([...source.files()].map(([path, content]) => [at(path), content])));
  assert.deepEqual(new Set(sink.folders()), new Set([...source.folders()].map(at)));
}

test("refused names are renamed, files and folders; their own are in the metadata and the journal", async () => {
  const lakes = oddLake();
  const { status, lines } = await pass(lakes, { names: "rename", audit: true });
  assert.equal(status, "Succeeded");
  assertRenamed(lakes);
  const origins = lakes.sink.origins();
  assert.equal(origins.get("/x^002E")?.name, "x.");
  assert.equal(origins.get("/^005E005C")?.name, "^005C");
  assert.equal(origins.get("/a:b")?.name, undefined);
  assert.equal((await lakes.sink.stat(pathFrom("/empty/x^002E")))?.origin?.name, "x.");
  assert.equal(lines.find(({ path }) => path === "/x.")?.["sinkPath"], "/x^002E");
  assert.equal(lines.find(({ path }) => path === "/folders/x./x.")?.["sinkPath"], "/folders/x^002E/x^002E");
  assert.ok(lines.every(({ path, sinkPath }) => path !== "/good" || sinkPath === undefined));
});

test("a second pass over renamed names copies nothing, and finds no difference and nothing extra", async () => {
  for (const pageSize of [4000, 2]) {
    const lakes = oddLake(pageSize);
    await pass(lakes, { names: "rename" });
    lakes.sink.onWrite = (_when, op, path) => assert.fail(`${op} ${path}`);
    for (const more of [
      {},
      { audit: true },
      { compare: "hash" },
      { dryRun: true },
      { extra: "delete", maxDeletes: 100 },
    ]) {
      const { status, tally } = await pass(lakes, { names: "rename", ...more });
      assert.equal(status, "Succeeded");
      assert.equal(tally.filesSkipped.same, 2 * oddNames.length);
      assert.deepEqual([tally.filesCopied, tally.extraFiles, tally.extraFolders, tally.filesPlanned], [0, 0, 0, 0]);
      assert.deepEqual([tally.differences, tally.kept], [{}, {}]);
    }
  }
});

test("ranges of names meet renamed ones whose places at the sink are in other ranges", async () => {
  const lakes = oddLake();
  const source = { ranges: [{ listBefore: "^" }, { listAfter: "^", listBefore: "j" }, { listAfter: "j" }] };
  assert.equal((await pass(lakes, { names: "rename", source })).status, "Succeeded");
  assertRenamed(lakes);
  const again = await pass(lakes, { names: "rename", source, extra: "delete", maxDeletes: 100, audit: true });
  assert.deepEqual([again.status, again.tally.filesCopied, again.tally.filesDeleted], ["Succeeded", 0, 0]);
  assertRenamed(lakes);
});

test("an audit says of a renamed item what is wrong with it under its own name", async () => {
  const lakes = oddLake();
  await pass(lakes, { names: "rename" });
  lakes.source.write("/x.", "another length");
  lakes.source.write("/new.", "new");
  lakes.source.remove("/in\u007fside");
  lakes.source.remove("/folders/mid\u0081");
  await addRun(lakes.ferry, "audit", requestOf({ names: "rename" }), { job: "audit", cutOffMs: 5000 });
  assert.equal((await drive(lakes.ferry, "audit")).status, "CompletedWithErrors");
  const { tally } = await lakes.ferry.work("audit").account();
  assert.deepEqual(tally.differences, { length: 1, missing: 1, extra: 3 });
});

test("renamed items that the source has no more are deleted, and no other is", async () => {
  const lakes = oddLake();
  await pass(lakes, { names: "rename" });
  for (const path of ["/x.", "/folders/a\\b", "/empty/in\u007fside"]) lakes.source.remove(path);
  const { status, tally } = await pass(lakes, { names: "rename", extra: "delete", maxDeletes: 10, audit: true });
  assert.equal(status, "Succeeded");
  assert.deepEqual([tally.filesDeleted, tally.foldersDeleted, tally.kept], [2, 2, {}]);
  assertRenamed(lakes);
});

test("a refused name fails by itself, with all that is in it", async () => {
  const lakes = oddLake();
  const { status, tally, lines } = await pass(lakes);
  assert.equal(status, "CompletedWithErrors");
  assert.deepEqual(tally.filesFailed, { invalid: refused.length });
  assert.deepEqual(tally.foldersFailed, { invalid: 2 * refused.length });
  assert.equal(lines.find(({ path }) => path === "/folders/x.")?.["code"], "InvalidFileName");
  assert.equal(lakes.sink.files().size, 2 * (oddNames.length - refused.length));
});

test("a refused name is skipped with its reason, a folder with all that is in it, and an audit holds nothing against it", async () => {
  const lakes = oddLake();
  const first = await pass(lakes, { names: "skip", audit: true });
  assert.equal(first.status, "CompletedWithErrors");
  assert.deepEqual([first.tally.filesFailed, first.tally.foldersFailed, first.tally.differences], [{}, {}, {}]);
  assert.equal(first.tally.filesSkipped.invalidFileName, refused.length);
  assert.equal(first.tally.foldersSkipped.invalidFileName, 2 * refused.length);
  const line = first.lines.find(({ path }) => path === "/folders/x.");
  assert.deepEqual([line?.outcome, line?.because], ["skipped", "invalidFileName"]);
  assert.match(String(line?.["detail"]), /full stop/u);
  assert.equal((await pass(lakes, { names: "skip" })).tally.filesCopied, 0);
  assert.equal(lakes.sink.files().size, 2 * (oddNames.length - refused.length));
});

test("a name that stays too long when it is renamed is a failure", async () => {
  const lakes = testFerry();
  lakes.source.write(`/${"\\".repeat(300)}`, "x");
  lakes.source.write("/good", "x");
  const { status, tally } = await pass(lakes, { names: "rename" });
  assert.deepEqual([status, tally.filesFailed, tally.filesCopied], ["CompletedWithErrors", { invalid: 1 }, 1]);
});

test("workers that are lost leave renamed names to others, who neither lose nor double them", async () => {
  const lakes = oddLake(3);
  await addRun(lakes.ferry, "r", requestOf({ names: "rename", parallelism: 1 }));
  assert.equal((await driveWithLosses(lakes.ferry, "r", 5)).status, "Succeeded");
  assertRenamed(lakes);
  await assertBooks(lakes.ferry.work("r"), lakes.blobs);
  assert.ok([...lakes.sink.writes().values()].every((count) => count === 1));
});

test("large files, swapped kinds and access alone find renamed places too", async () => {
  const made = oddLake();
  const ferry = { ...made.ferry, sizes: { largeFileBytes: 100, bytesFor: () => 10, bytesPerRead: 80 } };
  const lakes = { ...made, ferry };
  lakes.source.write("/large.", "0123456789".repeat(40));
  await pass(lakes, { names: "rename" });
  assert.equal(lakes.sink.origins().get("/large^002E")?.name, "large.");
  for (const name of ["x.", "large."]) lakes.source.remove(`/${name}`);
  lakes.source.write("/x./inside.", "a folder now");
  lakes.source.remove("/folders/a\\b");
  lakes.source.write("/folders/a\\b", "a file now");
  const swapped = await pass(lakes, { names: "rename", extra: "delete", maxDeletes: 10, audit: true });
  assert.deepEqual([swapped.status, swapped.tally.differences], ["Succeeded", {}]);
  assertRenamed(lakes);
  lakes.source.setAccess("/in\u007fside", { owner: "somebody" });
  const mended = await pass(lakes, { names: "rename", mode: "access" });
  assert.deepEqual([mended.status, mended.tally.filesAccess], ["Succeeded", 1]);
  assert.equal(lakes.sink.accesses().get("/in^007Fside")?.owner, "somebody");
});

test("content of another item at a renamed one's place is not taken for it", async () => {
  const lakes = testFerry();
  lakes.source.write("/x^002E", "its own");
  assert.equal((await pass(lakes)).status, "Succeeded");
  lakes.source.write("/x.", "another");
  assert.equal((await pass(lakes, { names: "rename", audit: true })).status, "Succeeded");
  assertRenamed(lakes);
});
