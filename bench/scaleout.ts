// What more processes bring, on lakes that only cost time: 1, 2 and 4 Functions hosts with ten lanes each, and one file in flight a
// lane, so that this machine's CPU stays out of it; then four hosts that know nothing of each other's pace before one sink that takes so
// many requests a second; and 256 lanes in virtual time, by bench/simulate.ts.
// Usage: node bench/scaleout.ts [--processes 1,2,4] [--cap N] [--simulated 256] [--scale N] [--seconds N] [--json]
// [processes|capped|simulated …]. Needs node scripts/build.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startLocalAzure } from "../local/start/azure.ts";
import { many } from "./cases.ts";
import { sumOf } from "./figures.ts";
import { coresText, limitOf, type Rate, rateOf } from "./rate.ts";
import { leashGroup, removeScratch, scratchFolder } from "./scratch.ts";
import { type Hindered, type Seen, startSink } from "./sinks.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: "string", default: "1,2,4" },
    cap: { type: "string", default: "500" },
    simulated: { type: "string", default: "256" },
    scale: { type: "string", default: "1" },
    seconds: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});

/** As many slots as host.json gives a host. */
const lanesEach = 10;
const [aimed, mostRefused] = [0.9, 0.02];
const aimedOfCap = 0.92;

const parts: Readonly<Record<string, () => Promise<void>>> = { processes, capped, simulated };
const asked = positionals.length > 0 ? positionals : Object.keys(parts);
const folder = scratchFolder("scaleout");
const source = join(folder, "source");
mkdirSync(source);
try {
  if (asked.some((part) => part !== "simulated")) many(60_000, 64, 200)(source);
  for (const part of asked) {
    const run = parts[part];
    if (run === undefined) throw new Error(`no part "${part}"; there are ${Object.keys(parts).join(", ")}`);
    await run();
  }
} finally {
  removeScratch(folder);
}

async function processes(): Promise<void> {
  let one: number | undefined;
  for (const count of values.processes.split(",").map(Number)) {
    const { rate } = await rateOn(count, 1, "far", { delayMs: 100 });
    one ??= rate.perSecond / count;
    const efficiency = rate.perSecond / count / one;
    tell({ part: "processes", count, efficiency, aim: aimed, ...rate, limit: limitOf(rate) }, [
      `${count} hosts, ${count * lanesEach} lanes: ${rate.perSecond.toFixed(0)} files/s, efficiency ${efficiency.toFixed(2)} (aim ${aimed})`,
      ...machineText(rate),
    ]);
  }
}

async function capped(): Promise<void> {
  const [count, cap] = [4, Number(values.cap)];
  const { rate, from, to } = await rateOn(count, 16, "azure", { cap, delayMs: 10 });
  const [all, refused] = [sumOf(to.requests) - sumOf(from.requests), to.refused - from.refused];
  const [used, share] = [(all - refused) / rate.seconds / cap, refused / all];
  tell({ part: "capped", count, cap, used, refused: share, ...rate, limit: limitOf(rate) }, [
    `${count} hosts before a sink of ${cap} requests/s: ${percent(used)} of it used (aim ${percent(aimedOfCap)}), ${percent(share)} refused (aim below ${percent(mostRefused)})`,
    ...machineText(rate),
  ]);
}

// In virtual time neither this machine's CPU nor its load is in a figure.
async function simulated(): Promise<void> {
  const program = join(import.meta.dirname, "simulate.ts");
  const child = spawn(
    process.execPath,
    [program, "folders", "--lanes", values.simulated, "--scale", values.scale, "--json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    },
  );
  const leash = leashGroup(child.pid ?? 0);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  leash.ended();
  // It also ends with another code after it has told what wasn't exact.
  if (code !== 0) process.exitCode = 1;
  for (const line of text.split("\n").filter(Boolean)) {
    const { lanes, idleShare, idleShareOfAll, seconds, files, faults } = JSON.parse(line) as Simulated;
    const [steady, overall] = [1 - (idleShare ?? idleShareOfAll), 1 - idleShareOfAll];
    const after = idleShare === undefined ? "over before the ramp was" : `${percent(steady)} after the ramp`;
    tell({ part: "simulated", lanes, efficiency: steady, overall, seconds, files, faults, aim: aimed }, [
      `${lanes} lanes, ${files} files in as many folders, ${seconds.toFixed(0)} s of virtual time: lanes had work for ${after}, ${percent(overall)} of the whole run (aim ${percent(aimed)})`,
      ...faults,
    ]);
  }
}

type Simulated = {
  readonly lanes: number;
  readonly files: number;
  readonly seconds: number;
  readonly idleShare?: number;
  readonly idleShareOfAll: number;
  readonly faults: readonly string[];
};

type Measured = { readonly rate: Rate; readonly from: Seen; readonly to: Seen };

async function rateOn(count: number, filesPerLane: number, latency: string, hindered: Hindered): Promise<Measured> {
  const stateDir = mkdtempSync(join(folder, "state-"));
  const sink = await startSink(hindered);
  const [out, meta] = [join(stateDir, "out"), join(stateDir, "meta.jsonl")];
  const where = { source, out, stateDir, meta, port: undefined, sink: sink.url };
  const azure = await startLocalAzure({ ...where, instances: count, latency, isAsDeployed: true });
  try {
    const seen: Seen[] = [];
    const arrived = async () => {
      const now = await sink.look();
      seen.push(now);
      return now.files;
    };
    const windowMs = Number(values.seconds) * 1000;
    const beside = { sink: sink.pid };
    const rate = await rateOf({ azure, beside, lanes: count * lanesEach, filesPerLane, arrived, windowMs });
    const [from, to] = [seen[0], seen.at(-1)];
    if (from === undefined || to === undefined) throw new Error("nothing was measured");
    return { rate, from, to };
  } finally {
    await azure.stop();
    await sink.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function machineText(rate: Rate): readonly string[] {
  const { rampSeconds, idle, busyCores } = rate;
  const limit = limitOf(rate);
  return [
    `  at work after ${rampSeconds?.toFixed(0) ?? "-"} s, then ${percent(idle)} of looks at a lane found it without work`,
    `  ${busyCores.toFixed(2)} cores busy (${coresText(rate)})${limit === "" ? "" : `; in the way: ${limit}`}`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function tell(line: object, text: readonly string[]): void {
  console.log(values.json ? JSON.stringify(line) : text.join("\n"));
}
