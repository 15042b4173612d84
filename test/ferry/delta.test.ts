import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { emptyTally, type Tally } from "../../src/core/tally.ts";
import { journalLines } from "../../src/state/journal.ts";
import type { Run } from "../../src/core/run.ts";
import { linesOf } from "../kit/books.ts";
import { addRun, drive, requestOf, testFerry, type TestFerry } from "../kit/testFerry.ts";

type Line = {
  readonly outcome: string;
  readonly path: string;
  readonly plan?: string;
  readonly because?: string;
  readonly sign?: string;
};
type Pass = { readonly run: Run; readonly tally: Tally; readonly lines: readonly Line[] };

let passes = 0;

async function pass(lakes: TestFerry, body: Readonly<Record<string, unknown>> = {}): Promise<Pass> {
  const id = `pass-${passes++}`;
  await addRun(lakes.ferry, id, requestOf(body));
  const run = await drive(lakes.ferry, id);
  const lines: Line[] = [];
  for await (const { text } of journalLines(lakes.blobs, lakes.ferry.work(id).journal())) {
    lines.push(JSON.parse(text) as Line);
  }
  return { run, tally: (await lakes.ferry.work(id).account()).tally, lines };
}

const said = ({ lines }: Pass) =>
  lines
    .filter(({ outcome }) => outcome !== "skipped" && outcome !== "found")
    .map(({ outcome, plan, path, because }) => `${outcome}${plan === undefined ? "" : ` ${plan}`} ${path} ${because}`)
    .toSorted();

/** A lake that was brought over once. */
async function migrated(): Promise<TestFerry> {
  const lakes = testFerry();
  const { source } = lakes;
  for (const path of ["/a", "/b", "/d/x", "/d/y", "/gone/z", "/gone/deep/w", "/swap/inside", "/plain"]) {
    source.write(path, `content of ${path}`);
  }
  source.makeFolder("/empty");
  assert.equal((await pass(lakes)).run.status, "Succeeded");
  return lakes;
}

test("a second pass over an unchanged lake lists and does nothing else", async () => {
  const lakes = await migrated();
  lakes.sink.onWrite = (_when, op, path) => assert.fail(`${op} ${path}`);
  const second = await pass(lakes);
  assert.equal(second.run.status, "Succeeded");
  assert.deepEqual(said(second), []);
  assert.equal(second.tally.filesSkipped.same, 8);
  assert.equal(second.tally.bytesRead, 0);
});

test("a delta says of each file why it is copied, also to an older time", async () => {
  const lakes = await migrated();
  const { source } = lakes;
  source.write("/a", "longer than it was before");
  source.write("/b", "content of /B", 999);
  source.write("/new/file", "n");
  source.makeFolder("/also-empty");
  const second = await pass(lakes);
  assert.deepEqual(said(second), [
    "copied /a length",
    "copied /b time",
    "copied /new/file absent",
    "made /also-empty undefined",
    "made /new undefined",
  ]);
  assert.deepEqual(lakes.sink.files(), source.files());
});

test("compare: hash finds what length and time hide, and always copies everything", async () => {
  const lakes = await migrated();
  lakes.source.write("/a", "CONTENT OF /a");
  assert.deepEqual(said(await pass(lakes)), []);
  const hashed = await pass(lakes, { compare: "hash" });
  assert.deepEqual(said(hashed), ["copied /a hash"]);
  assert.deepEqual(hashed.tally.proven, { stored: 7 });
  const always = await pass(lakes, { compare: "always" });
  assert.equal(always.tally.filesCopied, 8);
  assert.ok(always.lines.every(({ outcome, because }) => outcome !== "copied" || because === "asked"));
});

