import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSampleLake } from "../../local/sample.ts";
import { filesLake, tempFolder } from "./gen1/kit.ts";

const bigFileBytes = 1024 * 1024;

test("the sample lake is the same wherever it is made, and is served as it was planned", async (t) => {
  const dumps = [];
  for (const folder of [tempFolder(t), tempFolder(t)]) {
    const [root, meta] = [join(folder, "sample"), join(folder, "sample.jsonl")];
    const summary = await makeSampleLake(root, meta, { bigFileBytes });
    const lake = await filesLake(t, { root, meta });
    const dump = await lake.dump();
    assert.deepEqual(lake.gen1.warnings(), []);
    assert.equal(dump.filter(({ kind }) => kind === "file").length, summary.files);
    assert.equal(dump.filter(({ kind }) => kind === "folder").length, summary.folders + 1);
    assert.equal(
      dump.reduce((sum, { bytes }) => sum + bytes, 0),
      summary.bytes,
    );
    assert.equal(summary.written, summary.files);
    // The root's own time is the one thing nobody plans.
    dumps.push(dump.filter(({ path }) => path !== "/"));
  }
  assert.deepEqual(dumps[0], dumps[1]);
});

test("the sample lake holds what makes a migration hard", async (t) => {
  const folder = tempFolder(t);
  const [root, meta] = [join(folder, "sample"), join(folder, "sample.jsonl")];
  await makeSampleLake(root, meta, { bigFileBytes });
  const lake = await filesLake(t, { root, meta });
  const dump = await lake.dump();
  const of = (path: string) => dump.find((each) => each.path === path);
  assert.deepEqual(await lake.names("/empty folder"), []);
  assert.equal(of("/logs/empty.log")?.bytes, 0);
  assert.equal(of("/archive/telemetry.bin")?.bytes, bigFileBytes);
  assert.equal(of("/scratch/expires in 2099.json")?.expiresMs, Date.UTC(2099, 11, 31));
  assert.equal(dump.filter(({ path }) => /^\/sales\/\d{4}\/\d\d\/\d\d\/[^/]+$/.test(path)).length, 600);
  assert.ok((await lake.acl("/finance")).some((entry) => entry.startsWith("default:user:")));
  assert.equal((await lake.status("/finance/2023/q1.csv"))["aclBit"], true);
  assert.notEqual(of("/finance")?.owner, of("/public")?.owner);
});

test("a sample lake that is whole is left alone, a damaged one is mended", async (t) => {
  const folder = tempFolder(t);
  const [root, meta] = [join(folder, "sample"), join(folder, "sample.jsonl")];
  await makeSampleLake(root, meta, { bigFileBytes });
  const stamp = statSync(root).ctimeMs;
  assert.equal((await makeSampleLake(root, meta, { bigFileBytes })).written, 0);
  assert.equal(statSync(root).ctimeMs, stamp);

  const before = readFileSync(meta, "utf8");
  truncateSync(join(root, "archive", "telemetry.bin"), 1000);
  rmSync(join(root, "readme.txt"));
  utimesSync(join(root, "public", "prices.csv"), 1, 1);
  rmSync(meta);
  assert.equal((await makeSampleLake(root, meta, { bigFileBytes })).written, 3);
  assert.equal((await makeSampleLake(root, meta, { bigFileBytes })).written, 0);
  assert.equal(readFileSync(meta, "utf8"), before);
});
