import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { projectRoot, type Running, startProgram } from "./processes.ts";

/** Azurite's and Gen2's well-known development key: a secret that everybody knows. */
const developmentKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Half of the memory that Node would let garbage grow to; the host has no need of more. */
const hostFlags = ["--max-semi-space-size=8"];

/** Where the local Azure keeps what, and what it serves. */
export type LocalAzureOptions = {
  /** The folder that the Gen1 emulator serves. */
  readonly source: string;
  /** The folder under which the Gen2 emulator leaves <file system>/… */
  readonly out: string;
  /** State and logs. */
  readonly stateDir: string;
  /** The Gen1 emulator's metadata. */
  readonly meta: string;
  readonly port: number;
};

/** A small Azure on loopback, running the deployed bundle. */
export type LocalAzure = {
  /** The function app, as http://127.0.0.1:7071. */
  readonly url: string;
  readonly source: string;
  readonly sink: string;
  /** Resolves with the name of the first process that ended by itself. */
  readonly broken: Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Starts Azurite, both emulators and the Functions host; stops what it started when one of them fails. */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const { stateDir } = options;
  const logs = join(stateDir, "logs");
  for (const folder of [logs, join(stateDir, "azurite"), options.out]) mkdirSync(folder, { recursive: true });
  const started: Running[] = [];
  const start = async (name: string, args: readonly string[], nodeFlags: readonly string[] = []) => {
    const file = join(projectRoot, "dist", "local", `${name}.mjs`);
    const program = { name, file, args, nodeFlags, logFile: join(logs, `${name}.log`) };
    const { running, firstLine } = await startProgram(program);
    started.push(running);
    return JSON.parse(firstLine) as { readonly url: string };
  };
  const stop = async () => {
    // The host first: it still has to save.
    for (const running of started.toReversed()) await running.stop(20_000);
  };
  try {
    const { source, out, meta } = options;
    const [tables, gen1, gen2] = await Promise.all([
      startAzurite(stateDir, logs, started),
      start("gen1", ["--root", source, "--store", "files", "--meta", meta]),
      start("gen2", ["--root", out, "--store", "files"]),
    ]);
    const settings = join(stateDir, "settings.json");
    writeFileSync(settings, JSON.stringify(settingsFor(tables, gen1.url, gen2.url), undefined, 2), { mode: 0o600 });
    const hostArgs = ["--app", projectRoot, "--port", String(options.port), "--data", join(stateDir, "hub")];
    const host = await start("host", [...hostArgs, "--settings", settings, "--log", join(logs, "host.log")], hostFlags);
    return { url: host.url, source: gen1.url, sink: gen2.url, broken: firstToEnd(started), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAzurite(stateDir: string, logs: string, started: Running[]): Promise<string> {
  const [blob, queue, table] = [await freePort(), await freePort(), await freePort()];
  const hosts = ["--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1"];
  const ports = ["--blobPort", String(blob), "--queuePort", String(queue), "--tablePort", String(table)];
  const { running } = await startProgram({
    name: "azurite",
    file: join(projectRoot, "node_modules", "azurite", "dist", "src", "azurite.js"),
    // It prints a line when each of its servers listens; it asks the network for nothing.
    args: ["--skipApiVersionCheck", "--disableTelemetry", "--location", join(stateDir, "azurite"), ...hosts, ...ports],
    logFile: join(logs, "azurite.log"),
  });
  started.push(running);
  await listening([blob, table]);
  return [
    "DefaultEndpointsProtocol=http",
    "AccountName=devstoreaccount1",
    `AccountKey=${developmentKey}`,
    `BlobEndpoint=http://127.0.0.1:${blob}/devstoreaccount1`,
    `TableEndpoint=http://127.0.0.1:${table}/devstoreaccount1`,
  ].join(";");
}

async function listening(ports: readonly number[]): Promise<void> {
  const { isFree } = await import("./ports.ts");
  for (const port of ports) {
    for (let tries = 0; await isFree(port); tries++) {
      if (tries > 200) throw new Error(`Azurite does not listen on port ${port}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function settingsFor(state: string, gen1: string, gen2: string): Record<string, string> {
  return {
    FUNCTIONS_WORKER_RUNTIME: "node",
    TaskHubName: "lakeferry",
    AzureWebJobsStorage: state,
    LakeSource__kind: "adls-gen1",
    LakeSource__endpoint: gen1,
    LakeSource__credential: "emulator",
    LakeSink__kind: "adls-gen2",
    LakeSink__endpoint: gen2,
    LakeSink__credential: "accountkey",
    LakeSink__accountKey: developmentKey,
    // Azure's defaults suit minutes of work; here people watch.
    Lakeferry__saveIntervalMs: "500",
    Lakeferry__pulseIntervalMs: "500",
    Lakeferry__firstWaveMs: "10000",
  };
}

function firstToEnd(started: readonly Running[]): Promise<string> {
  return Promise.race(started.map(({ name, exited }) => exited.then(() => name)));
}
