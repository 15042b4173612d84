import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Requests } from "../../local/kit/requests.ts";
import { startLocalAzure } from "../../local/start/azure.ts";
import { projectRoot, startProgram } from "../../local/start/processes.ts";
import { callApp, type Migration } from "../../src/cli/api.ts";
import { isAtRest } from "../../src/cli/outcome.ts";
import { type Case, metaOf } from "../cases.ts";
import { commitNow } from "../commit.ts";
import { restartHost } from "../hosts.ts";
import { cpuSecondsOf, forgetPeakOf, peakMemoryOf } from "../measured.ts";
import { removeScratch, scratchFolder } from "../scratch.ts";
import type { MinimalSink } from "../sinks.ts";
import { type Crossed, type Crossing, crossingBy, fileSystem, type Ready, type Taken, type Tool } from "./tool.ts";

/** The whole way: HTTP API, orchestration, state tables, journal and data path. */
export const whole: Tool = {
  ...common("host, orchestration, state and all"),
  name: "lakeferry",
  cant: () => undefined,
  open: openWhole,
};

/** The data path without host, orchestration and tables. */
export const alone: Tool = {
  ...common("data path, state in memory"),
  name: "lakeferry alone",
  cant: ({ isKilled }) => (isKilled === true ? "its state is in the memory of the process that is killed" : undefined),
  open: openAlone,
};

const warmUp = { fileSystem: "warm-up", mostBytes: 1024 * 1024 } as const;
const [fastPollMs, fastForMs, slowPollMs, cancelMs] = [20, 600, 200, 15_000];

function common(what: string): Pick<Tool, "proof" | "missing" | "version"> {
  return {
    proof: `MD5 or CRC-64 of all bytes (${what})`,
    missing: () => undefined,
    version: commitNow,
  };
}

// The host is up and has carried one file before the clock starts, as a deployed app has; each crossing is a new migration.
async function openWhole(wanted: Case, source: string, sink: MinimalSink): Promise<Ready> {
  const folder = scratchFolder("lakeferry");
  const [out, stateDir] = [join(folder, "out"), join(folder, "state")];
  mkdirSync(stateDir);
  const startMs = performance.now();
  const options = { source, out, stateDir, meta: metaOf(source), port: undefined, sink: sink.url, isAsDeployed: true };
  const azure = await startLocalAzure(options);
  await callApp(`${azure.url}/api/migrations`);
  const startSeconds = (performance.now() - startMs) / 1000;
  const requests = new URL("/_control/requests", azure.source);
  const statePid = azure.processes["azurite"] ?? 0;
  let { hostPid } = azure;
  let restarted: { readonly stop: () => Promise<void> } | undefined;
  let id = "";

  const start = async (body: object) =>
    (await callApp<{ readonly id: string }>(`${azure.url}/api/migrations`, "POST", body)).id;

  async function follow(startedMs: number): Promise<Migration> {
    for (;;) {
      const seen = await callApp<Migration>(`${azure.url}/api/migrations/${id}`);
      if (isAtRest(seen.status)) return seen;
      await sleep(Date.now() - startedMs < fastForMs ? fastPollMs : slowPollMs);
    }
  }

  function crossing(begin: () => Promise<unknown>): Crossing {
    const [startedMs, firstPid, cpu, stateCpu] = [Date.now(), hostPid, cpuSecondsOf(hostPid), cpuSecondsOf(statePid)];
    for (const pid of [hostPid, statePid]) forgetPeakOf(pid);
    const soFar = (): Taken => {
      const peakMiB = peakMemoryOf(hostPid) ?? 0;
      return {
        // Of a host that was started meanwhile all of it counts.
        cpuSeconds: cpuSecondsOf(hostPid) - (hostPid === firstPid ? cpu : 0),
        stateCpuSeconds: cpuSecondsOf(statePid) - stateCpu,
        peakMiB,
        allMiB: peakMiB + (peakMemoryOf(statePid) ?? 0),
      };
    };
    const ended = async (): Promise<Crossed> => {
      await begin();
      const seen = await follow(startedMs);
      const taken = soFar();
      const { status, report, failures, endTime } = seen;
      return {
        isGood: status === "Succeeded",
        said: JSON.stringify({ status, error: report.error, failures: failures.slice(0, 3) }),
        // Its own word for when it ended, by the same clock: looking more often would cost the host more.
        seconds: ((endTime === undefined ? Date.now() : Date.parse(endTime)) - startedMs) / 1000,
        ...taken,
        source: ((await (await fetch(requests)).json()) as Requests).byOp,
      };
    };
    return {
      ended: ended(),
      soFar,
      stop: async () => {
        await callApp(`${azure.url}/api/migrations/${id}/cancel`, "POST", {}).catch(() => undefined);
        await Promise.race([follow(startedMs), sleep(cancelMs)]);
      },
      kill: () => process.kill(hostPid, "SIGKILL"),
    };
  }

  const small = wanted.isKilled === true ? undefined : smallFileIn(source);
  if (small !== undefined) {
    id = await start({ preserve: preserved(wanted), source: small, sink: { fileSystem: warmUp.fileSystem } });
    await follow(Date.now());
  }
  return {
    startSeconds,
    cross: () =>
      crossing(async () => {
        await fetch(requests, { method: "DELETE" });
        id = await start({ preserve: preserved(wanted), sink: { fileSystem } });
      }),
    resume: async () =>
      crossing(async () => {
        const running = await restartHost(stateDir, new URL(azure.url).port);
        restarted = running;
        hostPid = running.pid;
      }),
    close: async () => {
      await restarted?.stop();
      await azure.stop();
      removeScratch(folder);
    },
  };
}

