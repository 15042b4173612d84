import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import { journalLine } from "../../src/contract/journal.ts";
import { noMass } from "../../src/core/extra.ts";
import {
  csvHeader,
  csvLine,
  extraLine,
  fileLine,
  folderLine,
  hasOutcome,
  spanLine,
  widened,
} from "../../src/core/journal.ts";
import type { LakePath } from "../../src/core/path.ts";

const at = (path: string) => path as LakePath;
const digest = "0".repeat(31);
const effort = { milliseconds: 12, requests: 3 };
const failure = {
  kind: "denied",
  op: "OPEN",
  path: "/x",
  detail: 'no, "really"',
  status: 403,
  code: "Forbidden",
} as const;

test("a file's line says what became of it, how much it was, what proves it and what it cost", () => {
  const line = fileLine(at("/a/b"), { do: "copied", bytes: 5, read: 5, md5: "ab", modifiedMs: 0, digest, effort });
  assert.equal(
    line,
    '{"outcome":"copied","type":"file","path":"/a/b","bytes":5,"md5":"ab","modifiedTime":"1970-01-01T00:00:00.000Z","milliseconds":12,"requests":3}\n',
  );
});

test("what failed says why, in the store's own words too", () => {
  const line = JSON.parse(folderLine(at("/x"), { do: "failed", failure })) as object;
  assert.deepEqual(line, {
    outcome: "failed",
    type: "folder",
    path: "/x",
    because: "denied",
    op: "OPEN",
    detail: 'no, "really"',
    status: 403,
    code: "Forbidden",
    sign: "!",
  });
});

test("a time that no calendar has is written as a number", () => {
  const line = fileLine(at("/x"), { do: "skipped", because: "fileMissing", bytes: 1, modifiedMs: 9e15, digest });
  assert.match(line, /"modifiedTime":"9000000000000000"/u);
});

test("unchanged files of a folder are one line that spans their names, whatever their order", () => {
  const same = (bytes: number) => ({ do: "skipped", because: "same", bytes, digest: `${digest}1` }) as const;
  const span = ["m", "z", "c"].reduce<ReturnType<typeof widened> | undefined>(
    (sum, name, index) => widened(sum, at(`/d/${name}`), same(index)),
    undefined,
  );
  assert.deepEqual(JSON.parse(spanLine(at("/d"), "same", span ?? assert.fail("no span"))), {
    outcome: "skipped",
    type: "files",
    path: "/d",
    because: "same",
    first: "c",
    last: "z",
    files: 3,
    bytes: 3,
    digest: `${digest}3`,
    sign: "=",
  });
});

test("a reader chooses lines by their beginning", () => {
  const line = folderLine(at("/x"), { do: "made" });
  assert.ok(hasOutcome(line, "made"));
  assert.ok(!hasOutcome(line, "failed"));
});

test("no cell of a CSV line is a formula, and every text comes back from its quotes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const csv = csvLine(folderLine(at(name), { do: "found" }).trimEnd());
      const rest = csv.slice("found,folder,".length);
      const cell = rest.startsWith('"')
        ? (/^"((?:[^"]|"")*)"/su.exec(rest)?.[1] ?? "")
        : rest.slice(0, rest.indexOf(","));
      assert.doesNotMatch(cell, /^[=+\-@\t\r]/u);
      assert.equal(cell.replaceAll('""', '"').replace(/^'(?=[=+\-@\t\r])/u, ""), name);
    }),
    { examples: ["\t", "=", "-", "@", "=1+1"].map((name) => [name] as [string]) },
  );
});

test("a CSV line has as many cells as the header", () => {
  const plain = { ...failure, detail: "no" };
  const csv = csvLine(fileLine(at("/x"), { do: "failed", failure: plain, bytes: 1, digest, effort }).trimEnd());
  assert.equal(csv.split(",").length, csvHeader.split(",").length);
});

test("everything that a line can say has a column, and is in the contract", () => {
  const copied = { do: "copied", bytes: 5, read: 5, md5: "ab", crc64: "cd", modifiedMs: 0, digest, effort } as const;
  const span = widened(undefined, at("/d/x"), { do: "skipped", because: "same", bytes: 1, digest });
  const told = { ...failure, requestId: "id", at: "source", tries: 2, time: "now" } as const;
  const gone = { kind: "file", name: "x", bytes: 1, etag: "e" } as const;
  const lines = [
    fileLine(at("/x"), { ...copied, isGone: true, readBack: true }),
    extraLine(at("/x"), { item: gone, outcome: { do: "surplus", mass: noMass, isLater: true } }),
    fileLine(at("/x"), { do: "failed", failure: told, bytes: 1, digest, effort }),
    folderLine(at("/x"), { do: "failed", failure: told, isPart: true }),
    spanLine(at("/d"), "same", span),
    spanLine(at("/d"), "same", widened(undefined, at("/d/x"), undefined)),
  ];
  const columns = new Set(csvHeader.trimEnd().split(","));
  for (const line of lines) {
    for (const field of Object.keys(JSON.parse(line) as object))
      assert.ok(columns.has(field), `${field} has no column`);
    assert.doesNotThrow(() => z.strictObject(journalLine.shape).parse(JSON.parse(line)), line);
  }
  assert.deepEqual([...columns].toSorted(), Object.keys(journalLine.shape).toSorted());
});
