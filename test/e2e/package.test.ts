// What is deployed is what was tested: the zip, unpacked where nothing of the checkout is near.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { unzipSync } from "fflate";
import { callApp, type Migration } from "../../src/cli/api.ts";
import { startLocalAzure } from "../../local/start/azure.ts";
import { projectRoot } from "../../local/start/processes.ts";
import { assertSameTree, eventually, manyFiles, tempFolder, writeTree } from "./kit.ts";

function packed(out: string): Uint8Array {
  const script = join(projectRoot, "scripts", "package.ts");
  const { status, stderr } = spawnSync(process.execPath, [script, "--out", out], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return readFileSync(join(out, "lakeferry.zip"));
}

test("the package holds three files and no dependency, and is the same whenever it is made", (t) => {
  const zip = packed(tempFolder(t));
  assert.deepEqual(Object.keys(unzipSync(zip)).toSorted(), ["dist/lakeferry.cjs", "host.json", "package.json"]);
  assert.ok(Buffer.from(zip).equals(Buffer.from(packed(tempFolder(t)))));
});

test("the package, unpacked elsewhere, runs a migration", async (t) => {
  const [out, app, source, sink, stateDir] = [0, 1, 2, 3, 4].map(() => tempFolder(t));
  for (const [path, content] of Object.entries(unzipSync(packed(out ?? "")))) {
    mkdirSync(dirname(join(app ?? "", path)), { recursive: true });
    writeFileSync(join(app ?? "", path), content);
  }
  const unpacked = JSON.parse(readFileSync(join(app ?? "", "package.json"), "utf8")) as Record<string, unknown>;
  assert.deepEqual(
    [unpacked["dependencies"], unpacked["devDependencies"], unpacked["scripts"]],
    [undefined, undefined, undefined],
  );
  writeTree(source ?? "", { ...manyFiles("some", 40), "empty folder/": "" });
  const azure = await startLocalAzure({
    app: app ?? "",
    source: source ?? "",
    out: sink ?? "",
    stateDir: stateDir ?? "",
    meta: join(stateDir ?? "", "gen1.jsonl"),
    port: 0,
  });
  try {
    const url = `${azure.url}/api/migrations`;
    const { id } = await callApp<{ id: string }>(url, "POST", { sink: { fileSystem: "lake" } });
    const ended = await eventually("the migration to end", async () => {
      const now = await callApp<Migration>(`${url}/${id}`);
      return ["Queued", "Running"].includes(now.status) ? undefined : now;
    });
    assert.deepEqual([ended.status, ended.report.filesWritten, ended.report.filesFailed], ["Succeeded", 40, 0]);
  } finally {
    await azure.stop();
  }
  assertSameTree(source ?? "", join(sink ?? "", "lake"));
});
