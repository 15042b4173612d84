import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { budget } from "../../src/core/budget.ts";
import { type Cut, cutBytes, decodeCut, encodeCut, isDone, maxCutBytes, takenOver } from "../../src/core/cut.ts";
import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";
import { selectionOf } from "../../src/core/selection.ts";
import type { Visitor } from "../../src/ferry/visitor.ts";
import { startWalk } from "../../src/ferry/walk.ts";
import { fuse } from "../kit/fuse.ts";
import { memorySource } from "../kit/memoryLake.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const wholeLake: Cut = { ranges: [{ folder: rootPath }], open: [] };

// What a walk did, as the paths it counted; some files and folders are postponed at their first visit.
function counting(seen: string[], stubborn: Set<string>): Visitor {
  const isStubborn = (path: string) => stubborn.delete(path);
  return {
    file: async (path, entry) => {
      await turn();
      if (isStubborn(path)) return "postponed";
      if (entry === undefined && path.endsWith("d")) return "folder";
      if (path.length % 3 === 0) return { do: "skipped", because: "same", bytes: 0, digest: "0" };
      // Some have changed when they are looked at again.
      const modifiedMs = path.length % 5 === 0 ? 1 : 1000;
      return { do: "sent", copied: { do: "copied", bytes: 0, modifiedMs, read: 0, digest: "0" } };
    },
    folder: async (path) => {
      await turn();
      return isStubborn(path) ? "postponed" : { do: path.length % 2 === 0 ? "made" : "found" };
    },
    blocks: async (run) => {
      await turn();
      run.from = run.to;
      seen.push(run.path);
      return "done";
    },
    confirm: async (path, { copied }) => {
      await turn();
      return isStubborn(`${path}?`) ? "postponed" : copied;
    },
    fileOpened: () => undefined,
    listed: async () => "postponed",
    unlisted: async () => "postponed",
    fileDone: (path) => void seen.push(path),
    extra: async () => ({ told: [], errands: [] }),
    errand: async () => "over",
    extraDone: () => undefined,
    joined: () => undefined,
    folderDone: (path) => void seen.push(`${path}/`),
  };
}

const trees = fc
  .array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 40 })
  .map((branches) => branches.map((branch) => branch.map((name) => `${name}d`).join("/")));

test("however often a walk is stopped, saved, given away and taken up again, every name is counted once", async () => {
  await fc.assert(
    fc.asyncProperty(
      trees,
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(1, 2, 3, 4, 5, 200),
      fc.boolean(),
      fc.constantFrom(undefined, "f?", "f*5", "*"),
      async (folders, turns, pageSize, isLost, wildcardFileName) => {
        // What isn't selected is counted like all else, and folders wait for something in them.
        const all = { folderPath: "/", recursive: true };
        const selection = wildcardFileName === undefined ? undefined : selectionOf({ ...all, wildcardFileName });
        const source = memorySource(pageSize);
        for (const [index, folder] of folders.entries()) {
          source.makeFolder(`/${folder}` as LakePath);
          source.write(`/${folder}/f${index}`, "");
          // Files before the next folders, enough to be passed by for them.
          for (let more = 0; index % 5 === 2 && more < 70; more++) source.write(`/${folder}/!${more}`, "");
        }
        const wanted = [...source.files().keys(), ...[...source.folders()].map((folder) => `${folder}/`)];
        const stubborn = new Set(
          wanted.filter((_, index) => index % 7 === 3).map((path) => path.replace(/(.)\/$/u, "$1")),
        );
        stubborn.delete("/");
        for (const path of wanted) if (path.length % 4 === 1) stubborn.add(`${path}?`);
        const seen: string[] = [];
        const left: Cut[] = [wholeLake];
        for (let round = 0; left.length > 0; round++) {
          const cut = left.pop() ?? wholeLake;
          const walk = startWalk(
            source,
            cut,
            counting(seen, stubborn),
            { listings: 2, files: budget(3) },
            new AbortController().signal,
            { selection },
          );
          const given: Cut[] = [];
          for (let at = 0; at < (turns[round % turns.length] ?? 1); at++) {
            await turn();
            if (at % 4 === 2) void walk.spread(3);
            walk.hold(at % 3 === 1);
            walk.seek((round + at) % 4 < 2);
            if (at % 5 === 3) walk.settle();
            if (at % 2 === 1) given.push(...walk.give(1 + (at % 3)));
          }
          walk.hold(false);
          if (round < 60) walk.stop();
          await walk.ended;
          for (const rest of [walk.cut(), ...given]) {
            const back = decodeCut(JSON.parse(JSON.stringify(encodeCut(rest))));
            if (!isDone(back)) left.push(isLost ? takenOver(back) : back);
          }
        }
        assert.deepEqual(seen.toSorted(), wanted.toSorted());
      },
    ),
    { numRuns: 80 },
  );
});

