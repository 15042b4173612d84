// What survives Ctrl-C and `kill -9`, with the real processes of `npm start`.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Migration } from "../../src/cli/api.ts";
import {
  assertSameTree,
  childOf,
  type Command,
  type Ended,
  eventually,
  manyFiles,
  reportOf,
  runCommand,
  setFaults,
  startCommand,
  tempFolder,
  totalsOf,
  writeTree,
  writtenOf,
} from "./kit.ts";

const files = 800;

test("Ctrl-C pauses, kill -9 stops where it was, and the same command goes on, to an exact and whole end", async (t) => {
  const [source, out] = [tempFolder(t), tempFolder(t)];
  writeTree(source, { ...manyFiles("many", files), "empty folder/": "" });
  const command = ["--source", source, "--out", out];

  const paused = await stopped(t, command, 0, ({ signal }) => signal("SIGINT"));
  assert.equal(paused.code, 130, paused.stdout + paused.stderr);
  assert.match(paused.stdout, /: Paused\n/u);
  assert.match(paused.stdout, /Paused\. The same command goes on from here\.\n$/u);

  const kill = (pid: number | undefined) => process.kill(pid ?? assert.fail("no such process"), "SIGKILL");
  const headless = await stopped(t, command, paused.counted, ({ pid }) => kill(childOf(pid, "dist/local/host.mjs")));
  assert.equal(headless.code, 4, headless.stdout + headless.stderr);
  assert.match(headless.stderr, /"host" ended by itself, see \S+host\.log; the same command goes on from here/u);

  const killed = await stopped(t, command, headless.counted, ({ pid }) => kill(pid));
  assert.equal(killed.code, null);
  assert.ok(killed.counted < files && totalsOf(join(out, "lake")).files < files);

  const ended = await runCommand(t, [...command, "--json"]);
  const report = reportOf(ended);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual([paused.id, headless.id, killed.id], Array(3).fill(report["id"]));
  // What was made in the moments before a kill carries the run's id, and is counted as made by it.
  assert.deepEqual(writtenOf(report), { status: "Succeeded", ...totalsOf(source) });
  assert.equal(report.journal?.lines, files + totalsOf(source).folders);
  assert.deepEqual([report.filesListed, report.filesSkipped, report.filesFailed], [files, 0, 0]);
  assertSameTree(source, join(out, "lake"));
});

// Starts the command against a slow source and stops it as soon as it has counted more files than those before it.
async function stopped(
  t: TestContext,
  command: readonly string[],
  before: number,
  stop: (running: Command) => void,
): Promise<Ended & { readonly counted: number; readonly id: string }> {
  const running = startCommand(t, command);
  const { app, gen1 } = await running.addresses;
  await setFaults(gen1, [{ match: { op: "OPEN" }, effect: { delayMs: 400 } }]);
  const { id, report } = await eventually("more files to be counted", async () => {
    const { migrations } = (await (await fetch(`${app}/api/migrations`)).json()) as { migrations: Migration[] };
    const [first, ...more] = migrations;
    assert.deepEqual(more, []);
    if (first === undefined) return undefined;
    const migration = (await (await fetch(`${app}/api/migrations/${first.id}`)).json()) as Migration;
    return migration.status === "Running" && migration.report.filesListed > before ? migration : undefined;
  });
  stop(running);
  return { ...(await running.ended), counted: report.filesListed, id };
}
