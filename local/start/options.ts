import { existsSync, readFileSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../src/cli/outcome.ts";
import { latencyNamed } from "../kit/latency.ts";
import { projectRoot } from "./processes.ts";

/** What `npm start` was asked to do. */
export type StartOptions = {
  /** Undefined: the sample lake. */
  readonly source: string | undefined;
  readonly out: string;
  readonly stateDir: string;
  /** Held while something serves `out`. */
  readonly lockDir: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly port: number | undefined;
  /** How many hosts share the work. */
  readonly instances: number;
  /** The name of a latency model; undefined: as fast as the machine. */
  readonly latency: string | undefined;
  readonly isServing: boolean;
  readonly isJson: boolean;
};

/** The text of --help. */
export const help = `Usage: npm start [-- OPTIONS]

Copies a folder, served as a Data Lake Storage Gen1 account, into a Gen2 account on this machine, by the function app.

  --source DIR        the folder to serve as the Gen1 lake (default: a sample lake)
  --out DIR           where the Gen2 lake is left, as plain files under DIR/<file system>/ (default: .lakeferry/out)
  --folder PATH       copy only this folder of the source lake
  --sink-folder PATH  copy into this folder of the file system
  --spec FILE.json    the body of POST /api/migrations; the options above go over it
  --serve             stay up after the migration
  --port N            the function app's port (default: 7071, or the next free one)
  --instances N       run N hosts on one task hub, as Azure's scale-out would, 1 to 16 (default: 1)
  --latency azure     delays as usual on Azure: hub, lakes and tables answer later
  --json              no progress; the last line of standard output is the report as one JSON object
  --help              this text

Exit codes: 0 Succeeded, 3 CompletedWithErrors, 4 Failed or Cancelled, 2 bad usage, 130 paused by Ctrl-C or by its own request.
Ctrl-C pauses; the same command goes on. Logs and state are under .lakeferry/ in this checkout.
`;

/** Reads the command line; throws UsageError. Undefined means that only the help was asked for. */
export function startOptions(args: readonly string[]): StartOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  if (values.source !== undefined) {
    if (!existsSync(values.source) || !statSync(values.source).isDirectory()) {
      throw new UsageError(`--source ${values.source}: there is no such folder`);
    }
  }
  const source = values.source === undefined ? undefined : resolve(values.source);
  const out = resolve(values.out ?? join(projectRoot, ".lakeferry", "out"));
  if (source !== undefined && `${out}/`.startsWith(`${source}/`)) {
    throw new UsageError(`--out ${out} lies inside --source ${source}: the copy would copy itself`);
  }
  const spec = specOf(values.spec, values.folder, values["sink-folder"]);
  return {
    source,
    out,
    // One state for each request between two lakes: the same command finds its own runs again, and no other's.
    stateDir: join(projectRoot, ".lakeferry", "runs", nameOf(JSON.stringify([source, out, spec]))),
    lockDir: join(projectRoot, ".lakeferry", "locks", nameOf(out)),
    spec,
    port: values.port === undefined ? undefined : portOf(values.port),
    instances: instancesOf(values.instances),
    latency: latencyOf(values.latency),
    isServing: values.serve === true,
    isJson: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        source: { type: "string" },
        out: { type: "string" },
        folder: { type: "string" },
        "sink-folder": { type: "string" },
        spec: { type: "string" },
        port: { type: "string" },
        instances: { type: "string" },
        latency: { type: "string" },
        serve: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function specOf(file: string | undefined, folder: string | undefined, sinkFolder: string | undefined) {
  const spec = file === undefined ? {} : readSpec(file);
  const source = objectIn(spec, "source");
  const sink = objectIn(spec, "sink");
  return {
    ...spec,
    source: { ...source, ...(folder === undefined ? {} : { folderPath: folder }) },
    sink: { fileSystem: "lake", ...sink, ...(sinkFolder === undefined ? {} : { folderPath: sinkFolder }) },
  };
}

function readSpec(file: string): Record<string, unknown> {
  let spec: unknown;
  try {
    spec = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`--spec ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(spec)) throw new UsageError(`--spec ${file}: expected a JSON object`);
  return spec;
}

function objectIn(spec: Record<string, unknown>, property: string): Record<string, unknown> {
  const value = spec[property] ?? {};
  if (!isObject(value)) throw new UsageError(`--spec: ${property}: expected a JSON object`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/u.test(text) || port < 1 || port > 65_535) {
    throw new UsageError(`--port ${text}: expected a number from 1 to 65535`);
  }
  return port;
}

function instancesOf(text = "1"): number {
  const count = Number(text);
  if (!/^\d+$/u.test(text) || count < 1 || count > 16) {
    throw new UsageError(`--instances ${text}: expected a number from 1 to 16`);
  }
  return count;
}

function latencyOf(name: string | undefined): string | undefined {
  try {
    latencyNamed(name);
    return name;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function nameOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