test("a folder that was given away while it was looked at is not walked here as well", async () => {
  const source = memorySource(10);
  for (let index = 0; index < 200; index++) source.write(`/f${String(index).padStart(3, "0")}`, "");
  const seen: string[] = [];
  const width = { listings: 1, files: budget(1) };
  const walk = startWalk(source, wholeLake, counting(seen, new Set()), width, new AbortController().signal);
  while (seen.length < 3) await turn();
  const asked = fuse();
  const { nameAfter } = source;
  source.nameAfter = async (folder, after, signal) => {
    await asked.burnt;
    return nameAfter(folder, after, signal);
  };
  const spread = walk.spread(4);
  const given = [...walk.give(4)];
  asked.light();
  await spread;
  given.push(...walk.give(4));
  await walk.ended;
  for (const cut of given) {
    await startWalk(source, cut, counting(seen, new Set()), width, new AbortController().signal).ended;
  }
  assert.deepEqual(seen.toSorted(), ["//", ...source.files().keys()].toSorted());
});

test("a walk that seeks work for others comes to folders before the files in front of them, on any page", async () => {
  const source = memorySource(50);
  for (let index = 0; index < 300; index++) source.write(`/f${String(index).padStart(3, "0")}`, "");
  source.write("/g/h/deep", "");
  const seen: string[] = [];
  const width = { listings: 1, files: budget(1) };
  const walk = startWalk(source, wholeLake, counting(seen, new Set()), width, new AbortController().signal);
  walk.seek(true);
  while (seen.length < 3) await turn();
  assert.deepEqual(seen.slice(0, 3), ["/g/", "/g/h/", "/g/h/deep"]);
  assert.equal(walk.cut().ranges.filter(({ folder }) => folder === "/").length, 6);
  walk.seek(false);
  await walk.ended;
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, 300 + 1 + 3);
});

test("a range that ends with the last name of a page is listed once", async () => {
  const source = memorySource(10);
  for (let index = 10; index < 50; index++) source.write(`/f${index}`, "");
  let listings = 0;
  source.onCall = (op) => void (op === "list" && listings++);
  const cut: Cut = { ranges: [{ folder: rootPath, after: "f19", upTo: "f39" }], open: [] };
  const seen: string[] = [];
  await startWalk(source, cut, counting(seen, new Set()), { listings: 1, files: budget(4) }, AbortSignal.any([])).ended;
  // Two pages, and each once more after its files were sent.
  assert.deepEqual([seen.length, listings], [20, 4]);
});

test("a range is cut inside itself only, however far its page goes", async () => {
  const source = memorySource(50);
  for (let index = 0; index < 400; index++) source.write(`/f${String(index).padStart(3, "0")}`, "");
  const range = { folder: rootPath, after: "f099", upTo: "f119" };
  const seen: string[] = [];
  const width = { listings: 1, files: budget(1) };
  const cut = { ranges: [range], open: [] };
  const walk = startWalk(source, cut, counting(seen, new Set()), width, new AbortController().signal);
  while (seen.length < 2) await turn();
  await walk.spread(8);
  const given = walk.give(8);
  await walk.ended;
  for (const rest of given) {
    await startWalk(source, rest, counting(seen, new Set()), width, new AbortController().signal).ended;
  }
  assert.deepEqual(
    seen.toSorted(),
    Array.from({ length: 20 }, (_, index) => `/f${100 + index}`),
  );
});

test("a lake whose cut would not fit into a row is saved in rows that do", async () => {
  const { ferry, source, sink, clock, rows } = testFerry({ saveMs: 1, listings: 8 });
  // Eight chains, fifty deep, of names that cost six characters each, with a file on every level.
  for (let chain = 0; chain < 8; chain++) {
    let folder = rootPath;
    for (let level = 0; level < 50; level++) {
      folder = childPath(folder, `${"\u4e2d".repeat(14)}${chain}`);
      source.write(childPath(folder, "zz"), "z");
    }
  }
  source.onCall = () => clock.sleep(5);
  let largest = 0;
  const { transact } = rows;
  Object.assign(rows, {
    transact: (changes: Parameters<typeof transact>[0]) => {
      for (const { row } of changes) {
        const parts = Object.entries(row).filter(([name]) => /^cut\d+$/u.test(name));
        largest = Math.max(largest, ...parts.map(([, text]) => 2 * String(text).length));
      }
      return transact(changes);
    },
  });
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  const { created, done, tally } = await ferry.work("r").account();
  assert.ok(created > 1 && created === done, `${created} packets made, ${done} done`);
  assert.equal(tally.foldersMade, 401);
  assert.ok(largest > maxCutBytes / 4 && largest <= maxCutBytes, `${largest} bytes`);
});

test("more ranges than a row can hold are several packets from the start", async () => {
  const { ferry, source, sink } = testFerry();
  const bound = (index: number, end: string) => `${String(index).padStart(4, "0")}${"n".repeat(150)}${end}`;
  const ranges = Array.from({ length: 400 }, (_, index) => ({
    listAfter: bound(index, "a"),
    listBefore: bound(index, "c"),
  }));
  for (let index = 0; index < 400; index++) source.write(`/${bound(index, "b")}`, "x");
  const request = requestOf({ source: { ranges } });
  await addRun(ferry, "r", request);
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.equal(sink.files().size, 400);
  const { created, done, tally } = await ferry.work("r").account();
  assert.ok(created > 1 && created === done);
  assert.equal(tally.filesCopied, 400);
  assert.ok(
    cutBytes({
      ranges: ranges.map(({ listAfter, listBefore }) => ({ folder: rootPath, after: listAfter, upTo: listBefore })),
      open: [],
    }) > maxCutBytes,
  );
});