async function openAlone(wanted: Case, source: string, sink: MinimalSink): Promise<Ready> {
  const folder = scratchFolder("alone");
  const { running, firstLine: line } = await startProgram({
    name: "gen1",
    file: join(projectRoot, "dist", "local", "gen1.mjs"),
    args: ["--root", source, "--store", "files", "--meta", metaOf(source)],
    logFile: join(folder, "gen1.log"),
  });
  const { url } = JSON.parse(line) as { readonly url: string };
  const requests = new URL("/_control/requests", url);
  const program = join(folder, "alone.mjs");
  await bundle(join(import.meta.dirname, "..", "alone.ts"), program);
  return {
    cross: () => {
      const forgotten = fetch(requests, { method: "DELETE" });
      const crossing = crossingBy(process.execPath, [program, url, sink.url, fileSystem, ...preserved(wanted)]);
      return {
        ...crossing,
        ended: crossing.ended.then(async (crossed) => {
          await forgotten;
          return { ...crossed, source: ((await (await fetch(requests)).json()) as Requests).byOp };
        }),
      };
    },
    close: async () => {
      await running.stop();
      removeScratch(folder);
    },
  };
}

// As the app is: a program that still has to strip types starts later.
async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "warning",
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  });
}

// Peers carry no access; where they are measured too, lakeferry carries as much as they do, and times.
function preserved({ access }: Case): readonly string[] {
  return access === undefined ? ["LastModified"] : ["ACL", "Owner", "Group", "LastModified", "Expiry"];
}

function smallFileIn(root: string): { readonly folderPath: string; readonly fileName: string } | undefined {
  let [folder, at] = [root, "/"];
  for (;;) {
    const entries = readdirSync(folder, { withFileTypes: true });
    const file = entries.find((entry) => entry.isFile());
    if (file !== undefined) {
      const isSmall = statSync(join(folder, file.name)).size <= warmUp.mostBytes;
      return isSmall ? { folderPath: at, fileName: file.name } : undefined;
    }
    const child = entries.find((entry) => entry.isDirectory());
    if (child === undefined) return undefined;
    [folder, at] = [join(folder, child.name), `${at === "/" ? "" : at}/${child.name}`];
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
