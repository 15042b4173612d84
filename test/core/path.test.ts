import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isKind } from "../../src/core/error.ts";
import {
  childPath,
  depthOf,
  encodePath,
  isWithin,
  type LakePath,
  pathFrom,
  rebasePath,
  rootPath,
  splitPath,
} from "../../src/core/path.ts";

const names = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((name) => !name.includes("/") && name !== "." && name !== "..");
const paths = fc.array(names, { maxLength: 6 }).map((all) => all.reduce(childPath, rootPath));

test("a path keeps every character that was given", () => {
  fc.assert(fc.property(paths, (path) => assert.equal(pathFrom(path), path)));
  assert.equal(pathFrom("a b/c+%#/"), "/a b/c+%#");
  assert.equal(pathFrom(""), "/");
});

test("empty, dot and dot-dot segments are refused", () => {
  for (const text of ["a//b", "///", "a/./b", "..", "/x/.."]) {
    assert.throws(
      () => pathFrom(text),
      (error) => isKind(error, "invalid"),
    );
  }
});

test("a child's path splits into its folder and its name again", () => {
  fc.assert(
    fc.property(paths, names, (folder, name) => {
      assert.deepEqual(splitPath(childPath(folder, name)), { folder, name });
      assert.equal(depthOf(childPath(folder, name)), depthOf(folder) + 1);
    }),
  );
});

test("a request line's path decodes to the same names, and no parser resolves a dot away", () => {
  fc.assert(
    fc.property(paths, (path) => {
      assert.deepEqual(encodePath(path).split("/").map(decodeURIComponent), path.split("/"));
    }),
  );
  assert.equal(encodePath("/a/../b" as LakePath), "/a/%2E%2E/b");
});

test("half a surrogate pair is refused by name, as no URL can carry it", () => {
  assert.throws(
    () => encodePath("/a\ud800" as LakePath),
    (error) => isKind(error, "invalid"),
  );
});

test("moving a path to another root and back changes nothing", () => {
  fc.assert(
    fc.property(paths, paths, paths, (from, to, rest) => {
      const path = rebasePath(rest, rootPath, from);
      const moved = rebasePath(path, from, to);
      assert.ok(isWithin(moved, to));
      assert.equal(rebasePath(moved, to, from), path);
    }),
  );
});

test("a folder holds itself and what is under it, and not its namesakes", () => {
  assert.ok(isWithin("/a/b" as LakePath, "/a" as LakePath));
  assert.ok(isWithin("/a" as LakePath, "/a" as LakePath));
  assert.ok(!isWithin("/ab" as LakePath, "/a" as LakePath));
  assert.ok(isWithin("/a" as LakePath, rootPath));
});
