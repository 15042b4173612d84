import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callApp, type Migration } from "../src/cli/api.ts";
import { startLocalAzure } from "../local/start/azure.ts";
import type { Case } from "./cases.ts";
import { cpuSecondsOf, peakMemoryOf, runMeasured, type Spent } from "./measured.ts";
import type { MinimalSink } from "./sinks.ts";

/** One crossing of a lake: what it took, and whether the tool says it went well. */
export type Crossed = Spent & { readonly isGood: boolean; readonly said: string };

/** What stands ready for a tool before it is measured. */
export type Ready = { readonly cross: () => Promise<Crossed>; readonly close: () => Promise<void> };

/** A tool that can be measured. */
export type Tool = {
  readonly name: string;
  /** What it checks on the way, in a few words. */
  readonly proof: string;
  /** Undefined when it can be measured, else why not and what would help. */
  readonly missing: () => string | undefined;
  readonly version: () => string;
  /** Why it can't do a case; undefined when it can. */
  readonly cant: (wanted: Case) => string | undefined;
  readonly open: (wanted: Case, source: string, sink: MinimalSink) => Promise<Ready>;
};

const fileSystem = "lake";
const azcopy =
  process.env["AZCOPY"] ??
  join(import.meta.dirname, "node_modules", "@azure-tools", "azcopy-linux", "dist", "bin", "azcopy_linux_amd64");

