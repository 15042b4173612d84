import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ContainerClient } from "@azure/storage-blob";
import { startAzurite } from "../../local/start/azurite.ts";
import type { Running } from "../../local/start/processes.ts";
import { isKind } from "../../src/core/error.ts";
import { appendBlobs } from "../../src/state/appendBlobs.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { memoryBlobs } from "../../src/state/memoryBlobs.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");

/** What every store of append blobs must promise; each test has blobs of its own. */
function promises(open: () => Blobs): void {
  const read = async (name: string, offset: number, length: number) =>
    Buffer.from(await open().read(name, offset, length)).toString("utf8");

  test("what is appended is read back, any part of it, and nothing behind the end", async () => {
    const blobs = open();
    await blobs.append("r1/a.jsonl", bytes("one\n"), 0);
    await blobs.append("r1/a.jsonl", bytes("two\n"), 4);
    assert.equal(await read("r1/a.jsonl", 0, 8), "one\ntwo\n");
    assert.equal(await read("r1/a.jsonl", 2, 4), "e\ntw");
    assert.equal(await read("r1/a.jsonl", 6, 100), "o\n");
    assert.equal(await read("r1/a.jsonl", 8, 100), "");
    assert.equal(await read("r1/a.jsonl", 80, 100), "");
  });

  test("an append that is sent again after a lost reply is there once", async () => {
    const blobs = open();
    for (let again = 0; again < 2; again++) await blobs.append("r2/a.jsonl", bytes("one\n"), 0);
    for (let again = 0; again < 2; again++) await blobs.append("r2/a.jsonl", bytes("two\n"), 4);
    assert.equal(await read("r2/a.jsonl", 0, 100), "one\ntwo\n");
  });

  test("an append at any other place than the end is a conflict and changes nothing", async () => {
    const blobs = open();
    await blobs.append("r3/a.jsonl", bytes("one\n"), 0);
    const isConflict = (error: unknown) => isKind(error, "conflict");
    await assert.rejects(blobs.append("r3/a.jsonl", bytes("x"), 0), isConflict);
    await assert.rejects(blobs.append("r3/a.jsonl", bytes("x"), 9), isConflict);
    assert.equal(await read("r3/a.jsonl", 0, 100), "one\n");
  });

  test("all blobs whose names begin so are removed, and no others; a second time does no harm", async () => {
    const blobs = open();
    for (const name of ["r5/a", "r5/b", "r5x/a"]) await blobs.append(name, bytes("one\n"), 0);
    for (let again = 0; again < 2; again++) await blobs.removeUnder("r5/");
    for (const name of ["r5/a", "r5/b"]) {
      await assert.rejects(blobs.read(name, 0, 1), (error: unknown) => isKind(error, "not-found"));
    }
    assert.equal(await read("r5x/a", 0, 9), "one\n");
  });

  test("a blob that isn't there is not found", async () => {
    const isMissing = (error: unknown) => isKind(error, "not-found");
    await assert.rejects(open().read("r4/a.jsonl", 0, 1), isMissing);
    await assert.rejects(open().append("r4/a.jsonl", bytes("x"), 5), isMissing);
  });
}

describe("blobs in memory", () => {
  const shared = memoryBlobs();
  promises(() => shared);
});

describe("blobs in Azurite", () => {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-blobs-"));
  let azurite: Running | undefined;
  let blobs: Blobs | undefined;
  before(async () => {
    const { running, connectionString } = await startAzurite(folder, join(folder, "log"));
    azurite = running;
    blobs = appendBlobs(new ContainerClient(connectionString, "contract"));
  });
  after(async () => {
    await azurite?.stop();
    rmSync(folder, { recursive: true });
  });
  promises(() => blobs ?? assert.fail("Azurite did not start"));
});
