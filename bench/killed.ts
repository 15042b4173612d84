// A folder carried over while the app's process, and with --azurite its state store too, is killed with kill -9 at random
// moments: what arrives, what is counted, and how many files were sent more than once, counted at the emulator.
// Usage: node bench/killed.ts [--source DIR] [--kills N] [--seed N] [--azurite]. Needs node scripts/build.ts.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Requests } from "../local/kit/requests.ts";
import { callApp, type Migration } from "../src/cli/api.ts";
import { isAtRest } from "../src/cli/outcome.ts";
import { startLocalAzure } from "../local/start/azure.ts";
import { startAzurite } from "../local/start/azurite.ts";
import { projectRoot, type Running } from "../local/start/processes.ts";
import { restartHost } from "./hosts.ts";

const { values } = parseArgs({
  options: {
    source: { type: "string", default: join(projectRoot, "node_modules") },
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    azurite: { type: "boolean", default: false },
  },
});

let state = Number(values.seed);
// A small generator with a seed (mulberry32), so that a run can be repeated.
function roll(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const folder = mkdtempSync(join(tmpdir(), "lakeferry-killed-"));
const [out, stateDir] = [join(folder, "out"), join(folder, "state")];
mkdirSync(stateDir);
const azure = await startLocalAzure({
  source: values.source,
  out,
  stateDir,
  meta: join(folder, "meta.jsonl"),
  port: undefined,
});
const settingsFile = join(stateDir, "settings.json");
const port = new URL(azure.url).port;
const started: Running[] = [];
let hostPid = azure.hostPid;
let azuritePid = azure.processes["azurite"] ?? 0;

async function startHost(): Promise<void> {
  const running = await restartHost(stateDir, port);
  started.push(running);
  hostPid = running.pid;
}

async function restartAzurite(): Promise<void> {
  process.kill(azuritePid, "SIGKILL");
  const { running, connectionString } = await startAzurite(
    join(stateDir, "azurite"),
    join(stateDir, "logs", "azurite.log"),
  );
  started.push(running);
  azuritePid = running.pid;
  const settings = JSON.parse(readFileSync(settingsFile, "utf8")) as Record<string, string>;
  writeFileSync(settingsFile, JSON.stringify({ ...settings, AzureWebJobsStorage: connectionString }));
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const moments: string[] = [];
try {
  const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", { sink: { fileSystem: "lake" } });
  const shown = () => callApp<Migration>(`${azure.url}/api/migrations/${id}`);
  // A run whose row Azurite has not written down yet would be forgotten with it.
  if (values.azurite) await wait(6000);
  for (let kill = 0; kill < Number(values.kills); kill++) {
    await wait(2000 + roll() * 4000);
    const { status, report } = await shown();
    if (status !== "Running") break;
    moments.push(`${report.filesListed} files`);
    process.kill(hostPid, "SIGKILL");
    if (values.azurite) await restartAzurite();
    await startHost();
  }
  let migration = await shown();
  for (; !isAtRest(migration.status); migration = await shown()) await wait(500);
  const { report } = migration;
  const { byOp } = (await (await fetch(new URL("/_control/requests", azure.sink))).json()) as Requests;
  const sent = (byOp["putBlob"] ?? 0) + (byOp["putBlockList"] ?? 0);
  const diff = spawnSync("diff", ["-rq", values.source, join(out, "lake")], { encoding: "utf8" });
  console.log(
    JSON.stringify({
      status: migration.status,
      killsAt: moments,
      files: report.filesWritten,
      folders: report.foldersWritten,
      bytes: report.dataWritten,
      sentMoreThanOnce: sent - report.filesWritten,
      journalLines: report.journal?.lines,
      journalIsExact: report.journal?.lines === report.filesWritten + report.foldersWritten,
      diff: diff.stdout === "" ? "silent" : diff.stdout.slice(0, 1000),
    }),
  );
} finally {
  for (const running of started.toReversed()) await running.stop();
  await azure.stop();
  rmSync(folder, { recursive: true });
}