test("extra items are told, or passed over, or deleted last with their folders; then an audit finds no difference", async () => {
  const lakes = await migrated();
  lakes.source.remove("/gone");
  lakes.source.remove("/b");
  const told = await pass(lakes);
  assert.deepEqual(said(told), ["extra /b extra", "extra /gone extra"]);
  assert.deepEqual(said(await pass(lakes, { extra: "keep" })), []);
  assert.equal((await pass(lakes, { audit: true })).run.status, "CompletedWithErrors");
  const cleared = await pass(lakes, { extra: "delete", maxDeletes: 5, audit: true });
  assert.equal(cleared.run.status, "Succeeded");
  const { filesDeleted, foldersDeleted, differences } = cleared.tally;
  assert.deepEqual(
    { filesDeleted, foldersDeleted, differences },
    { filesDeleted: 3, foldersDeleted: 2, differences: {} },
  );
  assert.deepEqual(lakes.sink.files(), lakes.source.files());
  assert.deepEqual(lakes.sink.folders(), lakes.source.folders());
});

test("with more extra items than may be deleted, none is", async () => {
  const lakes = await migrated();
  lakes.source.remove("/gone");
  const before = new Map(lakes.sink.files());
  const { run, tally } = await pass(lakes, { extra: "delete", maxDeletes: 3 });
  assert.equal(run.status, "CompletedWithErrors");
  assert.equal(run.error?.code, "TooManyDeletes");
  assert.equal(tally.extraFiles + tally.extraFolders, 4);
  assert.deepEqual(lakes.sink.files(), before);
  assert.equal((await pass(lakes, { extra: "delete", maxDeletes: "20%" })).run.error?.code, "TooManyDeletes");
  assert.equal((await pass(lakes, { extra: "delete", maxDeletes: "30%" })).run.status, "Succeeded");
});

test("a file where a folder was, and a folder where a file was, are conflicts, or swapped when items may be deleted", async () => {
  const lakes = await migrated();
  const { source } = lakes;
  source.remove("/swap");
  source.write("/swap", "a file now");
  source.remove("/plain");
  source.write("/plain/one", "1");
  source.write("/plain/two", "2");
  const refused = await pass(lakes);
  assert.equal(refused.run.status, "CompletedWithErrors");
  assert.deepEqual(said(refused), ["failed /plain conflict", "failed /swap conflict"]);
  const swapped = await pass(lakes, { extra: "delete", maxDeletes: 10, audit: true });
  assert.equal(swapped.run.status, "Succeeded");
  assert.deepEqual(lakes.sink.files(), source.files());
  assert.equal(swapped.tally.filesCopied, 3);
  assert.equal(swapped.tally.filesListed, 9);
});

test("a dry run says item by item what a run would do, and touches nothing", async () => {
  const lakes = await migrated();
  const { source, sink } = lakes;
  source.write("/a", "longer than it was before");
  source.write("/new/file", "n");
  source.remove("/gone");
  source.remove("/plain");
  source.write("/plain/one", "1");
  source.setAccess("/d/x", { owner: "somebody" });
  sink.onWrite = (_when, op, path) => assert.fail(`${op} ${path}`);
  const dry = await pass(lakes, { dryRun: true, extra: "delete", maxDeletes: 10 });
  assert.equal(dry.run.status, "Succeeded");
  assert.deepEqual(
    said(dry).filter((line) => !line.startsWith("extra")),
    [
      "planned access /d/x access",
      "planned copy /a length",
      "planned copy /new/file absent",
      "planned copy /plain/one absent",
      "planned delete /gone extra",
      "planned delete /gone/deep extra",
      "planned delete /gone/deep/w extra",
      "planned delete /gone/z extra",
      "planned make /new absent",
      "planned make /plain swap",
    ],
  );
  sink.onWrite = () => undefined;
  assert.equal((await pass(lakes, { extra: "delete", maxDeletes: 10, audit: true })).run.status, "Succeeded");
});

test("a dry run into a file system that isn't there plans all of it and makes none", async () => {
  const lakes = testFerry();
  lakes.source.write("/a/b", "x");
  lakes.sink.onWrite = (_when, op, path) => assert.fail(`${op} ${path}`);
  assert.deepEqual(said(await pass(lakes, { dryRun: true })), ["planned copy /a/b absent", "planned make /a absent"]);
});

