import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import type { JournalMark } from "../../src/core/journal.ts";
import { journalLines, openJournal, sealJournal } from "../../src/state/journal.ts";
import { memoryBlobs } from "../../src/state/memoryBlobs.ts";

async function* these(...marks: (JournalMark | undefined)[]): AsyncGenerator<JournalMark> {
  for (const mark of marks) if (mark !== undefined) yield mark;
}

async function all<T>(found: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const one of found) list.push(one);
  return list;
}

async function textsOf(lines: AsyncIterable<{ readonly text: string }>): Promise<readonly string[]> {
  return (await all(lines)).map(({ text }) => text);
}

test("a mark swears to everything before it, and readers see no more than that", async () => {
  const blobs = memoryBlobs();
  const journal = openJournal(blobs, "r/a.jsonl");
  assert.equal(journal.mark(), undefined);
  journal.add("one\n");
  journal.add("zw\u00f6i\n");
  const mark = journal.mark() ?? assert.fail("no mark");
  await journal.stored(mark);
  journal.add("three\n");
  await journal.stored(journal.mark() ?? mark);
  assert.deepEqual(await textsOf(journalLines(blobs, these(mark))), ["one", "zw\u00f6i"]);
  assert.deepEqual([mark.lines, mark.bytes], [2, 10]);
  assert.equal(mark.sha256, createHash("sha256").update("one\nzw\u00f6i\n").digest("hex"));
});

test("bytes whose append failed are sent again, in the same order, to the same hash", async () => {
  const blobs = memoryBlobs();
  let failures = 2;
  const flaky: typeof blobs = {
    ...blobs,
    append: async (name, content, position) => {
      if (failures-- > 0) throw new LakeError("unavailable", { op: "append", path: name, detail: "HTTP 503" });
      await blobs.append(name, content, position);
      // The second reply is lost.
      if (failures === -2) throw new LakeError("unavailable", { op: "append", path: name, detail: "reset" });
    },
  };
  const journal = openJournal(flaky, "r/a.jsonl");
  const wanted: string[] = [];
  let mark: JournalMark | undefined;
  for (let index = 0; index < 6; index++) {
    wanted.push(`line ${index}`);
    journal.add(`line ${index}\n`);
    mark = journal.mark() ?? assert.fail("no mark");
    await journal.stored(mark).catch(() => undefined);
  }
  assert.deepEqual(await textsOf(journalLines(blobs, these(mark))), wanted);
});

test("many lines are sent before anybody saves, and a slow store makes the journal full", async () => {
  const blobs = memoryBlobs();
  let arrived = 0;
  const { promise: never } = Promise.withResolvers<void>();
  const slow: typeof blobs = {
    ...blobs,
    append: async (_, content) => {
      arrived += content.byteLength;
      await never;
    },
  };
  const journal = openJournal(slow, "r/a.jsonl");
  const line = `${"x".repeat(99_999)}\n`;
  for (let index = 0; index < 20; index++) journal.add(line);
  assert.ok(arrived > 0);
  assert.ok(!journal.isFull());
  for (let index = 0; index < 80; index++) journal.add(line);
  assert.ok(journal.isFull());
});

test("reading goes on behind any line, over the ends of pieces and blobs", async () => {
  const blobs = memoryBlobs();
  const marks: JournalMark[] = [];
  const wanted: string[] = [];
  for (const name of ["r/a.jsonl", "r/b.jsonl"]) {
    const journal = openJournal(blobs, name);
    for (let index = 0; index < 3; index++) {
      const text = `${name} ${index} ${"\u{1f600}".repeat(200_000)}`;
      wanted.push(text);
      journal.add(`${text}\n`);
    }
    const mark = journal.mark() ?? assert.fail("no mark");
    await journal.stored(mark);
    marks.push(mark);
  }
  const lines = await all(journalLines(blobs, these(...marks)));
  assert.ok(lines.length === 6 && lines.every(({ text }, index) => text === wanted[index]));
  for (const [index, place] of lines.entries()) {
    const rest = await textsOf(journalLines(blobs, these(...marks), place));
    assert.ok(rest.length === 5 - index && rest.every((text, at) => text === wanted[index + 1 + at]));
  }
  await assert.rejects(
    textsOf(journalLines(blobs, these(...marks), { blob: "r/a.jsonl", offset: 3 })),
    /no line begins/u,
  );
});

test("a blob that lost committed bytes is said to be damaged", async () => {
  const blobs = memoryBlobs();
  await blobs.append("r/a.jsonl", Buffer.from("one\n"), 0);
  const mark = { blob: "r/a.jsonl", bytes: 8, lines: 2, sha256: "" };
  await assert.rejects(
    textsOf(journalLines(blobs, these(mark))),
    /damaged: the blob ends at byte 4, 8 were committed/u,
  );
});

test("a seal changes with any blob, length or hash, and with their order", async () => {
  const mark = { blob: "r/a", bytes: 1, lines: 1, sha256: "aa" };
  const other = { ...mark, blob: "r/b" };
  const seals = await Promise.all(
    [[mark], [other], [{ ...mark, bytes: 2 }], [{ ...mark, sha256: "ab" }], [mark, other], [other, mark]].map(
      async (marks) => (await sealJournal(these(...marks))).seal,
    ),
  );
  assert.equal(new Set(seals).size, seals.length);
  assert.deepEqual(await sealJournal(these(mark, other)), { blobs: 2, bytes: 2, lines: 2, seal: seals[4] });
});
