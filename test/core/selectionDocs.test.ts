// The page about selection says what the code does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { combine, type Kind, selectionKinds } from "../../src/core/combinations.ts";

const page = readFileSync(new URL("../../docs/selection.md", import.meta.url), "utf8");

const cellsOf = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

test("the table of what combines is the code's", () => {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => cellsOf(line)[1] === selectionKinds[0]);
  assert.ok(start >= 0, "there is no such table");
  assert.deepEqual(cellsOf(lines[start] ?? "").slice(1), selectionKinds);
  const rows = lines.slice(start + 2, start + 2 + selectionKinds.length).map(cellsOf);
  assert.deepEqual(
    rows.map(([kind]) => kind),
    selectionKinds,
  );
  const wanted = (a: Kind, b: Kind) => (a === b ? "" : combine(a, b) ? "+" : "-");
  for (const [kind, ...cells] of rows) {
    assert.deepEqual(
      cells,
      selectionKinds.map((other) => wanted(kind as Kind, other)),
      kind,
    );
  }
});
