import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SinkItem } from "../../src/core/entry.ts";
import { childPath, type LakePath, pathFrom } from "../../src/core/path.ts";
import { wayOf } from "../../src/core/way.ts";
import { oddNames } from "../kit/oddNames.ts";

const roots = { source: { folderPath: "/lake/odd." }, sink: { folderPath: "/to" } };
const way = wayOf({ names: "rename", ...roots });
const under = (names: readonly string[]) => names.reduce(childPath, pathFrom("/lake/odd."));
const paths = fc.array(oddNames, { maxLength: 4 });

test("renaming takes every path to one that Gen2 takes unless it is too long, and undoing it gives the source's names", () => {
  fc.assert(
    fc.property(paths, (names) => {
      const to = way.moved(under(names));
      const [, root, ...there] = to.split("/");
      assert.equal(root, "to");
      assert.deepEqual(there.map(way.sourceOf), names);
      assert.equal(way.refusal(under(names)), undefined);
    }),
  );
});

test("no two paths of the source meet at the sink", () => {
  fc.assert(
    fc.property(fc.uniqueArray(paths, { selector: (names) => names.join("/") }), (all) => {
      const there = new Set(all.map((names) => way.moved(under(names))));
      assert.equal(there.size, all.length);
    }),
  );
});

test("a name is said only of what has another at the sink, and never of the roots", () => {
  assert.equal(way.moved(pathFrom("/lake/odd.")), "/to");
  assert.equal(way.nameOf(pathFrom("/lake/odd.")), undefined);
  assert.equal(way.renamed(pathFrom("/lake/odd./good")), undefined);
  assert.equal(way.nameOf(pathFrom("/lake/odd./bad./good")), undefined);
  assert.equal(way.renamed(pathFrom("/lake/odd./bad./good")), "/to/bad^002E/good");
  assert.equal(way.nameOf(pathFrom("/lake/odd./bad.")), "bad.");
  assert.equal(way.moved(pathFrom("/lake/odd./^0041")), "/to/^005E0041");
  assert.equal(
    way.refusal(pathFrom(`/lake/odd./${"\\".repeat(300)}`)),
    "the path has 1503 characters; Gen2 allows 1024",
  );
});

test("without renaming every name is as it is", () => {
  for (const names of ["fail", "skip"] as const) {
    const plain = wayOf({ names, ...roots });
    assert.equal(plain.moved(pathFrom("/lake/odd./bad./x")), "/to/bad./x");
    assert.equal(plain.refusal(pathFrom("/lake/odd./bad./x")), "the name ends in a full stop, which Gen2 drops");
    assert.deepEqual([plain.nameOf("/lake/odd./bad." as LakePath), plain.sourceOf("^0041")], [undefined, "^0041"]);
  }
});

test("what was made of an item of another name is nobody's version of this one", () => {
  const there: SinkItem = { kind: "file", bytes: 1, etag: "e", origin: { run: "r", bytes: 1, modifiedMs: 0 } };
  assert.equal(way.known(pathFrom("/lake/odd./bad."), there).origin, undefined);
  assert.equal(way.known(pathFrom("/lake/odd./good"), there), there);
  const renamed = { ...there, origin: { run: "r", bytes: 1, modifiedMs: 0, name: "bad." } };
  assert.equal(way.known(pathFrom("/lake/odd./bad."), renamed), renamed);
  assert.equal(way.known(pathFrom("/lake/odd./good"), renamed).origin, undefined);
});
