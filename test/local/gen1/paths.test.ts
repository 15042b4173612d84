import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { childOf, cleanPath, foldersAbove, isWithin, nameOf, parentOf, targetOf } from "../../../local/gen1/names.ts";
import { compareIn, indexAfter, indexFrom } from "../../../local/gen1/order.ts";
import { encoded, onBothStores } from "./kit.ts";

const wildNames = [
  " leading and trailing ",
  "a+b%.txt",
  "100% #1?&='\".csv",
  "ends.",
  "back\\slash",
  "%2F%25",
  "😀 𝒳",
  "e\u0301 and é",
  "\ufffd",
  "\uff21 and \u{1f600}",
  ",;:@$!()[]{}^~`|<>*",
  "~",
  "...",
];

const name = fc
  .oneof(fc.constantFrom(...wildNames), fc.string({ unit: "binary", minLength: 1, maxLength: 12 }))
  .filter((text) => !/[\p{Cc}/]/u.test(text) && text !== "." && text !== "..");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`);

onBothStores("all four encodings of a path, and doubled or trailing slashes, mean the same file", async (start) => {
  const lake = await start();
  await lake.write("/d/a.txt", "abc");
  const forms = [
    "/webhdfs/v1/d/a.txt",
    "/webhdfs/v1/%2Fd%2Fa.txt",
    "/webhdfs/v1%2Fd%2Fa.txt",
    "/webhdfs/v1//d//a.txt/",
    "/WEBHDFS/v1/d%2fa.txt",
  ];
  for (const form of forms) assert.equal((await lake.ask("GET", `${form}?OP=open&READ=True`)).text, "abc", form);
  await lake.write("/d/a+b%.txt", "plus");
  for (const form of ["a%2Bb%25.txt", "a+b%25.txt"]) {
    assert.equal((await lake.ask("GET", `d/${form}?op=OPEN&read=true`)).text, "plus", form);
  }
});

onBothStores("every spelling of the root is the root", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  for (const form of ["/webhdfs/v1", "/webhdfs/v1/", "/webhdfs/v1/.", "/webhdfs/v1//"]) {
    assert.match((await lake.ask("GET", `${form}?op=LISTSTATUS`)).text, /"pathSuffix":"a"/, form);
  }
});

onBothStores("a wild name is written, listed, found by listAfter and read as it was given", async (start) => {
  const lake = await start();
  for (const wild of wildNames) await lake.write(`/d/${wild}`, wild);
  const listed = await lake.names("/d");
  assert.deepEqual(listed, wildNames.toSorted());
  for (const [index, wild] of listed.entries()) {
    assert.equal((await lake.ask("GET", `d/${encoded(wild)}?op=OPEN&read=true`)).text, wild);
    assert.deepEqual(
      await lake.names("/d", `&listSize=1&listAfter=${encoded(wild)}`),
      listed.slice(index + 1, index + 2),
    );
  }
});

onBothStores("UTF-8 order puts supplementary characters last", async (start) => {
  const names = ["\uff21", "\u{1f600}", "a"];
  const listed = async (order: "utf16" | "utf8") => {
    const lake = await start({ order });
    for (const each of names) await lake.write(`/d/${each}`, "");
    return lake.names("/d");
  };
  assert.deepEqual(await listed("utf16"), ["a", "\u{1f600}", "\uff21"]);
  assert.deepEqual(await listed("utf8"), ["a", "\uff21", "\u{1f600}"]);
});

onBothStores("dot segments, control characters and addresses outside the API never reach the lake", async (start) => {
  const lake = await start();
  for (const form of [
    "/webhdfs/v1/../x",
    "/webhdfs/v1/a/%2e%2e/b",
    "/webhdfs/v1/a%2F..%2Fb",
    "/webhdfs/v1/a/./b",
    "/webhdfs/v1/%FF",
  ]) {
    const answer = await lake.ask("PUT", `${form}?op=CREATE&write=true`, "x");
    assert.equal(answer.status, 400, form);
    assert.match(answer.text, /IllegalArgumentException/);
  }
  for (const form of ["/webhdfs/v1/a%00b", "/webhdfs/v1/a%7Fb", "/webhdfs/v1/%0A"]) {
    const answer = await lake.ask("GET", `${form}?op=GETFILESTATUS`);
    assert.deepEqual([answer.status, String(answer.headers["content-type"]).split(";")[0]], [400, "text/html"], form);
  }
  for (const form of ["/", "/webhdfs/v2/a", "/webhdfs/v1a"])
    assert.equal((await lake.ask("GET", form)).status, 404, form);
  assert.equal((await lake.ask("PUT", "a?op=RENAME&destination=../x")).status, 400);
  assert.deepEqual(await lake.names("/"), []);
});

test("any clean path survives each client's encoding", () => {
  fc.assert(
    fc.property(path, (wanted) => {
      const bySegment = wanted.split("/").map(encoded).join("/");
      for (const raw of [
        `/webhdfs/v1${bySegment}`,
        `/webhdfs/v1/${encoded(wanted)}`,
        `/WebHdfsExt${encoded(wanted)}`,
      ]) {
        const target = targetOf(raw);
        assert.ok("path" in target);
        assert.equal(target.path, wanted);
      }
    }),
  );
});

test("a path is its folder and its name, and lies within every folder above it", () => {
  fc.assert(
    fc.property(path, (whole) => {
      assert.equal(childOf(parentOf(whole), nameOf(whole)), whole);
      assert.equal(cleanPath(whole), whole);
      for (const folder of foldersAbove(whole)) assert.ok(isWithin(whole, folder));
      assert.equal(foldersAbove(whole).at(-1), parentOf(whole));
    }),
  );
});

test("UTF-8 order is the order of the bytes, UTF-16 order that of plain strings", () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(Math.sign(compareIn("utf8")(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.equal(compareIn("utf16")(a, b) < 0, a < b);
    }),
  );
});

test("an interval of names is the same by search as by filter", () => {
  const compare = compareIn("utf8");
  fc.assert(
    fc.property(fc.uniqueArray(name), name, name, (names, after, before) => {
      const sorted = names.toSorted(compare);
      assert.deepEqual(
        sorted.slice(
          indexAfter(sorted, after, compare),
          Math.max(indexAfter(sorted, after, compare), indexFrom(sorted, before, compare)),
        ),
        sorted.filter((each) => compare(each, after) > 0 && compare(each, before) < 0),
      );
    }),
  );
});
