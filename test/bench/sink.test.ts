import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { type Asked, openAccount } from "../../bench/sink/account.ts";
import { joinedCrc32 } from "../../bench/sink/crc32.ts";
import { bytesOf, truthOf, verdictOn } from "../../bench/truth.ts";

type Said = Partial<Pick<Asked, "headers">> & { readonly content?: string; readonly sums?: Record<string, string> };

function asked(
  method: string,
  path: string,
  query: string,
  { content = "", headers = {}, sums = {} }: Said = {},
): Asked {
  const bytes = Buffer.from(content);
  const body = { bytes: bytes.length, crc: crc32(bytes), start: bytes, text: content, sums };
  return { method, system: "lake", path, query: new URLSearchParams(query), headers, body };
}

function openLake() {
  const account = openAccount();
  account.answer(asked("PUT", "", "restype=container"));
  const crcOf = (path: string) => [...account.files("lake")].find(([name]) => name === path)?.[1].crc;
  return { ...account, crcOf };
}

test("checksums of pieces join to that of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), (pieces) => {
      const joined = pieces.reduce(
        (before, piece) => ({
          crc: joinedCrc32(before.crc, crc32(piece), piece.length),
          bytes: before.bytes + piece.length,
        }),
        { crc: 0, bytes: 0 },
      );
      assert.equal(joined.crc, crc32(Buffer.concat(pieces)));
    }),
  );
});

test("a file in blocks is what its list says, in its order", () => {
  const { answer, crcOf } = openLake();
  answer(asked("PUT", "d/f", "comp=block&blockid=b", { content: "world" }));
  answer(asked("PUT", "d/f", "comp=block&blockid=a", { content: "hello " }));
  const list = "<BlockList><Latest>a</Latest><Latest>b</Latest></BlockList>";
  assert.equal(answer(asked("PUT", "d/f", "comp=blocklist", { content: list })).status, 201);
  assert.equal(crcOf("d/f"), crc32("hello world"));
  const unknown = "<BlockList><Latest>c</Latest></BlockList>";
  assert.equal(answer(asked("PUT", "d/f", "comp=blocklist", { content: unknown })).status, 400);
});

test("appends come in any order, and are one file once they are flushed", () => {
  const { answer, crcOf } = openLake();
  answer(asked("PUT", "f", "resource=file"));
  answer(asked("PATCH", "f", "action=append&position=6", { content: "world" }));
  answer(asked("PATCH", "f", "action=append&position=0", { content: "hello " }));
  answer(asked("PATCH", "f", "action=flush&position=11"));
  assert.equal(crcOf("f"), crc32("hello world"));
});

test("content that comes although it is there already is counted, names and flushes aren't", () => {
  const { answer, sentAgain } = openLake();
  const put = () => answer(asked("PUT", "f", "", { content: "x" }));
  const append = () => answer(asked("PATCH", "g", "action=append&position=0", { content: "x" }));
  put();
  answer(asked("PUT", "g", "resource=file"));
  append();
  answer(asked("PATCH", "g", "action=flush&position=1"));
  assert.equal(sentAgain(), 0);
  put();
  answer(asked("PUT", "g", "resource=file"));
  assert.equal(sentAgain(), 2);
  append();
  append();
  assert.equal(sentAgain(), 3);
});

test("a checksum that isn't the content's is refused where checksums are computed", () => {
  const { answer } = openLake();
  const sums = { "content-md5": "right" };
  assert.equal(answer(asked("PUT", "f", "", { content: "x", headers: { "content-md5": "wrong" }, sums })).status, 400);
  const good = answer(asked("PUT", "f", "", { content: "x", sums }));
  assert.equal(good.status, 201);
  // A client that sent none can still compare.
  assert.equal(good.headers?.["content-md5"], "right");
});

test("every file that is missing, other than it was, or too much is found", () => {
  const root = mkdtempSync(join(tmpdir(), "truth-"));
  try {
    mkdirSync(join(root, "d"));
    for (const [name, content] of Object.entries({ a: "1", "d/b": "22", "d/c": "" }))
      writeFileSync(join(root, name), content);
    const truth = truthOf(root);
    assert.equal(bytesOf(truth), 3);
    const line = (path: string, bytes: number, content: string) => `${JSON.stringify([path, bytes, crc32(content)])}\n`;
    const all = line("a", 1, "1") + line("d/b", 2, "22") + line("d/c", 0, "");
    assert.deepEqual(verdictOn(truth, all), { missing: 0, wrong: 0, extra: 0 });
    const some = line("a", 1, "2") + line("d/b", 2, "22") + line("e", 0, "");
    assert.deepEqual(verdictOn(truth, some), { missing: 1, wrong: 1, extra: 1 });
  } finally {
    rmSync(root, { recursive: true });
  }
});
