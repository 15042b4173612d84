// Several hosts on one task hub, with the real processes of `npm start`.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Migration } from "../../src/cli/api.ts";
import { startOptions } from "../../local/start/options.ts";
import {
  assertSameTree,
  eventually,
  manyFiles,
  runCommand,
  setFaults,
  startCommand,
  tempFolder,
  totalsOf,
  writeTree,
} from "./kit.ts";

const files = 1000;

// A lost host's activity comes back sooner than people need it.
process.env["AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout"] =
  "00:00:04";

test("of two hosts the one that works on a migration is killed half-way: the other takes over, to an exact end", async (t) => {
  const [source, out] = [tempFolder(t), tempFolder(t)];
  writeTree(source, { ...manyFiles("many", files), "empty folder/": "" });
  const command = ["--source", source, "--out", out, "--instances", "2"];
  const hub = join(startOptions(command)?.stateDir ?? "", "hub", "lakeferry.sqlite");
  const running = startCommand(t, command);
  const { app, gen1 } = await running.addresses;
  await setFaults(gen1, [{ match: { op: "OPEN" }, effect: { delayMs: 300 } }]);
  const counted = await eventually("the first files to be counted", async () => {
    const { migrations } = (await (await fetch(`${app}/api/migrations`)).json()) as { migrations: Migration[] };
    if (migrations[0] === undefined) return undefined;
    const { report } = (await (await fetch(`${app}/api/migrations/${migrations[0].id}`)).json()) as Migration;
    return report.filesListed > 0 ? report.filesListed : undefined;
  });
  const { pid, instances } = workerOf(hub);
  assert.equal(instances, 2);
  process.kill(pid, "SIGKILL");
  await setFaults(gen1, []);
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stdout + stderr);
  assert.ok(counted < files);
  assert.match(stderr, new RegExp(`\\(process ${pid}\\) ended by itself; the others go on`, "u"));
  assert.match(stdout, new RegExp(`files +${files} copied, 0 skipped, 0 failed`, "u"));
  assert.equal(totalsOf(join(out, "lake")).files, files);
  assertSameTree(source, join(out, "lake"));
});

test("with --latency azure on two hosts a lake arrives as it is", async (t) => {
  const [source, out] = [tempFolder(t), tempFolder(t)];
  writeTree(source, manyFiles("some", 50));
  const lakes = ["--source", source, "--out", out];
  const ended = await runCommand(t, [...lakes, "--instances", "2", "--latency", "azure"]);
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /files +50 copied, 0 skipped, 0 failed/u);
  assertSameTree(source, join(out, "lake"));
});

test("a number of hosts or a model of latency that can't be is refused in plain words", () => {
  for (const count of ["0", "17", "many", "1.5", "-1"]) {
    assert.throws(() => startOptions([`--instances=${count}`]), /--instances \S+: expected a number from 1 to 16/u);
  }
  assert.throws(() => startOptions(["--latency", "moon"]), /--latency moon: expected azure/u);
});

/** The process that runs the slice now, and how many there are. */
function workerOf(hub: string): { readonly pid: number; readonly instances: number } {
  const db = new DatabaseSync(hub, { readOnly: true });
  try {
    const workers = db.prepare("select id, pid from workers").all();
    const slice = db.prepare("select worker from activities where name = 'ferryPacket'").get();
    const pid = workers.find(({ id }) => id === slice?.["worker"])?.["pid"];
    return { pid: Number(pid ?? assert.fail("no slice runs")), instances: workers.length };
  } finally {
    db.close();
  }
}