test("nothing is deleted after a run with failures: a source folder that can't be read", async () => {
  const lakes = await migrated();
  lakes.source.remove("/b");
  lakes.source.onCall = (op, path) => {
    if (op === "list" && path === "/d") throw denied(path);
  };
  const { run, tally } = await pass(lakes, { extra: "delete", maxDeletes: 100 });
  assert.equal(run.status, "CompletedWithErrors");
  assert.equal(tally.filesDeleted, 0);
  assert.ok(lakes.sink.files().has("/b") && lakes.sink.files().has("/d/x"));
});

test("a source listing that is cut short deletes nothing that the source still has", async () => {
  const lakes = await migrated();
  const { source } = lakes;
  const list = source.list;
  const short: typeof list = async (folder, after, signal) => {
    const { entries } = await list(folder, after, signal);
    return { entries: folder === "/" ? entries.slice(0, 3) : entries };
  };
  Object.assign(source, { list: short });
  const { tally } = await pass(lakes, { extra: "delete", maxDeletes: 100 });
  assert.equal(tally.filesDeleted, 0);
  assert.ok((tally.kept.atSource ?? 0) > 0);
  assert.deepEqual(lakes.sink.files(), source.files());
});

test("a name that is gone is deleted under the name it was given, and no good one with it", async () => {
  const lakes = testFerry();
  const { source, sink } = lakes;
  for (const path of ["/x.", "/x^002E", "/x", "/d./in", "/d^002E/in"]) source.write(path, `content of ${path}`);
  await pass(lakes, { names: "rename" });
  const clear = { extra: "delete", maxDeletes: 10 };
  for (const path of ["/x.", "/d."]) source.remove(path);
  const { tally } = await pass(lakes, { ...clear, names: "rename", audit: true });
  assert.deepEqual([tally.filesDeleted, tally.foldersDeleted, tally.kept, tally.differences], [2, 1, {}, {}]);
  const left = {
    "/d^005E002E/in": "content of /d^002E/in",
    "/x": "content of /x",
    "/x^005E002E": "content of /x^002E",
  };
  assert.deepEqual(Object.fromEntries(sink.files()), left);
});

test("a run that renames nothing deletes nothing that another has renamed while the source has it", async () => {
  const lakes = testFerry();
  const { source, sink } = lakes;
  for (const path of ["/x^002E", "/d^005E0041/in"]) source.write(path, path);
  await pass(lakes, { names: "rename" });
  const { run, tally } = await pass(lakes, { extra: "delete", maxDeletes: 10 });
  assert.deepEqual([run.status, tally.filesDeleted, tally.foldersDeleted], ["Succeeded", 0, 0]);
  assert.deepEqual(tally.kept, { atSource: 2 });
  assert.deepEqual(
    [...sink.files().values()].toSorted(),
    [...source.files().values(), ...source.files().values()].toSorted(),
  );
  // The other way round as well.
  const back = await pass(lakes, { names: "rename", extra: "delete", maxDeletes: 10 });
  assert.deepEqual([back.tally.filesDeleted, back.tally.foldersDeleted], [0, 0]);
});

test("files that lakeferry didn't write are not deleted, unless the user says so, and folders around them stay", async () => {
  const lakes = await migrated();
  lakes.source.remove("/gone");
  lakes.sink.plant("/gone/deep/foreign", "f");
  lakes.sink.plant("/foreign", "f");
  const first = await pass(lakes, { extra: "delete", maxDeletes: 100 });
  assert.deepEqual([first.tally.filesDeleted, first.tally.foldersDeleted], [2, 0]);
  assert.deepEqual([...lakes.sink.files().keys()].filter((path) => /gone|foreign/u.test(path)).toSorted(), [
    "/foreign",
    "/gone/deep/foreign",
  ]);
  await pass(lakes, { extra: "delete", maxDeletes: 100, deleteForeign: true });
  assert.deepEqual(lakes.sink.folders(), lakes.source.folders());
  assert.deepEqual(lakes.sink.files(), lakes.source.files());
});

test("an item that was changed at the sink after it was compared is not deleted", async () => {
  const lakes = await migrated();
  lakes.source.remove("/b");
  lakes.sink.onWrite = (when, op, path) => {
    if (when === "before" && op === "remove" && path === "/b") {
      lakes.sink.onWrite = () => undefined;
      lakes.sink.plant("/b", "somebody's");
    }
  };
  const { tally } = await pass(lakes, { extra: "delete", maxDeletes: 100 });
  assert.deepEqual([tally.filesDeleted, tally.kept], [0, { changed: 1 }]);
  assert.equal(lakes.sink.files().get("/b"), "somebody's");
});

