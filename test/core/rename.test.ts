import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whyGen2Refuses } from "../../src/core/names.ts";
import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";
import { acceptedName, placeName, sourceName } from "../../src/core/rename.ts";

// Any name Gen1 may give, rich in what Gen2 refuses and in what looks like an escape.
const parts = fc.oneof(
  fc.constantFrom(
    "^",
    "^005C",
    "005E",
    "^00",
    "\\",
    ".",
    "..",
    "\u0000",
    "\u001f",
    "\u0081",
    "\uffff",
    "\ud83d",
    "\ude00",
  ),
  fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
  fc.constantFrom("a", "B", "0", "5", " ", "\u{1f600}", "e\u0301", "%5C", "~"),
);
const names = fc
  .array(parts, { minLength: 1, maxLength: 8 })
  .map((all) => all.join("").replaceAll("/", "|"))
  .filter((name) => name !== "");

test("every name comes out as one that Gen2 takes", () => {
  fc.assert(
    fc.property(names, (name) => assert.equal(whyGen2Refuses(childPath(rootPath, acceptedName(name))), undefined)),
  );
});

test("no two names meet, as each is read back from its result", () => {
  fc.assert(
    fc.property(names, (name) => assert.equal(sourceName(acceptedName(name)), name)),
    { numRuns: 500 },
  );
});

test("a name that Gen2 takes and that holds no quote stays as it is", () => {
  fc.assert(
    fc.property(names, (name) => {
      fc.pre(!name.includes("^") && whyGen2Refuses(childPath(rootPath, name)) === undefined);
      assert.equal(acceptedName(name), name);
    }),
  );
});

test("a sink name stands for a source name only if that source name would have become it", () => {
  fc.assert(
    fc.property(names, (name) => {
      const source = sourceName(name);
      if (source !== undefined) assert.equal(acceptedName(source), name);
    }),
  );
  assert.equal(sourceName("^0041"), undefined);
  assert.equal(sourceName("a^005C"), "a\\");
});

test("escapes are short and can be read", () => {
  for (const [name, accepted] of [
    ["a\\b", "a^005Cb"],
    ["a^005Cb", "a^005E005Cb"],
    ["2^10", "2^10"],
    ["dots..", "dots.^002E"],
    [".", "^002E"],
    ["half\ud83d", "half^D83D"],
    ["whole\u{1f600}", "whole\u{1f600}"],
    ["tab\there", "tab^0009here"],
  ] as const) {
    assert.equal(acceptedName(name), accepted);
  }
});

test("a refused name fails, is skipped or is renamed, as the rule says; an accepted one is placed by every rule", () => {
  const folder = "/to" as LakePath;
  for (const rule of ["fail", "skip", "rename"] as const) {
    assert.deepEqual(placeName(rule, folder, "a b"), { do: "place", path: "/to/a b" });
  }
  const because = "the name holds a backslash, which Gen2 takes for a slash";
  assert.deepEqual(placeName("fail", folder, "a\\b"), { do: "fail", because });
  assert.deepEqual(placeName("skip", folder, "a\\b"), { do: "skip", because });
  assert.deepEqual(placeName("rename", folder, "a\\b"), { do: "place", path: "/to/a^005Cb", sourceName: "a\\b" });
  assert.deepEqual(placeName("rename", folder, "^0041"), { do: "place", path: "/to/^005E0041", sourceName: "^0041" });
  assert.equal(placeName("rename", folder, "x".repeat(1024)).do, "fail");
});
