// A folder carried over by several hosts on one task hub, of which one that is at work is killed with kill -9 and not started
// again: what arrives, and how long it takes until the others have taken over all that it was doing. With 1 host there is
// nobody to take over: it is started again. Prints the events of the longest history that was seen, too.
// Usage: node bench/takeover.ts [--source DIR] [--instances 1,2,4] [--lanes N]. Needs node scripts/build.ts.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { callApp, type Migration } from "../src/cli/api.ts";
import { isAtRest } from "../src/cli/outcome.ts";
import { startLocalAzure } from "../local/start/azure.ts";
import { projectRoot, type Running } from "../local/start/processes.ts";
import { restartHost } from "./hosts.ts";

const { values } = parseArgs({
  options: {
    source: { type: "string", default: join(projectRoot, "node_modules") },
    instances: { type: "string", default: "1,2,4" },
    lanes: { type: "string", default: "8" },
  },
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
for (const instances of values.instances.split(",").map(Number)) console.log(JSON.stringify(await run(instances)));

async function run(instances: number): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-takeover-"));
  const [out, stateDir] = [join(folder, "out"), join(folder, "state")];
  mkdirSync(stateDir);
  const meta = join(folder, "meta.jsonl");
  const azure = await startLocalAzure({ source: values.source, out, stateDir, meta, port: undefined, instances });
  const hub = new DatabaseSync(join(stateDir, "hub", "lakeferry.sqlite"), { readOnly: true });
  const started: Running[] = [];
  try {
    const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", {
      parallelism: Number(values.lanes),
      sink: { fileSystem: "lake" },
    });
    const shown = () => callApp<Migration>(`${azure.url}/api/migrations/${id}`);
    await wait(10_000);
    const victim = hub
      .prepare("select w.id, w.pid from workers w join activities a on a.worker = w.id where a.name = 'ferryPacket'")
      .get();
    const worker = String(victim?.["id"]);
    const held = () =>
      Number(hub.prepare("select count(*) as n from activities where worker = ?").get(worker)?.["n"] ?? 0);
    const [heldAtKill, filesAtKill, killedMs] = [held(), (await shown()).report.filesListed, performance.now()];
    process.kill(Number(victim?.["pid"]), "SIGKILL");
    if (instances === 1) started.push(await restartHost(stateDir, new URL(azure.url).port));
    while (held() > 0) await wait(100);
    const takenOverSeconds = Math.round((performance.now() - killedMs) / 100) / 10;
    let mostEvents = 0;
    let migration = await shown();
    for (; !isAtRest(migration.status); migration = await shown()) {
      const longest = hub.prepare("select max(position) + 1 as n from history").get();
      mostEvents = Math.max(mostEvents, Number(longest?.["n"] ?? 0));
      await wait(250);
    }
    const { report } = migration;
    const diff = spawnSync("diff", ["-rq", values.source, join(out, "lake")], { encoding: "utf8" });
    return {
      instances,
      status: migration.status,
      filesAtKill,
      heldAtKill,
      takenOverSeconds,
      files: report.filesWritten,
      folders: report.foldersWritten,
      journalIsExact: report.journal?.lines === report.filesWritten + report.foldersWritten,
      diff: diff.stdout === "" ? "silent" : diff.stdout.slice(0, 1000),
      mostEvents,
    };
  } finally {
    hub.close();
    for (const running of started) await running.stop();
    await azure.stop();
    rmSync(folder, { recursive: true });
  }
}
