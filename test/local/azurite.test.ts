import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { startAzurite } from "../../local/start/azurite.ts";

test("after a kill -9 the tables never remember more than the blobs", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-azurite-"));
  const start = async () => {
    const { running, connectionString } = await startAzurite(folder, join(folder, "log"));
    t.after(() => running.stop());
    const table = TableClient.fromConnectionString(connectionString, "marks", { allowInsecureConnection: true });
    return { running, table, blob: new ContainerClient(connectionString, "lines").getAppendBlobClient("a") };
  };
  t.after(() => rmSync(folder, { recursive: true, force: true }));

  const first = await start();
  await first.table.createTable();
  await new ContainerClient(first.blob.url.replace(/\/a$/u, ""), first.blob.credential).create();
  await first.blob.create();
  // Long enough for Azurite to have written its databases down at least once, and to have forgotten something.
  const endMs = Date.now() + 6500;
  let written = 0;
  while (Date.now() < endMs) {
    await first.blob.appendBlock("x", 1);
    await first.table.upsertEntity({ partitionKey: "p", rowKey: "r", n: ++written }, "Replace");
  }
  process.kill(first.running.pid, "SIGKILL");
  await first.running.exited;

  const second = await start();
  const { n } = await second.table.getEntity<{ n: number }>("p", "r");
  const { contentLength = 0 } = await second.blob.getProperties();
  assert.ok(n > 0 && n <= written);
  assert.ok(contentLength >= n, `the table remembers ${n}, the blob ${contentLength}`);
});
