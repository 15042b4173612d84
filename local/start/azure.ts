import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { latencyNamed } from "../kit/latency.ts";
import { developmentKey, startAzurite } from "./azurite.ts";
import { freePort } from "./ports.ts";
import { EndedEarly, isAlive, projectRoot, type Program, type Running, startProgram } from "./processes.ts";

/**
 * How the host's process is started. Left to itself Node lets garbage grow to several hundred MiB; what the app really holds is far less.
 * The heap is looked through whenever it has grown by 40 %: less makes that half of the work, more needs more memory
 * (docs/decisions/0038). glibc has a heap for each thread otherwise, most of it empty, and keeps in it the place of what was large;
 * infra/application.bicep sets these too.
 */
export const hostProcess = {
  nodeFlags: ["--max-semi-space-size=8", "--max-old-space-size=256", "--heap-growing-percent=40"],
  env: { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "262144" },
};

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
  /** The function app's port; undefined: 7071, or the next free one. */
  readonly port: number | undefined;
  /** How many hosts share one task hub; absent: one. */
  readonly instances?: number;
  /** A Gen2 account that is there already and lets everybody in; absent: the emulator. */
  readonly sink?: string | undefined;
  /** The name of a latency model; absent: none. */
  readonly latency?: string | undefined;
  /** The folder of the function app; absent: this checkout. */
  readonly app?: string;
  /** Whether the app's intervals are those of a deployed one; absent: they are short, as people watch. */
  readonly isAsDeployed?: boolean;
};

/** A process that runs the function app. */
export type Host = { readonly url: string; readonly pid: number };

/** A small Azure on loopback, running the deployed bundle. */
export type LocalAzure = {
  /** The function app, as http://127.0.0.1:7071; that of the first host that lives. */
  readonly url: string;
  /** The process of the first host. */
  readonly hostPid: number;
  /** All processes by name: azurite, gen1, gen2 where it is the emulator, host; host 1 and so on where there are several. */
  readonly processes: Readonly<Record<string, number>>;
  /** All that run the function app. */
  readonly hosts: readonly Host[];
  readonly source: string;
  readonly sink: string;
  /** Resolves with the name of the first process that ended by itself. */
  readonly broken: Promise<string>;
  readonly stop: () => Promise<void>;
};

type Ready = { readonly url: string; readonly instances?: readonly Host[] };

/** Starts Azurite, both emulators and the Functions host; stops what it started when one of them fails. */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const { stateDir, instances = 1, app = projectRoot } = options;
  const latency = latencyNamed(options.latency);
  const slowly = options.latency === undefined ? [] : ["--latency", options.latency];
  const logs = join(stateDir, "logs");
  for (const folder of [logs, options.out]) mkdirSync(folder, { recursive: true });
  const started: Running[] = [];
  const start = async (name: string, args: readonly string[], more: Pick<Program, "nodeFlags" | "env"> = {}) => {
    const file = join(projectRoot, "dist", "local", `${name}.mjs`);
    const program = { name, file, args, ...more, logFile: join(logs, `${name}.log`) };
    const { running, firstLine } = await startProgram(program);
    started.push(running);
    return { pid: running.pid, ...(JSON.parse(firstLine) as Ready) };
  };
  const stop = async () => {
    // The host first: it still has to save.
    for (const running of started.toReversed()) await running.stop(20_000);
  };
  try {
    const { source, out, meta } = options;
    const [tables, gen1, gen2] = await Promise.all([
      startAzurite(join(stateDir, "azurite"), join(logs, "azurite.log"), latency).then(
        ({ running, connectionString }) => {
          started.push(running);
          return connectionString;
        },
      ),
      start("gen1", ["--root", source, "--store", "files", "--meta", meta, ...slowly]),
      options.sink === undefined
        ? start("gen2", ["--root", out, "--store", "files", ...slowly])
        : { url: options.sink },
    ]);
    const settings = join(stateDir, "settings.json");
    writeFileSync(
      settings,
      JSON.stringify(
        settingsFor(tables, gen1.url, {
          ...sinkSettings(options.sink, gen2.url),
          ...(options.isAsDeployed === true ? {} : watched),
        }),
        undefined,
        2,
      ),
      { mode: 0o600 },
    );
    const hub = ["--data", join(stateDir, "hub"), "--instances", String(instances), ...slowly];
    const hostArgs = ["--app", app, ...hub, "--settings", settings, "--alone"];
    const startHost = (port: number) =>
      start("host", [...hostArgs, "--port", String(port), "--log", join(logs, "host.log")], hostProcess);
    const host = await (options.port === undefined ? onFreePort(7071, startHost) : startHost(options.port));
    const hosts = host.instances ?? [host];
    return {
      get url() {
        return (hosts.find(({ pid }) => isAlive(pid)) ?? host).url;
      },
      hostPid: hosts[0]?.pid ?? host.pid,
      processes: processesOf(started, hosts),
      hosts,
      source: gen1.url,
      sink: gen2.url,
      broken: firstToEnd(started),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function processesOf(started: readonly Running[], hosts: readonly Host[]): Record<string, number> {
  const single = started.map(({ name, pid }) => [name, pid] as const);
  const several = hosts.length < 2 ? [] : hosts.map(({ pid }, index) => [`host ${index + 1}`, pid] as const);
  return Object.fromEntries([...single, ...several]);
}

function sinkSettings(own: string | undefined, url: string): Record<string, string> {
  const credential: Record<string, string> =
    own === undefined
      ? { LakeSink__credential: "accountkey", LakeSink__accountKey: developmentKey }
      : { LakeSink__credential: "emulator" };
  return { LakeSink__kind: "adls-gen2", LakeSink__endpoint: url, ...credential };
}

// Azure's defaults suit minutes of work; here people watch.
const watched = {
  Lakeferry__saveIntervalMs: "500",
  Lakeferry__pulseIntervalMs: "500",
  Lakeferry__firstWaveMs: "10000",
  Lakeferry__scheduleCron: "* * * * * *",
} as const;

function settingsFor(state: string, gen1: string, more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    FUNCTIONS_WORKER_RUNTIME: "node",
    TaskHubName: "lakeferry",
    AzureWebJobsStorage: state,
    LakeSource__kind: "adls-gen1",
    LakeSource__endpoint: gen1,
    LakeSource__credential: "emulator",
    ...more,
  };
}

// Between finding a port and taking it somebody else may have been faster.
async function onFreePort<T>(first: number, start: (port: number) => Promise<T>): Promise<T> {
  const port = await freePort(first);
  try {
    return await start(port);
  } catch (error) {
    if (!(error instanceof EndedEarly && error.said.includes(`Port ${port} is in use`))) throw error;
    return onFreePort(port + 1, start);
  }
}

function firstToEnd(started: readonly Running[]): Promise<string> {
  return Promise.race(started.map(({ name, exited }) => exited.then(() => name)));
}
