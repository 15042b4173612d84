// Lists of names: lines of a file, and what they mean.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isKind } from "../../src/core/error.ts";
import { maxLineBytes, parsePlace, printPlace, readLines, whyNotUtf8 } from "../../src/core/lines.ts";
import { inlineList, listedPath, type ListItem } from "../../src/core/nameList.ts";
import type { LakePath } from "../../src/core/path.ts";

function linesOf(text: string | Uint8Array, pieces: readonly number[] = [], from = "0:1"): readonly ListItem[] {
  const bytes = Buffer.from(text);
  const reader = readLines(parsePlace(from));
  const items: ListItem[] = [];
  let at = parsePlace(from).offset;
  for (const piece of [...pieces, bytes.byteLength]) {
    items.push(...reader.take(bytes.subarray(at, at + piece)));
    at = Math.min(bytes.byteLength, at + piece);
  }
  return [...items, ...reader.end()];
}

test("a mark at the beginning, CRLF, empty lines and a last line without an end are all understood", () => {
  const items = linesOf("\ufeffa/b.csv\r\n\r\n\nc d\t\n\ufeffe\n/f");
  assert.deepEqual(
    items.map(({ text, at, problem }) => [text, at, problem]),
    [
      ["a/b.csv", "line 1", undefined],
      ["c d\t", "line 4", undefined],
      ["\ufeffe", "line 5", undefined],
      ["/f", "line 6", undefined],
    ],
  );
});

test("a line that is no text, or longer than any path, has a problem and a number, and the rest goes on", () => {
  const long = "x".repeat(maxLineBytes + 1);
  const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.from([0x62, 0xff, 0x0a]), Buffer.from(`${long}\nz\n`)]);
  for (const pieces of [[], Array.from({ length: 40 }, () => 500)]) {
    const items = linesOf(bytes, pieces);
    assert.deepEqual(
      items.map(({ at, problem }) => [at, problem]),
      [
        ["line 1", undefined],
        ["line 2", "the line isn't UTF-8"],
        ["line 3", `the line has ${maxLineBytes + 1} bytes; at most ${maxLineBytes} can be a path`],
        ["line 4", undefined],
      ],
    );
  }
});

const texts = fc
  .array(fc.constantFrom("a", "\u{1f600}", "\n", "\r\n", "bc", "\ufeff", " "), { maxLength: 40 })
  .map((all) => all.join(""));

test("a list is read the same, however it is cut: into pieces, or at the place behind any line", () => {
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 }), (text, pieces) => {
      const whole = linesOf(text);
      assert.deepEqual(linesOf(text, pieces), whole);
      for (const [index, { to }] of whole.entries()) assert.deepEqual(linesOf(text, [], to), whole.slice(index + 1));
      for (const { from, text: wanted } of whole) assert.equal(linesOf(text, [], from)[0]?.text, wanted);
    }),
  );
});

test("places survive being written down, and UTF-16 is told by its first bytes", () => {
  assert.deepEqual(parsePlace(printPlace({ offset: 12, line: 3 })), { offset: 12, line: 3 });
  assert.match(whyNotUtf8(Buffer.from("\ufeffa", "utf16le")) ?? "", /UTF-16/u);
  assert.equal(whyNotUtf8(Buffer.from("\ufeffa")), undefined);
  assert.equal(whyNotUtf8(new Uint8Array(0)), undefined);
});

test("an entry is a path under the root, or the lake's own within it", () => {
  const path = (text: string, root = "/root") => listedPath({ text, at: "", from: "", to: "" }, root as LakePath);
  assert.equal(path("a/b"), "/root/a/b");
  assert.equal(path("./a/b/"), "/root/a/b");
  assert.equal(path("/root/a"), "/root/a");
  assert.equal(path("/root"), "/root");
  assert.equal(path(" a "), "/root/ a ");
  assert.equal(path("root/a"), "/root/root/a");
  assert.equal(path("a", "/"), "/a");
  assert.equal(path("/", "/"), "/");
  for (const [text, why] of [
    ["/other/a", /outside of folderPath \/root/u],
    ["/rooted", /outside/u],
    ["../a", /"\.\."/u],
    ["a/../b", /"\.\."/u],
    ["/root/../b", /"\.\."/u],
    ["a//b", /empty segment/u],
    ["a/./b", /"\." segment/u],
  ] as const) {
    assert.throws(
      () => path(text),
      (error) => isKind(error, "invalid") && why.test((error as Error).message),
      text,
    );
  }
  assert.throws(() => listedPath({ text: "", at: "", from: "", to: "", problem: "odd" }, "/" as LakePath), /odd/u);
});

test("a list in the request is read in portions", async () => {
  const list = inlineList(Array.from({ length: 2500 }, (_, index) => `f${index}`));
  const whole = await list.whole();
  const sizes: number[] = [];
  for (let { from } = whole; from !== whole.to; ) {
    const { items, to } = await list.read({ ...whole, from });
    sizes.push(items.length);
    from = to;
  }
  assert.deepEqual(sizes, [1000, 1000, 500]);
  assert.deepEqual((await list.read({ ...whole, from: "7", to: "8" })).items, [
    { text: "f7", at: "entry 8", from: "7", to: "8" },
  ]);
});
