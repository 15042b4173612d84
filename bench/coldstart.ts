// How long a new instance needs, as far as the app decides it: from the start of a Node process until the bundle has
// registered every function, and on the local host until it answers. What Azure needs before (an instance, the host, the package)
// is not in it. Usage: npm run coldstart [-- --times N].
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot, startProgram } from "../local/start/processes.ts";

const { values } = parseArgs({ options: { times: { type: "string", default: "7" } } });
const times = Number(values.times);
const folder = mkdtempSync(join(tmpdir(), "lakeferry-coldstart-"));
const settings = {
  TaskHubName: "lakeferry",
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
  LakeSource__kind: "adls-gen1",
  LakeSource__endpoint: "http://127.0.0.1:1",
  LakeSource__credential: "emulator",
};

// What the worker of Azure Functions provides; here it only counts.
const loader = `
  const { Module } = require("node:module");
  let functions = 0;
  class Disposable { dispose() {} }
  const core = { version: "4", hostVersion: "4", Disposable, log() {}, setProgrammingModel() {}, getProgrammingModel() {},
    registerFunction() { functions++; return new Disposable(); }, registerHook: () => new Disposable() };
  const load = Module._load;
  Module._load = function (name, ...rest) { return name === "@azure/functions-core" ? core : load.call(this, name, ...rest); };
  const start = performance.now();
  require(${JSON.stringify(join(projectRoot, "dist", "lakeferry.cjs"))});
  console.log(JSON.stringify({ functions, loadMs: performance.now() - start, sinceStartMs: performance.now(), rssMiB: process.memoryUsage.rss() / 1048576 }));
  process.exit(0);
`;

type Loaded = {
  readonly functions: number;
  readonly loadMs: number;
  readonly sinceStartMs: number;
  readonly rssMiB: number;
};

try {
  const loads = Array.from({ length: times }, loaded);
  const answers: number[] = [];
  for (let index = 0; index < times; index++) answers.push(await answered(index));
  const of = (read: (one: Loaded) => number) => median(loads.map(read)).toFixed(0);
  console.log(`${loads[0]?.functions} functions registered; medians of ${times}`);
  console.log(`bundle loaded and registered   ${of((one) => one.loadMs)} ms`);
  console.log(
    `  since the process started    ${of((one) => one.sinceStartMs)} ms, ${of((one) => one.rssMiB)} MiB resident`,
  );
  console.log(`local host until its 1st reply ${median(answers).toFixed(0)} ms`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function loaded(): Loaded {
  const env = { ...process.env, ...settings };
  return JSON.parse(execFileSync(process.execPath, ["-e", loader], { env, encoding: "utf8" })) as Loaded;
}

async function answered(index: number): Promise<number> {
  const settingsFile = join(folder, "settings.json");
  writeFileSync(settingsFile, JSON.stringify(settings));
  const args = ["--app", projectRoot, "--data", join(folder, String(index)), "--settings", settingsFile, "--alone"];
  const startMs = performance.now();
  const { running, firstLine } = await startProgram({
    name: "host",
    file: join(projectRoot, "dist", "local", "host.mjs"),
    args,
    logFile: join(folder, "host.log"),
  });
  const { url } = JSON.parse(firstLine) as { readonly url: string };
  await (await fetch(`${url}/api/openapi.json`)).arrayBuffer();
  const ms = performance.now() - startMs;
  await running.stop();
  return ms;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
