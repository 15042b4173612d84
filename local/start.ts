// The command behind `npm start`: sets up a small Azure on loopback, runs one migration on it, and prints the report.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { callApp, type Migration, type MigrationList, Refused } from "../src/cli/api.ts";
import { exitCodeOf, exitCodes, isAtRest, UsageError } from "../src/cli/outcome.ts";
import { isUtf8In, noProgress, openProgress } from "../src/cli/progress.ts";
import { reportText } from "../src/cli/reports.ts";
import { makeSampleLake } from "./sample.ts";
import { type LocalAzure, startLocalAzure } from "./start/azure.ts";
import { lockIn } from "./start/lock.ts";
import { help, type StartOptions, startOptions } from "./start/options.ts";
import { isFree } from "./start/ports.ts";
import { isAlive, projectRoot } from "./start/processes.ts";

const pollMs = 250;

try {
  const options = startOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(help);
  else process.exitCode = await run(options);
} catch (error) {
  const isUsage = error instanceof UsageError || (error instanceof Refused && error.status < 500);
  process.stderr.write(`lakeferry: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write("lakeferry: npm start -- --help lists the options\n");
  process.exitCode = isUsage ? exitCodes.usage : exitCodes.failed;
}

async function run(options: StartOptions): Promise<number> {
  const unlock = await lockIn(options);
  let azure: LocalAzure | undefined;
  try {
    await checkPort(options);
    buildBundles();
    const { source, meta } = await lakeOf(options);
    const { out, stateDir, port, instances, latency } = options;
    azure = await startLocalAzure({ source, meta, out, stateDir, port, instances, latency });
    if (!options.isJson)
      process.stdout.write(`Functions host at ${azure.url}, Gen1 at ${azure.source}, Gen2 at ${azure.sink}\n`);
    const migration = await migrate(azure, options);
    await sayUnserved(azure);
    if (!options.isJson) process.stdout.write(`${reportText(migration)}\n${whereToLook(azure, options, migration)}\n`);
    if (options.isJson) process.stdout.write(`${JSON.stringify(migration.report)}\n`);
    if (options.isServing) await served(azure);
    return exitCodeOf(migration.status);
  } finally {
    await azure?.stop();
    unlock();
  }
}

// What stands in the folder and is no part of the lake: links that lead out of it, names that are no text, devices.
async function sayUnserved({ source }: LocalAzure): Promise<void> {
  for (const line of await callApp<readonly string[]>(`${source}/_control/warnings`)) {
    process.stderr.write(`lakeferry: ${line}\n`);
  }
}

async function checkPort({ port }: StartOptions): Promise<void> {
  if (port === undefined || (await isFree(port))) return;
  throw new UsageError(`--port ${port} is in use; choose another one, or leave it out to get the next free one`);
}

function buildBundles(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(projectRoot, "scripts", "build.ts")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the bundle could not be built:\n${stderr}`);
}

async function lakeOf({ source, stateDir }: StartOptions): Promise<{ readonly source: string; readonly meta: string }> {
  mkdirSync(stateDir, { recursive: true });
  // Owners, ACLs and expiry never go into a person's folder.
  const meta = join(stateDir, "gen1.jsonl");
  if (source !== undefined) return { source, meta };
  const sample = join(projectRoot, ".lakeferry", "sample");
  const sampleMeta = join(projectRoot, ".lakeferry", "sample.gen1.jsonl");
  await makeSampleLake(sample, sampleMeta);
  return { source: sample, meta: sampleMeta };
}

/** Starts the migration, or goes on with the one that an earlier call of the same command left unfinished. */
async function migrate(azure: LocalAzure, options: StartOptions): Promise<Migration> {
  const base = () => `${azure.url}/api/migrations`;
  const { migrations } = await callApp<MigrationList>(base());
  const unfinished = migrations.find(({ status }) => status === "Paused" || !isAtRest(status));
  const { id } = unfinished ?? (await callApp<{ id: string }>(base(), "POST", options.spec));
  if (unfinished !== undefined && !options.isJson) process.stdout.write(`Going on with migration ${id}\n`);
  if (unfinished?.status === "Paused") await callApp(`${base()}/${id}/resume`, "POST");
  return watch(azure, () => `${base()}/${id}`, options);
}

async function watch(azure: LocalAzure, urlNow: () => string, options: StartOptions): Promise<Migration> {
  const { stdout, env } = process;
  const canvas = { stream: stdout, isTerminal: stdout.isTTY, isUtf8: isUtf8In(env), nowMs: () => Date.now() };
  const progress = options.isJson ? noProgress : openProgress(canvas);
  const sayLost = lossesOf(azure);
  let isPausing = false;
  const pause = () => {
    if (isPausing) return;
    isPausing = true;
    // When it couldn't be said, the next Ctrl-C says it again.
    callApp(`${urlNow()}/pause`, "POST").catch(() => {
      isPausing = false;
    });
  };
  process.on("SIGINT", pause).on("SIGTERM", pause);
  let broken: string | undefined;
  const breaks = azure.broken.then((name) => {
    broken = name;
  });
  try {
    for (;;) {
      const url = urlNow();
      const migration = await callApp<Migration>(url).catch(async (error: unknown) => {
        // A host that is gone refuses connections a moment before it is known to have ended; another one may answer then.
        if (!(error instanceof Refused)) await Promise.race([breaks, new Promise((go) => setTimeout(go, pollMs))]);
        if (broken === undefined && urlNow() === url) throw error;
      });
      sayLost();
      if (migration !== undefined) {
        progress.show(migration);
        if (isAtRest(migration.status)) return migration;
      }
      if (broken !== undefined) {
        const log = join(options.stateDir, "logs", `${broken}.log`);
        throw new Error(`the process "${broken}" ended by itself, see ${log}; the same command goes on from here`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } finally {
    progress.end();
    process.off("SIGINT", pause).off("SIGTERM", pause);
  }
}

// Names each host that has ended by itself, once, while others are left; without any the whole is broken.
function lossesOf({ hosts }: LocalAzure): () => void {
  const said = new Set<number>();
  return () => {
    const lost = hosts.filter(({ pid }) => !isAlive(pid));
    if (lost.length === hosts.length) return;
    for (const { pid, url } of lost) {
      if (said.has(pid)) continue;
      said.add(pid);
      process.stderr.write(`lakeferry: the host at ${url} (process ${pid}) ended by itself; the others go on\n`);
    }
  };
}

function whereToLook(azure: LocalAzure, { out, stateDir, spec, isServing }: StartOptions, { id, status }: Migration) {
  const { fileSystem } = spec["sink"] as { readonly fileSystem?: string };
  return [
    "Where to look:",
    `  the Gen2 lake   ${join(out, fileSystem ?? "lake")}`,
    `  logs            ${join(stateDir, "logs")}`,
    ...(isServing
      ? [
          `  this migration  ${azure.url}/api/migrations/${id}`,
          `  a command       npx lakeferry show ${id} --url ${azure.url}`,
        ]
      : ["  the API         npm start -- --serve keeps it up"]),
    ...(status === "Paused" ? ["Paused. The same command goes on from here."] : []),
  ].join("\n");
}

async function served(azure: LocalAzure): Promise<void> {
  process.stderr.write("lakeferry: serving; Ctrl-C ends it\n");
  await new Promise<void>((resolve, reject) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    azure.broken.then((name) => reject(new Error(`${name} ended by itself`)), reject);
  });
}
