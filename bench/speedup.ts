// How much faster more lanes are, over the whole local Azure, as slow as Azure is: files per second once a run has all its
// lanes, and how busy this machine was, beyond which no lane can help. Each lane has few files in flight, so that lanes are
// what is measured, and there are as many instances as they need slots. Usage: node bench/speedup.ts [--lanes 1,4,16,64]
// [--files N] [--instances N] [--latency NAME|none] [tree|skewed …]. Needs node scripts/build.ts.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { callApp, type Migration } from "../src/cli/api.ts";
import { type LocalAzure, startLocalAzure } from "../local/start/azure.ts";
import { projectRoot } from "../local/start/processes.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lanes: { type: "string", default: "1,4,16,64" },
    files: { type: "string", default: "2" },
    instances: { type: "string", default: "auto" },
    latency: { type: "string", default: "azure" },
  },
});

type Seen = Migration & {
  readonly wave?: { readonly lanes: number; readonly number: number };
  readonly orchestration: { readonly instanceId: string };
};

type HostJson = {
  readonly extensions: { readonly durableTask: { readonly maxConcurrentActivityFunctions: number } };
};
const hostJson = JSON.parse(readFileSync(join(projectRoot, "host.json"), "utf8")) as HostJson;
const slotsPerInstance = hostJson.extensions.durableTask.maxConcurrentActivityFunctions;

const windowMs = 12_000;
const patienceMs = 120_000;

const lakes: Readonly<Record<string, (root: string) => void>> = {
  /** What npm has put here: many small folders, some large ones. */
  tree: (root) => cpSync(join(projectRoot, "node_modules"), root, { recursive: true, dereference: true }),
  /** One folder with nine files of ten, and a chain of folders with the others. */
  skewed: (root) => {
    for (let index = 0; index < 36_000; index++) put(join(root, "wide"), index);
    let folder = join(root, "deep");
    for (let index = 0; index < 4000; index++) {
      if (index % 100 === 0) folder = join(folder, `level ${index / 100}`);
      put(folder, index);
    }
  },
};

function put(folder: string, index: number): void {
  if (index % 100 === 0) mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `f${String(index).padStart(5, "0")}`), `file ${index}\n`);
}

const asked = positionals.length > 0 ? positionals : Object.keys(lakes);
console.log(
  `lake     lanes instances   files/s   speed-up   efficiency   machine busy   (${values.files} files in flight a lane)`,
);
for (const name of asked) {
  const make = lakes[name];
  if (make === undefined) throw new Error(`no lake "${name}"; there are ${Object.keys(lakes).join(", ")}`);
  await measure(name, make);
}

async function measure(name: string, make: (root: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-speedup-"));
  const source = join(folder, "source");
  mkdirSync(source);
  make(source);
  let one: number | undefined;
  try {
    for (const lanes of values.lanes.split(",").map(Number)) {
      const out = mkdtempSync(join(folder, "out-"));
      const stateDir = mkdtempSync(join(folder, "state-"));
      const azure = await startLocalAzure({
        source,
        out,
        stateDir,
        meta: join(stateDir, "meta.jsonl"),
        port: undefined,
        instances: instancesFor(lanes),
        latency: values.latency === "none" ? undefined : values.latency,
      });
      try {
        const { perSecond, busy } = await rateWith(azure, lanes);
        one ??= perSecond / lanes;
        const speedUp = perSecond / one;
        const cells = [
          name.padEnd(8),
          String(lanes).padStart(5),
          String(instancesFor(lanes)).padStart(9),
          perSecond.toFixed(0).padStart(9),
          speedUp.toFixed(1).padStart(10),
          (speedUp / lanes).toFixed(2).padStart(12),
          `${Math.round(busy * 100)} %`.padStart(14),
        ];
        console.log(cells.join(" "));
      } finally {
        await azure.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// From the moment the run has its lanes, for some seconds or to its end.
async function rateWith(
  azure: LocalAzure,
  lanes: number,
): Promise<{ readonly perSecond: number; readonly busy: number }> {
  const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", {
    parallelism: lanes,
    filesPerLane: Number(values.files),
    sink: { fileSystem: "lake" },
  });
  const look = () => callApp<Seen>(`${azure.url}/api/migrations/${id}`);
  const startMs = performance.now();
  let seen = await look();
  // One wave more than it takes to have the lanes: their work is dealt by then.
  while ((seen.wave?.lanes ?? 0) < lanes || (seen.wave?.number ?? 0) < 1) {
    if (performance.now() - startMs > patienceMs) throw new Error(`it has no ${lanes} lanes after ${patienceMs} ms`);
    await sleep(250);
    seen = await look();
  }
  await sleep(4000);
  const [from, cpuFrom, fromMs] = [await look(), cpuTimes(), performance.now()];
  let to = from;
  let [cpuTo, toMs] = [cpuFrom, fromMs];
  while (toMs - fromMs < windowMs && to.status === "Running") {
    await sleep(1000);
    [to, cpuTo, toMs] = [await look(), cpuTimes(), performance.now()];
  }
  if (to.status === "Running") await callApp(`${azure.url}/api/migrations/${id}/cancel`, "POST", {});
  const spent = cpuTo.all - cpuFrom.all;
  return {
    perSecond: ((to.report.filesWritten - from.report.filesWritten) * 1000) / (toMs - fromMs),
    busy: spent === 0 ? 0 : 1 - (cpuTo.idle - cpuFrom.idle) / spent,
  };
}

function instancesFor(lanes: number): number {
  return values.instances === "auto" ? Math.ceil(lanes / slotsPerInstance) : Number(values.instances);
}

function cpuTimes(): { readonly all: number; readonly idle: number } {
  let all = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { all, idle };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
