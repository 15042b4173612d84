import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { BlobServiceClient, StorageSharedKeyCredential as BlobKey } from "@azure/storage-blob";
import {
  DataLakeServiceClient,
  type PathAccessControlItem,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { WELL_KNOWN_KEY } from "../../../local/gen2/auth.ts";
import { asking, failure, startFor } from "./asking.ts";

const reader: PathAccessControlItem = {
  accessControlType: "user",
  entityId: "11111111-2222-3333-4444-555555555555",
  defaultScope: false,
  permissions: { read: true, write: false, execute: true },
};

for (const store of ["memory", "files"] as const) {
  test(`the official Data Lake client does all its work with default settings (${store})`, async (context) => {
    const { service } = await clients(context, store);
    const lake = service.getFileSystemClient("lake");
    await lake.create();
    assert.equal((await lake.createIfNotExists()).succeeded, false);
    const folder = lake.getDirectoryClient("dir one");
    await folder.create({ permissions: "rwxr-x---", umask: "0000" });
    assert.equal((await folder.createIfNotExists()).succeeded, false);

    const small = folder.getFileClient("fü+%25.txt");
    await small.upload(Buffer.from("hello"), {
      pathHttpHeaders: { contentType: "text/plain" },
      metadata: { source: "gen1" },
    });
    assert.equal((await small.readToBuffer()).toString(), "hello");
    const properties = await small.getProperties();
    assert.deepEqual(
      [properties.contentLength, properties.contentType, properties.metadata],
      [5, "text/plain", { source: "gen1" }],
    );
    await folder.getFileClient("empty").upload(Buffer.alloc(0));

    const big = randomBytes(9 * 1024 * 1024);
    await folder.getFileClient("big").upload(big, { chunkSize: 1024 * 1024, singleUploadThreshold: 1024 * 1024 });
    await folder
      .getFileClient("stream")
      .uploadStream(Readable.from([big.subarray(0, 3_000_000), big.subarray(3_000_000)]));
    assert.ok((await folder.getFileClient("big").readToBuffer()).equals(big));
    assert.ok(
      (await folder.getFileClient("stream").readToBuffer(1000, 5_000_000)).equals(big.subarray(1000, 5_001_000)),
    );

    const pages: (readonly (string | undefined)[])[] = [];
    for await (const page of lake.listPaths({ recursive: true }).byPage({ maxPageSize: 2 }))
      pages.push((page.pathItems ?? []).map(({ name }) => name));
    assert.deepEqual(pages, [["dir one", "dir one/big"], ["dir one/empty", "dir one/fü+%25.txt"], ["dir one/stream"]]);

    await folder.updateAccessControlRecursive([reader]);
    await small.setAccessControl([...(await small.getAccessControl()).acl], { owner: "o1", group: "g1" });
    const access = await small.getAccessControl();
    assert.deepEqual([access.owner, access.group, access.permissions?.extendedAcls], ["o1", "g1", true]);
    assert.ok(access.acl.some(({ entityId }) => entityId === reader.entityId));

    await small.move("dir one/new name.txt");
    const moved = folder.getFileClient("new name.txt");
    await moved.setMetadata({ k: "v" });
    await moved.setHttpHeaders({ contentType: "a/b" });
    assert.equal((await moved.getProperties()).metadata?.["k"], "v");
    assert.equal(await small.exists(), false);
    await moved.setExpiry("RelativeToNow", { timeToExpireInMs: 60_000 });
    assert.ok((await moved.getProperties()).expiresOn);
    await folder.delete(true);
    assert.equal(await folder.exists(), false);
    await lake.delete();
    assert.equal(await lake.exists(), false);
  });

  test(`the official Blob client does all its work with default settings (${store})`, async (context) => {
    const { blobs } = await clients(context, store);
    const container = blobs.getContainerClient("lake");
    await container.create({ metadata: { k: "v" } });
    assert.equal((await container.createIfNotExists()).succeeded, false);
    const file = container.getBlockBlobClient("a b/c&d<é>.bin");
    const big = randomBytes(3 * 1024 * 1024);
    await file.uploadData(big, {
      blockSize: 1024 * 1024,
      maxSingleShotSize: 1024,
      metadata: { a_b: "1", ab: "2", x1: "3" },
    });
    assert.ok((await file.downloadToBuffer()).equals(big));
    assert.equal((await file.getBlockList("all")).committedBlocks?.length, 3);
    await container
      .getBlockBlobClient("a b/z")
      .upload("hello", 5, { conditions: { ifNoneMatch: "*" }, tier: "Cool", metadata: { k: "v" } });
    await assert.rejects(
      container.getBlockBlobClient("a b/z").upload("hello", 5, { conditions: { ifNoneMatch: "*" } }),
      { code: "BlobAlreadyExists" },
    );

    const flat: string[] = [];
    for await (const page of container.listBlobsFlat({ includeMetadata: true }).byPage({ maxPageSize: 2 })) {
      for (const { name, metadata } of page.segment.blobItems) flat.push(`${name} ${JSON.stringify(metadata)}`);
    }
    assert.deepEqual(flat, [
      'a b {"hdi_isfolder":"true"}',
      'a b/c&d<é>.bin {"a_b":"1","ab":"2","x1":"3"}',
      'a b/z {"k":"v"}',
    ]);
    const level: string[] = [];
    for await (const item of container.listBlobsByHierarchy("/", { prefix: "" }))
      level.push(`${item.kind} ${item.name}`);
    assert.deepEqual(level, ["prefix a b/"]);
    assert.deepEqual((await file.download(2, 3)).contentLength, 3);
    await file.setMetadata({ other: "1" });
    await file.setAccessTier("Cool");
    assert.equal((await file.getProperties()).accessTier, "Cool");
    const copy = container.getBlockBlobClient("copy");
    const poller = await copy.beginCopyFromURL(file.url);
    assert.equal((await poller.pollUntilDone()).copyStatus, "success");
    assert.ok((await copy.downloadToBuffer()).equals(big));
    await file.delete();
    assert.equal(await file.exists(), false);
    const names: string[] = [];
    for await (const { name } of blobs.listContainers()) names.push(name);
    assert.deepEqual(names, ["lake"]);
    await container.delete();
  });
}

test("with a key, requests without signature, with a wrong one or an expired one are refused", async (context) => {
  const { gen2 } = await startFor(context, { store: "memory", accountKey: WELL_KNOWN_KEY });
  const ask = asking(gen2);
  const unsigned = await ask("PUT /fs1?resource=filesystem");
  assert.equal(failure(unsigned), "401 NoAuthenticationInformation");
  assert.match(String(unsigned.headers["www-authenticate"]), /^Bearer /);
  const wrong = await ask("PUT /fs1?resource=filesystem", { authorization: `SharedKey ${gen2.account}:AAAA` });
  assert.equal(failure(wrong), "403 AuthenticationFailed");
  assert.equal((await ask("PUT /fs1?resource=filesystem&sig=x&sp=rwl&se=2099-01-01T00:00:00Z")).status, 201);
  assert.equal(
    failure(await ask("HEAD /fs1?resource=filesystem&sig=x&sp=r&se=2001-01-01T00:00:00Z")),
    "403 AuthenticationFailed",
  );
  assert.equal(failure(await ask("DELETE /fs1?resource=filesystem&sig=x&sp=r")), "403 AuthorizationPermissionMismatch");
});

async function clients(context: TestContext, store: "memory" | "files") {
  const { gen2 } = await startFor(context, { store, accountKey: WELL_KNOWN_KEY });
  return {
    service: new DataLakeServiceClient(gen2.url, new StorageSharedKeyCredential(gen2.account, WELL_KNOWN_KEY)),
    blobs: new BlobServiceClient(gen2.url, new BlobKey(gen2.account, WELL_KNOWN_KEY)),
  };
}
