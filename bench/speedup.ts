// How much faster more lanes are, over the whole local Azure as slow as Azure is: files per second at the sink once a run has all
// its lanes, what each process took of this machine, and what of it was in the way. Each lane has one file in flight, so that
// lanes are what is measured; there are as many instances as they need slots; `far` keeps this machine's CPU out of it.
// Usage: node bench/speedup.ts [--lanes 1,4,16,64] [--files N] [--instances N] [--latency azure|far] [--seconds N] [--json]
// [tree|skewed …]. Needs node scripts/build.ts.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Requests } from "../local/kit/requests.ts";
import { startLocalAzure } from "../local/start/azure.ts";
import { projectRoot } from "../local/start/processes.ts";
import { copyFollowing } from "./cases.ts";
import { coresText, limitOf, rateOf } from "./rate.ts";
import { removeScratch, scratchFolder } from "./scratch.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lanes: { type: "string", default: "1,4,16,64" },
    files: { type: "string", default: "1" },
    instances: { type: "string", default: "auto" },
    latency: { type: "string", default: "azure" },
    seconds: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
  },
});

type HostJson = {
  readonly extensions: { readonly durableTask: { readonly maxConcurrentActivityFunctions: number } };
};
const hostJson = JSON.parse(readFileSync(join(projectRoot, "host.json"), "utf8")) as HostJson;
const slotsPerInstance = hostJson.extensions.durableTask.maxConcurrentActivityFunctions;

const lakes: Readonly<Record<string, (root: string) => void>> = {
  /** What npm has put here: many small folders, some large ones. */
  tree: (root) => copyFollowing(join(projectRoot, "node_modules"), root),
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
if (!values.json) console.log(`latency ${values.latency}, ${values.files} files in flight a lane`);
for (const name of asked) {
  const make = lakes[name];
  if (make === undefined) throw new Error(`no lake "${name}"; there are ${Object.keys(lakes).join(", ")}`);
  await measure(name, make);
}

async function measure(name: string, make: (root: string) => void): Promise<void> {
  const folder = scratchFolder("speedup");
  const source = join(folder, "source");
  mkdirSync(source);
  make(source);
  let one: number | undefined;
  try {
    for (const lanes of values.lanes.split(",").map(Number)) {
      const [out, stateDir] = [mkdtempSync(join(folder, "out-")), mkdtempSync(join(folder, "state-"))];
      const instances = values.instances === "auto" ? Math.ceil(lanes / slotsPerInstance) : Number(values.instances);
      const meta = join(stateDir, "meta.jsonl");
      const where = { source, out, stateDir, meta, port: undefined };
      const azure = await startLocalAzure({ ...where, instances, latency: values.latency, isAsDeployed: true });
      try {
        const arrived = async () => {
          const { byOp } = (await (await fetch(new URL("/_control/requests", azure.sink))).json()) as Requests;
          return byOp["putBlob"] ?? 0;
        };
        const windowMs = Number(values.seconds) * 1000;
        const rate = await rateOf({ azure, lanes, filesPerLane: Number(values.files), arrived, windowMs });
        one ??= rate.perSecond / lanes;
        tell({
          name,
          lanes,
          instances,
          efficiency: rate.perSecond / lanes / one,
          ...rate,
          limit: limitOf(rate),
          text: coresText(rate),
        });
      } finally {
        await azure.stop();
        for (const done of [out, stateDir]) rmSync(done, { recursive: true, force: true });
      }
    }
  } finally {
    removeScratch(folder);
  }
}

type Line = Awaited<ReturnType<typeof rateOf>> & {
  readonly name: string;
  readonly lanes: number;
  readonly instances: number;
  readonly efficiency: number;
  readonly limit: string;
  readonly text: string;
};

function tell({ text, ...line }: Line): void {
  if (values.json) return console.log(JSON.stringify(line));
  const { name, lanes, instances, perSecond, efficiency, waves, idle, rampSeconds, busyCores, limit } = line;
  console.log(
    `${name}: ${lanes} lanes on ${instances} instances: ${perSecond.toFixed(0)} files/s, efficiency ${efficiency.toFixed(2)}; ` +
      `at work after ${rampSeconds?.toFixed(0) ?? "-"} s, then ${(100 * idle).toFixed(0)} % of looks at a lane found it without work, ${waves} waves began; ` +
      `${busyCores.toFixed(2)} cores busy (${text})${limit === "" ? "" : `; in the way: ${limit}`}`,
  );
}
