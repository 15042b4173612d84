import assert from "node:assert/strict";
import { test } from "node:test";
import { isKind } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { openRoots } from "../../src/state/roots.ts";
import { type Row, spread } from "../../src/state/rows.ts";
import { openRuns } from "../../src/state/runs.ts";
import { requestOf } from "../kit/testFerry.ts";

const unreadable: readonly Row[] = [
  { partitionKey: "runs", rowKey: "empty", version: 1 },
  { partitionKey: "runs", rowKey: "newer", version: 2, run0: '{"id":"newer","status":"Resting","request":{}}' },
  { partitionKey: "runs", rowKey: "other", version: 1, run0: '{"id":"x","status":"Running","request":{}}' },
  { partitionKey: "runs", rowKey: "torn", version: 1, run0: '{"id":"to' },
];

async function withUnreadable() {
  const rows = memoryRows();
  const runs = openRuns(rows);
  const run = { id: "r", status: "Running", epoch: 1, request: requestOf(), createdMs: 1, workedMs: 0 } as const;
  await runs.add(run);
  for (const row of unreadable) await rows.insert(row);
  return { rows, runs, run };
}

test("runs that can't be read are listed apart, each with the reason, and the others as ever", async () => {
  const { runs, run } = await withUnreadable();
  const listed = await runs.list();
  assert.deepEqual(listed.runs, [run]);
  const reasons = [/damaged/u, /version 2, written by a newer lakeferry/u, /damaged/u, /damaged/u];
  assert.deepEqual(
    listed.unreadable.map(({ id }) => id),
    unreadable.map(({ rowKey }) => rowKey),
  );
  for (const [index, { detail }] of listed.unreadable.entries()) assert.match(detail, reasons[index] ?? /^$/u);
});

test("a run that can't be read is neither shown nor changed", async () => {
  const { rows, runs } = await withUnreadable();
  for (const { rowKey } of unreadable) {
    const corrupt = (error: unknown) => isKind(error, "corrupt") && error.path === rowKey;
    await assert.rejects(runs.get(rowKey), corrupt);
    await assert.rejects(
      runs.change(rowKey, (now) => ({ ...now, epoch: 9 })),
      corrupt,
    );
    assert.deepEqual(
      (await rows.get("runs", rowKey))?.row,
      unreadable.find((row) => row.rowKey === rowKey),
    );
  }
});

test("a run that can't be read keeps its root, and others start elsewhere", async () => {
  const { rows, runs } = await withUnreadable();
  const roots = openRoots(rows, runs.isLive);
  const at = (path: string) => path as LakePath;
  await roots.claim("s fs", { run: "newer", root: at("/x") });
  assert.equal((await roots.claim("s fs", { run: "r", root: at("/x/y") }))?.run, "newer");
  assert.equal(await roots.claim("s fs", { run: "r", root: at("/z") }), undefined);
  assert.equal((await roots.claim("s fs", { run: "s", root: at("/x") }))?.run, "newer");
  await runs.change("r", (now) => ({ ...now, status: "Succeeded" }));
  assert.equal(await roots.claim("s fs", { run: "s", root: at("/z") }), undefined);
  assert.equal(await runs.isLive("nobody"), false);
});

test("live runs are listed without those that have ended, and what has ended meanwhile is among them no more", async () => {
  const { runs, run } = await withUnreadable();
  await runs.add({ ...run, id: "over", status: "Failed" });
  const ids = async () => (await runs.list("live")).runs.map(({ id }) => id);
  assert.deepEqual(await ids(), ["r"]);
  await runs.change("over", (now) => ({ ...now, status: "Paused" }));
  await runs.change("r", (now) => ({ ...now, status: "Succeeded" }));
  assert.deepEqual(await ids(), ["over"]);
});

test("a live run of an earlier lakeferry, which wrote down no state beside it, is listed with the live ones", async () => {
  const { rows, runs, run } = await withUnreadable();
  for (const early of [
    { ...run, id: "early", status: "Paused" },
    { ...run, id: "over", status: "Failed" },
  ]) {
    await rows.insert({ partitionKey: "runs", rowKey: early.id, version: 1, ...spread("run", early) });
  }
  assert.deepEqual((await runs.list("live")).runs.map(({ id }) => id).toSorted(), ["early", "r"]);
});
