import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { isKind } from "../../src/core/error.ts";
import { appendBlobs } from "../../src/state/appendBlobs.ts";
import { tableRows } from "../../src/state/tableRows.ts";

test("a state store that takes a request and never answers is unavailable after a while, and asked anew", async (t) => {
  let asked = 0;
  const server = createServer(() => asked++).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const place = `http://127.0.0.1:${port}/store`;
  const rows = tableRows(
    new TableClient(place, "t", { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } }),
    50,
  );
  const blobs = appendBlobs(new ContainerClient(`${place}/c`, undefined, { retryOptions: { maxTries: 1 } }), 50);
  const isAway = (error: unknown) => isKind(error, "unavailable") && error.detail.includes("no reply within 50 ms");
  await assert.rejects(rows.get("p", "r"), isAway);
  await assert.rejects(blobs.append("a", Buffer.from("x"), 0), isAway);
  const before = asked;
  await assert.rejects(rows.list("p", "")[Symbol.asyncIterator]().next(), isAway);
  assert.ok(asked > before);
});
