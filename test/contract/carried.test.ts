import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DataLakeServiceClient,
  type PathAccessControlItem,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import type { Gen2 } from "../../local/gen2/gen2.ts";
import { budget } from "../../src/core/budget.ts";
import { totalOf } from "../../src/core/tally.ts";
import { assertBooks } from "../kit/books.ts";
import { emulatedFerry } from "../kit/emulatedFerry.ts";
import { inUnits } from "../kit/memoryLake.ts";
import { type PlannedItem, plannedLake } from "../kit/plannedLake.ts";
import { requestTable } from "../kit/requestTable.ts";
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
    const lake = openLake(gen2);
    const expiries = new Map<string, number>();
    for await (const { name = "", expiresOn } of lake.listPaths({ recursive: true })) {
      expiries.set(`/${name}`, expiresOn?.getTime() ?? 0);
    }
    const slots = budget(16);
    await Promise.all(
      items.map(async (item) => {
        const release = await slots.take(1);
        try {
          await assertThere(lake, item);
        } finally {
          release();
        }
        // Whole seconds, and none too early.
        assert.equal(expiries.get(item.path), Math.ceil(item.expiresMs / 1000) * 1000, item.path);
      }),
    );
  } finally {
    await close();
  }
});

test("names that Gen2 refuses cross the wire both ways, and Microsoft's own client reads the source's in the metadata", async () => {
  const { ferry, blobs, gen1, gen2, close } = await emulatedFerry([]);
  try {
    const odd = ["x.", "a\\b", "back\\.", "\u0081\uffff", "^005C"];
    for (const name of odd) {
      gen1.store.makeFolder(`/in ${name}`);
      gen1.store.makeFile(`/in ${name}/${name}`);
      await gen1.store.append(`/in ${name}/${name}`, Buffer.from(name));
    }
    for (const id of ["first", "second"]) {
      await addRun(ferry, id, requestOf({ names: "rename", preserve: [], audit: id === "second" }));
      const { status, error } = await drive(ferry, id);
      assert.equal(status, "Succeeded", error?.detail);
      const { tally } = await ferry.work(id).account();
      assert.deepEqual([tally.filesCopied, tally.differences], [id === "first" ? odd.length : 0, {}]);
      assert.equal(tally.extraFiles + tally.extraFolders, 0);
    }
    await assertBooks(ferry.work("first"), blobs);
    const lake = openLake(gen2);
    const found: string[] = [];
    for await (const { name = "", isDirectory = false } of lake.listPaths({ recursive: true })) {
      const client = isDirectory ? lake.getDirectoryClient(name) : lake.getFileClient(name);
      found.push(JSON.parse((await client.getProperties()).metadata?.["lakeferry_name"] ?? '""') as string);
      if (!isDirectory) assert.equal((await read(lake, name)).bytes.toString("utf8"), found.at(-1));
    }
    assert.deepEqual(found.toSorted(inUnits), [...odd, ...odd.map((name) => `in ${name}`)].toSorted(inUnits));
  } finally {
    await close();
  }
});

test("a small file costs the requests that are promised, counted at both emulators", async () => {
  const read = { OPEN: 1 };
  const readBoth = { OPEN: 1, GETACLSTATUS: 1 };
  const put = { putBlob: 1 };
  const putBoth = { putBlob: 1, setAccessControl: 1 };
  const rows = await requestTable();
  assert.deepEqual(
    rows.map(({ what, source, sink }) => [what, source, sink]),
    [
      ["first copy: no ACL, as it would inherit", read, put],
      ["first copy: no ACL, another owner", read, putBoth],
      ["first copy: ACL, as it would inherit", readBoth, put],
      ["first copy: ACL, another owner", readBoth, putBoth],
      ["first copy: ACL of its own", readBoth, putBoth],
      ["first copy: another owner and an expiry", read, { ...putBoth, setExpiry: 1, lease: 2 }],
      ["first copy, nothing preserved", read, put],
      ["rerun, nothing changed", {}, {}],
      ["rerun, nothing changed, compareAccess full", { GETACLSTATUS: 1 }, {}],
      ["access alone, nothing to set", {}, {}],
    ],
  );
  // Besides, the first file of its kind is read back, and the first one of somebody unknown asked whose it is.
  for (const { what, once } of rows) {
    for (const [op, count] of Object.entries(once)) {
      assert.ok(["getAccessControl", "GETACLSTATUS"].includes(op) && count === 1, `${what}: ${count} ${op}`);
    }
  }
});

type Lake = ReturnType<DataLakeServiceClient["getFileSystemClient"]>;

function openLake({ url, account, accountKey = assert.fail("no key") }: Gen2): Lake {
  const credential = new StorageSharedKeyCredential(account, accountKey);
  return new DataLakeServiceClient(url, credential, { retryOptions: { maxTries: 1 } }).getFileSystemClient("lake");
}

async function assertThere(lake: Lake, { path, content, modifiedMs, ...item }: PlannedItem): Promise<void> {
  const name = path.slice(1);
  const client = content === undefined ? lake.getDirectoryClient(name) : lake.getFileClient(name);
  const access = await client.getAccessControl();
  assert.deepEqual([access.owner, access.group], [item.owner, item.group], path);
  assert.deepEqual(access.acl.map(entryText).toSorted(), item.acl.split(",").toSorted(), path);
  assert.equal(access.permissions?.stickyBit ?? false, item.isSticky, path);
  const { metadata, bytes } =
    content === undefined ? { ...(await client.getProperties()), bytes: undefined } : await read(lake, name);
  const { hdi_isfolder: _, ...own } = metadata ?? {};
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
  if (content !== undefined) assert.ok(bytes?.equals(content), path);
}

async function read(lake: Lake, name: string) {
  const { metadata, readableStreamBody = assert.fail(name) } = await lake.getFileClient(name).read();
  const chunks: Buffer[] = [];
  for await (const chunk of readableStreamBody) chunks.push(Buffer.from(chunk));
  return { metadata, bytes: Buffer.concat(chunks) };
}

function entryText({ defaultScope, accessControlType, entityId, permissions }: PathAccessControlItem): string {
  const { read, write, execute } = permissions;
  const bits = `${read ? "r" : "-"}${write ? "w" : "-"}${execute ? "x" : "-"}`;
  return `${defaultScope ? "default:" : ""}${accessControlType}:${entityId}:${bits}`;
}