test("an audit tells what is missing, extra and different, and holds nothing against later changes", async () => {
  const lakes = await migrated();
  const { source, sink } = lakes;
  source.write("/a2", "missing");
  source.write("/b", "other length", 1000);
  source.setAccess("/d/x", { owner: "somebody" });
  sink.plant("/d/extra", "e");
  const id = "audit";
  await addRun(lakes.ferry, id, requestOf({ preserve: ["ACL", "Owner", "Group"] }), { job: "audit", cutOffMs: 2000 });
  source.write("/later", "later", 3000);
  const run = await drive(lakes.ferry, id);
  assert.equal(run.status, "CompletedWithErrors");
  const lines: Line[] = [];
  for await (const { text } of journalLines(lakes.blobs, lakes.ferry.work(id).journal()))
    lines.push(JSON.parse(text) as Line);
  assert.deepEqual(
    lines
      .filter(({ sign = "=" }) => sign !== "=")
      .map(({ sign, path, because }) => `${sign} ${path} ${because}`)
      .toSorted(),
    ["* /b length", "* /d/x owner", "+ /a2 missing", "- /d/extra extra"],
  );
  const { tally } = await lakes.ferry.work(id).account();
  assert.deepEqual(tally.differences, { missing: 1, extra: 1, length: 1, owner: 1 });
  assert.equal(tally.later, 1);
  assert.equal(tally.filesListed, emptyTally.filesListed);
});

test("an audit of a lake in use tells apart what may have been deleted after its cut-off: its folder was changed since", async () => {
  const lakes = await migrated();
  const { source, sink } = lakes;
  source.remove("/d/x", 3000);
  source.remove("/gone", 1500);
  sink.plant("/d/extra", "e");
  source.write("/later", "later", 3000);
  await addRun(lakes.ferry, "audit", requestOf({}), { job: "audit", cutOffMs: 2000 });
  await drive(lakes.ferry, "audit");
  const told = (await linesOf(lakes.ferry.work("audit"), lakes.blobs))
    .filter(({ outcome }) => outcome === "extra" || outcome === "different")
    .map(({ sign, path, because, later }) => `${later === true ? "later" : (sign ?? "")} ${path} ${because}`);
  assert.deepEqual(told.toSorted(), [
    "- /gone extra",
    "later /d/extra extra",
    "later /d/x extra",
    "later /later missing",
  ]);
  const { tally } = await lakes.ferry.work("audit").account();
  // /gone with all that was in it.
  assert.deepEqual([tally.differences, tally.later], [{ extra: 4 }, 3]);
});

test("an audit of a folder whose sink can't be listed finds a difference of its own: nobody knows what only the sink has there", async () => {
  const lakes = await migrated();
  lakes.sink.plant("/d/only-here", "y");
  lakes.sink.onList = (path) => {
    if (path === "/d") throw denied(path);
  };
  await addRun(lakes.ferry, "audit", requestOf({}), { job: "audit" });
  const run = await drive(lakes.ferry, "audit");
  const { tally } = await lakes.ferry.work("audit").account();
  assert.deepEqual([run.status, tally.differences], ["CompletedWithErrors", { unknown: 1 }]);
  const told = (await linesOf(lakes.ferry.work("audit"), lakes.blobs)).filter(({ outcome }) => outcome === "different");
  assert.deepEqual(
    told.map(({ sign, path, because }) => `${sign} ${path} ${because}`),
    ["! /d unknown"],
  );
  // What nobody asks for isn't missed.
  await addRun(lakes.ferry, "part", requestOf({ source: { include: ["d/**"] } }), { job: "audit" });
  assert.equal((await drive(lakes.ferry, "part")).status, "Succeeded");
});

function denied(path: string): Error {
  return new LakeError("denied", { op: "LISTSTATUS", path, detail: "no" });
}