/** All tools, lakeferry first. */
export const tools: readonly Tool[] = [
  lakeferry("lakeferry", "host, orchestration, state and all", openWhole),
  lakeferry("lakeferry alone", "data path, state in memory", openAlone),
  copyWithAzcopy("AzCopy to Blob", "LocalBlob", "length"),
  copyWithAzcopy("AzCopy to DFS", "LocalBlobFS", "length"),
  {
    name: "rclone",
    proof: "MD5 it stores itself",
    missing: () => (runs("rclone") ? undefined : "not installed; apt-get install rclone"),
    version: () => firstLine("rclone", ["version"]),
    cant: ({ access }) => (access === undefined ? undefined : "carries no ACLs"),
    open: async ({ isAgain }, source, sink) => {
      const folder = mkdtempSync(join(tmpdir(), "bench-rclone-"));
      const config = join(folder, "empty.conf");
      writeFileSync(config, "");
      const env = { RCLONE_CONFIG: config, RCLONE_AZUREBLOB_SAS_URL: `${sink.url}?${sas}` };
      const verb = isAgain === true ? "sync" : "copy";
      return {
        cross: () => crossed("rclone", [verb, source, `:azureblob:${fileSystem}`, "--transfers", "32"], env),
        close: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
];

// The sink asks nobody who he is; the tools want a signature in the address.
const sas = "sv=2021-12-02&ss=bf&srt=sco&sp=rwdlacup&se=2099-01-01T00:00:00Z&spr=https,http&sig=AAAA";

function copyWithAzcopy(name: string, fromTo: "LocalBlob" | "LocalBlobFS", proof: string): Tool {
  return {
    name,
    proof,
    missing: () =>
      runs(azcopy)
        ? undefined
        : "not installed; npm install --prefix bench, and apt-get install libsecret-1-0; or name it in AZCOPY",
    version: () => firstLine(azcopy, ["--version"]),
    cant: ({ access, isAgain }) =>
      access !== undefined
        ? "carries no ACLs from disk"
        : isAgain === true && fromTo === "LocalBlobFS"
          ? "its sync takes Blob"
          : undefined,
    open: async ({ isAgain }, source, sink) => {
      const folder = mkdtempSync(join(tmpdir(), "bench-azcopy-"));
      const env = {
        HOME: folder,
        AZCOPY_DISABLE_SYSLOG: "true",
        AZCOPY_LOG_LOCATION: join(folder, "log"),
        AZCOPY_JOB_PLAN_LOCATION: join(folder, "plan"),
      };
      const target = `${sink.url}/${fileSystem}?${sas}`;
      const quiet = ["--recursive", "--from-to", fromTo, "--log-level", "NONE", "--output-level", "quiet"];
      const args =
        isAgain === true ? ["sync", source, target, ...quiet] : ["copy", join(source, "*"), target, ...quiet];
      return {
        cross: () => crossed(azcopy, args, env),
        close: async () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  };
}

async function crossed(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Crossed> {
  const ended = await runMeasured(command, args, env);
  return { ...ended, isGood: ended.code === 0 };
}

function lakeferry(name: string, what: string, open: Tool["open"]): Tool {
  return {
    name,
    proof: `MD5 or CRC-64 of all bytes (${what})`,
    missing: () => undefined,
    version: () => firstLine("git", ["-C", import.meta.dirname, "rev-parse", "--short", "HEAD"]),
    cant: () => undefined,
    open,
  };
}

type Answer = { readonly id: string };

// The host is up before the clock starts, as a deployed app is; each crossing is a new migration.
async function openWhole(wanted: Case, source: string, sink: MinimalSink): Promise<Ready> {
  const folder = mkdtempSync(join(tmpdir(), "bench-lakeferry-"));
  const [out, stateDir] = [join(folder, "out"), join(folder, "state")];
  mkdirSync(stateDir);
  const meta = metaOf(source);
  const azure = await startLocalAzure({ source, out, stateDir, meta, port: undefined, sink: sink.url });
  await callApp(`${azure.url}/api/migrations`);
  return {
    cross: async () => {
      const cpuBefore = cpuSecondsOf(azure.hostPid);
      const startMs = performance.now();
      const { id } = await callApp<Answer>(`${azure.url}/api/migrations`, "POST", {
        preserve: preserved(wanted),
        sink: { fileSystem },
      });
      let seen: Migration;
      do {
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen = await callApp<Migration>(`${azure.url}/api/migrations/${id}`);
      } while (["Queued", "Running"].includes(seen.status));
      return {
        isGood: seen.status === "Succeeded",
        said: JSON.stringify({ status: seen.status, error: seen.report.error, failures: seen.failures.slice(0, 3) }),
        seconds: (performance.now() - startMs) / 1000,
        cpuSeconds: cpuSecondsOf(azure.hostPid) - cpuBefore,
        peakMiB: peakMemoryOf(azure.hostPid) ?? 0,
      };
    },
    close: async () => {
      await azure.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openAlone(wanted: Case, source: string, sink: MinimalSink): Promise<Ready> {
  const folder = mkdtempSync(join(tmpdir(), "bench-alone-"));
  const azure = await startGen1(source, folder);
  const program = join(import.meta.dirname, "alone.ts");
  return {
    cross: () => crossed(process.execPath, [program, azure.url, sink.url, fileSystem, ...preserved(wanted)], {}),
    close: async () => {
      await azure.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// Peers carry no access; where they are measured too, lakeferry carries as much as they do, and times.
function preserved({ access }: Case): readonly string[] {
  return access === undefined ? ["LastModified"] : ["ACL", "Owner", "Group", "LastModified", "Expiry"];
}

/** Where the Gen1 emulator finds owners and ACLs of a lake; they are laid out beside it. */
export function metaOf(source: string): string {
  return `${source}.gen1.jsonl`;
}

async function startGen1(source: string, folder: string) {
  const { projectRoot, startProgram } = await import("../local/start/processes.ts");
  const { running, firstLine: line } = await startProgram({
    name: "gen1",
    file: join(projectRoot, "dist", "local", "gen1.mjs"),
    args: ["--root", source, "--store", "files", "--meta", metaOf(source)],
    logFile: join(folder, "gen1.log"),
  });
  return { url: (JSON.parse(line) as { readonly url: string }).url, stop: () => running.stop() };
}

function runs(command: string): boolean {
  if (command.includes("/") && !existsSync(command)) return false;
  // npm keeps the mode of its archive, in which AzCopy may not be run.
  if (command.startsWith(import.meta.dirname)) chmodSync(command, 0o755);
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function firstLine(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout.split("\n")[0]?.trim() ?? "";
}
