// A person terminates an orchestration in the portal: the keeper finds the run and puts it to rest, and nothing is lost.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { callApp, type Migration } from "../../src/cli/api.ts";
import { startLocalAzure } from "../../local/start/azure.ts";
import { assertSameTree, eventually, manyFiles, setFaults, tempFolder, totalsOf, writeTree, writtenOf } from "./kit.ts";

test("a terminated orchestration leaves its run paused, and a resume ends it exact", async (t) => {
  const [source, out, stateDir] = [tempFolder(t), tempFolder(t), tempFolder(t)];
  writeTree(source, manyFiles("slow", 600));
  process.env["Lakeferry__keeperGraceMs"] = "0";
  const azure = await startLocalAzure({ source, out, stateDir, meta: join(stateDir, "meta.jsonl"), port: undefined });
  t.after(async () => azure.stop());
  await setFaults(azure.source, [{ match: { op: "OPEN" }, effect: { delayMs: 200 } }]);
  const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", { sink: { fileSystem: "lake" } });
  const url = `${azure.url}/api/migrations/${id}`;
  const until = (what: string, is: (migration: Migration) => boolean) =>
    eventually(what, async () => {
      const migration = await callApp<Migration>(url);
      return is(migration) ? migration : undefined;
    });
  await until("the first files", ({ report }) => report.filesWritten > 0);

  const { terminatePostUri } = await callApp<{ terminatePostUri: string }>(`${url}/orchestration`);
  await fetch(terminatePostUri.replace("{text}", "a test"), { method: "POST" });
  const keep = () => fetch(`${azure.url}/admin/functions/keeper`, { method: "POST", body: '{"input":""}' });
  await eventually("the run to be paused", async () => {
    await keep();
    return (await callApp<Migration>(url)).status === "Paused" ? true : undefined;
  });

  await setFaults(azure.source, []);
  await callApp(`${url}/resume`, "POST");
  const { status, report } = await until("the end", ({ status: now }) => !["Paused", "Running"].includes(now));
  assert.equal(status, "Succeeded");
  const { files, bytes } = totalsOf(source);
  assert.deepEqual([writtenOf(report).files, writtenOf(report).bytes], [files, bytes]);
  assertSameTree(source, join(out, "lake"));
});
