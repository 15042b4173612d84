import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { startGen2 } from "../../../local/gen2/gen2.ts";
import { localName, mirrorPath } from "../../../local/gen2/local-names.ts";
import { asking, blobNames, pathNames, put, temporaryFolder } from "./asking.ts";

const wild = fc.oneof(
  fc.constantFrom(
    ...Array.from(" +%#?&'\"<>;,=@~$!()[]{}|^`*:\\"),
    "e\u0301",
    "é",
    "\u{1F600}",
    "\uFF01",
    ".log",
    "@log",
    "@@",
    "&amp;",
    "%41",
    "a ",
    " ",
  ),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
);
const name = fc
  .array(wild, { minLength: 1, maxLength: 5 })
  .map((parts) => Array.from(parts.join(""), (character) => (isRefused(character) ? "_" : character)).join(""))
  .filter((text) => text !== "." && text !== ".." && text.isWellFormed());
const encoded = (path: string) =>
  path
    .split("/")
    .map((segment) => encodeURIComponent(segment))
    .join("/");

for (const store of ["memory", "files"] as const) {
  test(`E40: any name survives put, list, read and delete in both protocols (${store})`, async (context) => {
    const gen2 = await startGen2({ store, root: temporaryFolder(context) });
    context.after(() => gen2.close());
    const ask = asking(gen2);
    await ask("PUT /fs1?resource=filesystem");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 2, maxLength: 4 }), async ([folder = "", ...names]) => {
        const paths = names.map((each) => `${folder}/${each}`).sort();
        for (const path of paths) assert.equal((await put(ask, `/fs1/${encoded(path)}`, path)).status, 201, path);
        const dfs = await ask(`GET /fs1?resource=filesystem&recursive=false&directory=${encodeURIComponent(folder)}`);
        assert.deepEqual(pathNames(dfs), paths);
        const blob = await ask(
          `GET /fs1?restype=container&comp=list&delimiter=/&prefix=${encodeURIComponent(`${folder}/`)}`,
        );
        assert.deepEqual(blobNames(blob).map(unescapeXml), paths);
        for (const path of paths) assert.equal((await ask(`GET /fs1/${encoded(path)}`)).text, path);
        for (const path of paths) assert.equal((await ask(`DELETE /fs1/${encoded(path)}`)).status, 200);
        assert.equal((await ask(`DELETE /fs1/${encoded(folder)}`, { accept: "application/xml" })).status, 202);
      }),
      { numRuns: 25 },
    );
    assert.deepEqual(
      (await gen2.dump()).map(({ path }) => path),
      ["fs1"],
    );
  });
}

test("names that no local file system holds are listed rightly, also after a restart", async (context) => {
  const root = temporaryFolder(context);
  const long = "ü".repeat(200);
  const twin = localName(long);
  assert.ok(Buffer.byteLength(twin) <= 255);
  const first = await startGen2({ store: "files", root });
  await asking(first)("PUT /fs1?resource=filesystem");
  for (const each of [long, twin]) await put(asking(first), `/fs1/d/${encodeURIComponent(each)}`, each);
  await first.close();
  const second = await startGen2({ store: "files", root });
  after(() => second.close());
  assert.deepEqual(pathNames(await asking(second)("GET /fs1?resource=filesystem&recursive=false&directory=d")), [
    `d/${twin}`,
    `d/${long}`,
  ]);
  for (const each of [long, twin])
    assert.equal((await asking(second)(`GET /fs1/d/${encodeURIComponent(each)}`)).text, each);
});

test("no two folders share a log", () => {
  const segment = fc.oneof(name, fc.constantFrom("@log", "@@log", "@parts", "log"));
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));
  fc.assert(fc.property(path, path, (a, b) => a === b || mirrorPath(a) !== mirrorPath(b)));
  fc.assert(
    fc.property(
      path,
      (a) =>
        !mirrorPath(a)
          .split("/")
          .some((each) => ["@log", "@parts", "@trash"].includes(each)),
    ),
  );
});

function isRefused(character: string): boolean {
  return character < " " || ["/", "\u0081", "\ufffe", "\uffff"].includes(character);
}

function unescapeXml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
