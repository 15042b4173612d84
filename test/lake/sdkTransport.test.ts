import assert from "node:assert/strict";
import { test } from "node:test";
import { AnonymousCredential, DataLakeServiceClient, newPipeline } from "@azure/storage-file-datalake";
import { sdkTransport } from "../../src/lake/sdkTransport.ts";
import { scripted, wireReply } from "../kit/wire.ts";

test("what Microsoft's client sends is counted in the service's own words", async () => {
  const headers = { etag: "e", "last-modified": new Date(0).toUTCString() };
  const { send, asked } = scripted(wireReply(201, headers), wireReply(200, headers));
  const options = { httpClient: sdkTransport(send), retryOptions: { maxTries: 1 } };
  const client = new DataLakeServiceClient("http://127.0.0.1:1/a", newPipeline(new AnonymousCredential(), options));
  const fileSystem = client.getFileSystemClient("lake");
  await fileSystem.create();
  await fileSystem.getProperties();
  assert.deepEqual(
    asked.map(({ op }) => op),
    ["Create Container", "Get Container Properties"],
  );
});
