import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../src/core/entry.ts";
import { childPath, rootPath } from "../../src/core/path.ts";
import { type Frame, newFrame } from "../../src/ferry/frame.ts";
import { parted, takeLargest } from "../../src/ferry/parting.ts";

// A folder whose page is at hand, or its first page of several.
function listed(folder: string, kinds: readonly Entry["kind"][], isListed = true): Frame {
  const page = kinds.map((kind, index): Entry => {
    const name = `n${String(index).padStart(5, "0")}`;
    return { name, kind, bytes: 1, modifiedMs: 0, owner: "", group: "", permission: "", hasAcl: false };
  });
  return { ...newFrame({ folder: childPath(rootPath, folder) }, undefined, undefined), page, isListed };
}

const files = (count: number) => Array.from({ length: count }, () => "file" as const);
const folders = (count: number) => Array.from({ length: count }, () => "folder" as const);
const namesOf = (frames: readonly Frame[]) =>
  frames.flatMap(({ folder, page, at }) => page.slice(at).map(({ name }) => `${folder}/${name}`)).toSorted();

test("a page is divided into equal parts, and no name is lost or doubled", () => {
  const frame = listed("a", files(4000));
  const names = namesOf([frame]);
  const tails = parted([frame], 15, 15, 1);
  assert.equal(tails.length, 15);
  assert.deepEqual(namesOf([frame, ...tails]), names);
  const sizes = [frame, ...tails].map(({ page }) => page.length);
  assert.ok(Math.max(...sizes) <= 2 * Math.min(...sizes), sizes.join(" "));
});

test("a few folders are worth dividing, and a few files are not", () => {
  assert.equal(parted([listed("a", folders(124))], 15, 15, 1).length, 15);
  assert.equal(parted([listed("a", files(124))], 15, 15, 1).length, 0);
  assert.equal(parted([listed("a", folders(7))], 15, 15, 1).length, 0);
});

test("what isn't listed yet goes first, and the largest page is divided even where there are frames enough", () => {
  const [small, large, wide] = [
    listed("small", files(100)),
    listed("large", files(4000)),
    listed("wide", files(50), false),
  ];
  const [behind, ...more] = parted([small, large, wide], 1, 4, 1);
  assert.equal(behind?.folder, "/wide");
  assert.deepEqual([behind?.page.length, behind?.isListed, wide.upTo], [0, false, "n00049"]);
  assert.deepEqual([...new Set(more.map(({ folder }) => folder))], ["/large"]);
  assert.ok(large.page.length <= 2100, `${large.page.length}`);
  assert.equal(small.page.length, 100);
});

test("folders that aren't listed are given first, then the largest", () => {
  const frames = [listed("small", files(100)), listed("large", files(4000)), listed("unknown", [], false)];
  assert.deepEqual(
    takeLargest(frames, 2).map(({ folder }) => folder),
    ["/unknown", "/large"],
  );
  assert.deepEqual(
    frames.map(({ folder }) => folder),
    ["/small"],
  );
});
