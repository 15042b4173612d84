import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whyGen2Refuses } from "../../src/core/names.ts";
import { childPath, rootPath } from "../../src/core/path.ts";
import { acceptedName, sourceName } from "../../src/core/rename.ts";
import { oddNames as names } from "../kit/oddNames.ts";

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
