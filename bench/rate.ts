import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { callApp, type Migration } from "../src/cli/api.ts";
import type { LocalAzure } from "../local/start/azure.ts";
import { cpuSecondsOf } from "./measured.ts";

/** How fast a run was while it had all its lanes, and what this machine did meanwhile. */
export type Rate = {
  readonly perSecond: number;
  readonly seconds: number;
  /** Cores that each process used, by name; `bench` is this one, which also carries the slow tables. */
  readonly cores: Readonly<Record<string, number>>;
  /** Cores that everything on this machine used. */
  readonly busyCores: number;
  /** Waves that began meanwhile: at each the lanes stop and start. */
  readonly waves: number;
  /** Share of looks at a lane at which it had no work. */
  readonly idle: number;
  /** From POST until nearly all lanes were at work; undefined: they weren't after `mostRampMs`, and were measured as they were. */
  readonly rampSeconds: number | undefined;
};

/** What is measured. */
export type RateOptions = {
  readonly azure: LocalAzure;
  /** Processes beside those of the local Azure. */
  readonly beside?: Readonly<Record<string, number>>;
  readonly lanes: number;
  readonly filesPerLane: number;
  readonly fileSystem?: string;
  /** Files that have arrived at the sink. */
  readonly arrived: () => Promise<number>;
  readonly windowMs: number;
};

type Seen = Migration & { readonly wave?: { readonly lanes: number; readonly number: number } };

const patienceMs = 120_000;
/** So much later lanes are measured as they are. */
const mostRampMs = 45_000;
const nearlyAll = 0.9;
const lookMs = 1000;

/** Starts a run, waits until it has all its lanes, and measures for so long, or to its end; then cancels it. */
export async function rateOf(options: RateOptions): Promise<Rate> {
  const { azure, lanes, filesPerLane, fileSystem = "lake", arrived, windowMs, beside = {} } = options;
  const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", {
    parallelism: lanes,
    filesPerLane,
    preserve: ["LastModified"],
    sink: { fileSystem },
  });
  const look = () => callApp<Seen>(`${azure.url}/api/migrations/${id}`);
  const processes = { ...azure.processes, ...beside, bench: process.pid };
  const startMs = performance.now();
  let seen = await look();
  for (; (seen.wave?.lanes ?? 0) < lanes; seen = await look()) {
    if (seen.status !== "Queued" && seen.status !== "Running")
      throw new Error(`the run is ${seen.status} before it has ${lanes} lanes`);
    if (performance.now() - startMs > patienceMs) throw new Error(`it has no ${lanes} lanes after ${patienceMs} ms`);
    await sleep(250);
  }
  const plannedMs = performance.now();
  while (atWork(seen) < nearlyAll * lanes && performance.now() - plannedMs < mostRampMs) {
    await sleep(lookMs);
    seen = await look();
  }
  const isRamped = atWork(seen) >= nearlyAll * lanes;
  const rampSeconds = isRamped ? (performance.now() - startMs) / 1000 : undefined;
  const at = async () => ({
    files: await arrived(),
    ms: performance.now(),
    busy: busySeconds(),
    cpu: cpuOf(processes),
  });
  const [from, firstWave] = [await at(), seen.wave?.number ?? 0];
  let [to, lastWave, looks, idle] = [from, firstWave, 0, 0];
  while (to.ms - from.ms < windowMs) {
    await sleep(lookMs);
    const now = await at();
    seen = await look();
    if (seen.status !== "Running") break;
    to = now;
    lastWave = seen.wave?.number ?? lastWave;
    looks += lanes;
    idle += lanes - atWork(seen);
  }
  await callApp(`${azure.url}/api/migrations/${id}/cancel`, "POST", {}).catch(() => undefined);
  const seconds = (to.ms - from.ms) / 1000;
  if (seconds === 0) throw new Error("the run was over before it could be measured: it needs a larger lake");
  return {
    perSecond: (to.files - from.files) / seconds,
    seconds,
    cores: Object.fromEntries(
      Object.keys(processes).map((name) => [name, ((to.cpu[name] ?? 0) - (from.cpu[name] ?? 0)) / seconds]),
    ),
    busyCores: (to.busy - from.busy) / seconds,
    waves: lastWave - firstWave,
    idle: looks === 0 ? 0 : idle / looks,
    rampSeconds,
  };
}

/** What of this machine was in the way, if anything: only then a figure says something else than how lanes add up. */
export function limitOf({ cores, busyCores }: Rate, machineCores = cpus().length): string {
  const own = Object.values(cores).reduce((sum, used) => sum + used, 0);
  const others = busyCores - own;
  const full = Object.entries(cores).filter(([, used]) => used >= 0.85);
  const says = [
    ...(busyCores >= 0.9 * machineCores ? ["all cores busy"] : []),
    ...full.map(([name]) => `${name} fills a core`),
    ...(others >= 0.25 * machineCores ? [`others use ${others.toFixed(1)} cores`] : []),
  ];
  return says.join(", ");
}

/** The cores of a rate, as text. */
export function coresText({ cores }: Rate): string {
  const used = Object.entries(cores).filter(([, share]) => share >= 0.005);
  return used.map(([name, share]) => `${name} ${share.toFixed(2)}`).join(", ");
}

function atWork({ lanes = [] }: Seen): number {
  return lanes.filter(({ doing }) => doing !== "idle" && doing !== "starting").length;
}

function cpuOf(processes: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuSecondsOf(pid)]));
}

// All but idle and waiting for disks, of all cores, in hundredths of a second.
function busySeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [, user = 0, nice = 0, system = 0, , , irq = 0, soft = 0] = line.split(/\s+/u).map(Number);
  return (user + nice + system + irq + soft) / 100;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
