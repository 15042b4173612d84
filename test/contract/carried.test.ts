import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DataLakeServiceClient,
  type PathAccessControlItem,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { budget } from "../../src/core/budget.ts";
import { totalOf } from "../../src/core/tally.ts";
import { assertBooks } from "../kit/books.ts";
import { emulatedFerry } from "../kit/emulatedFerry.ts";
import { type PlannedItem, plannedLake } from "../kit/plannedLake.ts";
import { addRun, drive, requestOf } from "../kit/testFerry.ts";

test("Microsoft's own client finds the access, expiry, times and bytes of each of 2,000 items as they were at the source", async () => {
  const items = plannedLake(2000);
  const { ferry, blobs, gen2, close } = await emulatedFerry(items);
  try {
    await addRun(ferry, "r", requestOf());
    const run = await drive(ferry, "r");
    assert.equal(run.status, "Succeeded", run.error?.detail);
    await assertBooks(ferry.work("r"), blobs);
    const { tally } = await ferry.work("r").account();
    const folders = items.filter(({ content }) => content === undefined).length;
    assert.deepEqual([tally.filesCopied, tally.foldersMade], [items.length - folders, folders + 1]);
    assert.equal(totalOf(tally.access), items.length, "each item is said to have come to its access in one way");
    assert.ok((tally.access.predicted ?? 0) > 400, JSON.stringify(tally.access));
    const key = gen2.accountKey ?? assert.fail("no key");
    const credential = new StorageSharedKeyCredential(gen2.account, key);
    const service = new DataLakeServiceClient(gen2.url, credential, { retryOptions: { maxTries: 1 } });
    const lake = service.getFileSystemClient("lake");
    const slots = budget(16);
    await Promise.all(
      items.map(async (item) => {
        const release = await slots.take(1);
        try {
          await assertThere(lake, item);
        } finally {
          release();
        }
      }),
    );
  } finally {
    await close();
  }
});

type Lake = ReturnType<DataLakeServiceClient["getFileSystemClient"]>;

async function assertThere(lake: Lake, { path, content, modifiedMs, expiresMs, ...item }: PlannedItem): Promise<void> {
  const name = path.slice(1);
  const client = content === undefined ? lake.getDirectoryClient(name) : lake.getFileClient(name);
  const access = await client.getAccessControl();
  assert.deepEqual([access.owner, access.group], [item.owner, item.group], path);
  assert.deepEqual(access.acl.map(entryText).toSorted(), item.acl.split(",").toSorted(), path);
  assert.equal(access.permissions?.stickyBit ?? false, item.isSticky, path);
  const { metadata = {}, expiresOn, contentLength } = await client.getProperties();
  const { hdi_isfolder: _, ...own } = metadata;
  assert.deepEqual(
    own,
    {
      lakeferry_run: "r",
      lakeferry_length: String(content?.byteLength ?? 0),
      lakeferry_modified: String(modifiedMs),
      mtime: new Date(modifiedMs).toISOString(),
    },
    path,
  );
  // Whole seconds, and none too early.
  assert.equal(expiresOn?.getTime() ?? 0, Math.ceil(expiresMs / 1000) * 1000, path);
  if (content === undefined) return;
  assert.equal(contentLength, content.byteLength, path);
  if (content.byteLength > 0)
    assert.ok((await lake.getFileClient(name).readToBuffer(0, content.byteLength)).equals(content), path);
}

function entryText({ defaultScope, accessControlType, entityId, permissions }: PathAccessControlItem): string {
  const { read, write, execute } = permissions;
  const bits = `${read ? "r" : "-"}${write ? "w" : "-"}${execute ? "x" : "-"}`;
  return `${defaultScope ? "default:" : ""}${accessControlType}:${entityId}:${bits}`;
}
