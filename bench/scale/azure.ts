import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostProcess } from "../../local/start/azure.ts";
import { startAzurite } from "../../local/start/azurite.ts";
import { projectRoot, type Running, startProgram } from "../../local/start/processes.ts";
import type { Arrived } from "./arrivals.ts";
import { type CountedPort, countedPort } from "./counted.ts";

/** The whole app between a computed lake and a sink of sums, each in a process of its own, with Azure's own pace. */
export type ScaleAzure = {
  readonly url: string;
  readonly sourceUrl: string;
  readonly sinkUrl: string;
  /** What came. */
  readonly arrived: () => Promise<Arrived>;
  readonly pids: { readonly host: number; readonly source: number; readonly sink: number; readonly state: number };
  readonly tables: CountedPort;
  readonly journals: CountedPort;
  /** The folder of the task hub's file. */
  readonly hub: string;
  readonly stop: () => Promise<void>;
};

/** Where the lake is carried to. */
export const fileSystem = "lake";

type Ready = { readonly url: string; readonly sums?: string };

/** Starts it for a computed lake; what it writes is under `folder`. Needs node scripts/build.ts. */
export async function startScaleAzure(files: number, mostBytes: number, folder: string): Promise<ScaleAzure> {
  const [logs, hub] = [join(folder, "logs"), join(folder, "hub")];
  mkdirSync(logs, { recursive: true });
  const started: Running[] = [];
  const start = async (name: string, file: string, args: readonly string[], more: Partial<typeof hostProcess> = {}) => {
    const program = { name, file, args, ...more, logFile: join(logs, `${name}.log`) };
    const { running, firstLine } = await startProgram(program);
    started.push(running);
    return { pid: running.pid, ...(JSON.parse(firstLine) as Ready) };
  };
  const source = await start("source", join(import.meta.dirname, "source.ts"), [String(files), String(mostBytes)]);
  const sink = await start("sink", join(import.meta.dirname, "sink.ts"), [
    String(files),
    String(mostBytes),
    fileSystem,
  ]);
  const azurite = await startAzurite(join(folder, "azurite"), join(logs, "azurite.log"));
  started.push(azurite.running);
  const tables = await countedPort(portIn(azurite.connectionString, "Table"));
  const journals = await countedPort(portIn(azurite.connectionString, "Blob"));
  const settings = join(folder, "settings.json");
  writeFileSync(
    settings,
    JSON.stringify({
      FUNCTIONS_WORKER_RUNTIME: "node",
      TaskHubName: "lakeferry",
      AzureWebJobsStorage: withPorts(azurite.connectionString, { Table: tables.port, Blob: journals.port }),
      LakeSource__kind: "adls-gen1",
      LakeSource__endpoint: source.url,
      LakeSource__credential: "emulator",
      LakeSink__kind: "adls-gen2",
      LakeSink__endpoint: sink.url,
      LakeSink__credential: "emulator",
    }),
    { mode: 0o600 },
  );
  const app = ["--app", projectRoot, "--data", hub, "--settings", settings, "--alone"];
  const log = ["--log", join(logs, "host.log")];
  const host = await start("host", join(projectRoot, "dist", "local", "host.mjs"), [...app, ...log], hostProcess);
  return {
    url: host.url,
    sourceUrl: source.url,
    sinkUrl: sink.url,
    arrived: async () => (await (await fetch(sink.sums ?? "")).json()) as Arrived,
    pids: { host: host.pid, source: source.pid, sink: sink.pid, state: azurite.running.pid },
    tables,
    journals,
    hub,
    stop: async () => {
      for (const running of started.toReversed()) await running.stop(20_000);
      tables.close();
      journals.close();
    },
  };
}

const endpoint = (service: string) => new RegExp(`(${service}Endpoint=http://127\\.0\\.0\\.1:)(\\d+)`, "u");

function portIn(connection: string, service: string): number {
  return Number(endpoint(service).exec(connection)?.[2]);
}

function withPorts(connection: string, ports: Readonly<Record<string, number>>): string {
  return Object.entries(ports).reduce(
    (text, [service, port]) => text.replace(endpoint(service), `$1${port}`),
    connection,
  );
}
