import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../src/core/entry.ts";
import { childPath, rootPath } from "../../src/core/path.ts";
import { type Frame, newFrame } from "../../src/ferry/frame.ts";
import { portionOf } from "../../src/ferry/parting.ts";

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

const worthOf = (frames: readonly Frame[]) => namesOf(frames).length;

test("a page that the walk stands in is divided into equal parts, and no name is lost or doubled", () => {
  const frame = listed("a", files(4000));
  const names = namesOf([frame]);
  const given = portionOf([], [frame], 15, 0.9);
  assert.deepEqual(namesOf([frame, ...given]), names);
  const sizes = given.map(({ page }) => page.length);
  assert.ok(given.length >= 15 && Math.max(...sizes) <= 2 * Math.min(...sizes), sizes.join(" "));
  assert.ok(worthOf(given) >= 3500 && frame.page.length > 0, sizes.join(" "));
});

test("as much is given as is asked for, however it is spread over pages", () => {
  for (const share of [0.5, 0.8]) {
    const moving = Array.from({ length: 8 }, (_, index) => listed(`m${index}`, files(400)));
    const standing = Array.from({ length: 8 }, (_, index) => listed(`s${index}`, files(20)));
    const names = namesOf([...standing, ...moving]);
    const given = portionOf(standing, moving, 2, share);
    assert.deepEqual(namesOf([...standing, ...moving, ...given]), names);
    const part = worthOf(given) / names.length;
    assert.ok(part >= share - 0.05 && part < share + 0.15, `${part} of ${share}`);
  }
});

test("who gives half of the only folder that waits keeps the other half", () => {
  const standing = [listed("s", files(4000))];
  const given = portionOf(standing, [listed("m", files(100))], 1, 0.5);
  assert.equal(worthOf(given), 2000);
  assert.equal(worthOf(standing), 2000);
});

test("a few folders are worth dividing, and a few files are not", () => {
  const given = (kinds: readonly Entry["kind"][]) => portionOf([], [listed("a", kinds)], 15, 0.9).length;
  assert.ok(given(folders(124)) >= 15);
  assert.deepEqual([given(files(124)), given(folders(7))], [0, 0]);
});

test("folders that aren't listed are given first, then the largest", () => {
  const standing = [listed("small", files(10)), listed("large", files(200)), listed("unknown", [], false)];
  assert.deepEqual(
    portionOf(standing, [], 2, 0.5).map(({ folder, page }) => [folder, page.length]),
    [
      ["/unknown", 0],
      ["/large", 100],
    ],
  );
  assert.deepEqual(
    standing.map(({ folder, page }) => [folder, page.length]),
    [
      ["/large", 100],
      ["/small", 10],
    ],
  );
});

test("what isn't listed yet of a wide folder is given where there is nothing else, and its page ends it", () => {
  const wide = listed("wide", files(50), false);
  const [behind, ...more] = portionOf([], [wide], 4, 0.5);
  assert.deepEqual([behind?.folder, behind?.page.length, behind?.isListed, more.length], ["/wide", 0, false, 0]);
  assert.deepEqual([wide.upTo, wide.isListed], ["n00049", true]);
});
