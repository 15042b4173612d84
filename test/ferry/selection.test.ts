// What a migration selects: by time, by pattern, by globs; and what it leaves alone without asking for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertBooks } from "../kit/books.ts";
import { driveWithLosses } from "../kit/dying.ts";
import { addRun, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

const at = (time: string) => Date.parse(time);

// The paths at which a listing was asked for.
function listings({ source }: TestFerry): string[] {
  const listed: string[] = [];
  const { list } = source;
  Object.assign(source, {
    list: (...args: Parameters<typeof list>) => {
      listed.push(args[1] === undefined ? args[0] : `${args[0]} > ${args[1]}`);
      return list(...args);
    },
  });
  return listed;
}

async function migrate(made: TestFerry, source: object, id = "r", losses = 0) {
  await addRun(made.ferry, id, requestOf({ source }));
  const run = await driveWithLosses(made.ferry, id, losses);
  const lines = await assertBooks(made.ferry.work(id), made.blobs);
  const { tally } = await made.ferry.work(id).account();
  return { run, tally, lines };
}

test("a pattern over ten years of days asks only for folders that can match, and begins at the first of them", async () => {
  const made = testFerry();
  for (let day = at("2010-01-01"); day < at("2020-01-01"); day += 86_400_000) {
    made.source.write(`/logs/${new Date(day).toISOString().slice(0, 10).replaceAll("-", "/")}/part-0.csv`, "x");
  }
  made.source.write("/logs/readme.txt", "x");
  made.source.write("/logs/tmp/x", "x");
  const listed = listings(made);
  const timePattern = { path: "/{yyyy}/{MM}/{dd}/*", start: "2016-12-30T06:00:00Z", end: "2017-01-02T00:00:00Z" };
  const { run, tally } = await migrate(made, { folderPath: "/logs", timePattern });
  assert.equal(run.status, "Succeeded");
  assert.deepEqual([...made.sink.files().keys()].toSorted(), [
    "/2016/12/30/part-0.csv",
    "/2016/12/31/part-0.csv",
    "/2017/01/01/part-0.csv",
  ]);
  // Folders with files that were sent are listed once more, as the root is to see whether it may be listed.
  assert.deepEqual(
    [...new Set(listed)].toSorted(),
    [
      "/logs",
      "/logs > 2015\ud7ff",
      "/logs/2016 > 11\ud7ff",
      "/logs/2016/12 > 3.\ud7ff",
      "/logs/2016/12/30",
      "/logs/2016/12/31",
      "/logs/2017 > 00\ud7ff",
      "/logs/2017/01 > 00\ud7ff",
      "/logs/2017/01/01",
    ].toSorted(),
  );
  assert.equal(tally.filesListed, 3);
});

test("folders in which nothing is selected are not made, and everything that was listed has its line", async () => {
  const made = testFerry({}, 3);
  for (const path of ["/a/x.csv", "/a/y.tmp", "/b/y.tmp", "/b/z.tmp", "/c/d/e/x.csv", "/c/d/f/y.tmp", "/top.tmp"])
    made.source.write(path, path);
  for (let index = 0; index < 10; index++) made.source.write(`/wide/${index}.tmp`, "x");
  made.source.write("/wide/zz.csv", "x");
  made.source.makeFolder("/empty");
  const { run, tally, lines } = await migrate(made, { wildcardFileName: "*.csv" });
  assert.equal(run.status, "Succeeded");
  assert.deepEqual([...made.sink.files().keys()].toSorted(), ["/a/x.csv", "/c/d/e/x.csv", "/wide/zz.csv"]);
  assert.deepEqual([...made.sink.folders()].toSorted(), ["/", "/a", "/c", "/c/d", "/c/d/e", "/wide"]);
  assert.deepEqual(tally.filesSkipped, { filtered: 15 });
  assert.deepEqual(tally.foldersSkipped, { filtered: 3 });
  assert.equal(tally.foldersMade + tally.foldersFound, 6);
  const filtered = lines.filter(({ because }) => because === "filtered");
  assert.ok(
    filtered.some(
      ({ type, path, first, last, files }) =>
        type === "files" && path === "/b" && first === "y.tmp" && last === "z.tmp" && files === 2,
    ),
  );
  assert.ok(filtered.every(({ type }) => type === "files" || type === "folders"));
});

test("a time filter takes an empty folder, and lists what it leaves out for the digest", async () => {
  const made = testFerry();
  made.source.write("/old/a", "1", at("2019-01-01"));
  made.source.write("/new/a", "2", at("2019-05-13"));
  made.source.write("/new/b", "3", at("2019-05-14"));
  made.source.makeFolder("/empty");
  const window = { modifiedDatetimeStart: "2019-05-13T00:00:00Z", modifiedDatetimeEnd: "2019-05-14T00:00:00Z" };
  const { tally } = await migrate(made, window);
  assert.deepEqual([...made.sink.files().keys()], ["/new/a"]);
  assert.deepEqual([...made.sink.folders()].toSorted(), ["/", "/empty", "/new"]);
  const whole = await migrate(made, {}, "whole");
  assert.equal(tally.digest, whole.tally.digest);
});

test("excluded folders are neither listed nor made, and their names are told together", async () => {
  const made = testFerry();
  for (const name of ["a", "b", "c"]) made.source.write(`/${name}/_temporary/0/x`, "x");
  for (const name of ["t1", "t2", "t3"]) made.source.write(`/a/_tmp${name}/x`, "x");
  made.source.write("/a/x", "x");
  const listed = listings(made);
  const { tally, lines } = await migrate(made, { exclude: ["**/_t*"] });
  assert.deepEqual([...new Set(listed)].toSorted(), ["/", "/a", "/a > _tmpt3", "/b", "/c"]);
  assert.deepEqual([...made.sink.folders()].toSorted(), ["/", "/a", "/b", "/c"]);
  assert.deepEqual(tally.foldersSkipped, { filtered: 6 });
  assert.ok(lines.some(({ type, path, folders }) => type === "folders" && path === "/a" && folders === 4));
});

test("however often a filtered walk loses its workers, its books are right and folders are made once", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const made = testFerry({ saveMs: 5 }, 2);
    for (let index = 0; index < 40; index++) {
      made.source.write(`/d${index % 5}/e${index % 3}/${index % 4 === 0 ? "yes" : "no"}${index}`, "x");
    }
    made.source.makeFolder("/d9/empty");
    made.source.onCall = () => made.clock.sleep(2);
    const { run, tally } = await migrate(made, { wildcardFileName: "yes*" }, "r", 2 + seed);
    assert.equal(run.status, "Succeeded", JSON.stringify(run.error));
    const wanted = [...made.source.files().keys()].filter((path) => path.includes("/yes"));
    assert.deepEqual([...made.sink.files().keys()].toSorted(), wanted.toSorted());
    assert.equal(tally.filesListed, 40);
    assert.equal(tally.filesCopied, 10);
    assert.equal(tally.foldersListed, made.source.folders().size);
  }
});

test("not recursive, a wildcard's folders are entered and theirs are not", async () => {
  const made = testFerry();
  for (const path of ["/x1/a", "/x1/sub/b", "/x2/c", "/y/d", "/e"]) made.source.write(path, "x");
  const { tally } = await migrate(made, { wildcardFolderPath: "x*", recursive: false });
  assert.deepEqual([...made.sink.files().keys()].toSorted(), ["/x1/a", "/x2/c"]);
  assert.deepEqual(tally.foldersSkipped, { "not-recursive": 1, filtered: 1 });
});
