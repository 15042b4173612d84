import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What one program took: seconds of wall clock and of CPU, and its largest memory in MiB. */
export type Spent = { readonly seconds: number; readonly cpuSeconds: number; readonly peakMiB: number };

/** How a program ended. */
export type Ended = Spent & { readonly code: number; readonly said: string };

const pollMs = 20;
/** Of the clock that /proc counts CPU in. */
const ticksPerSecond = 100;

/** Runs a program to its end. Its input stays open: AzCopy burns a core when it is at its end. Linux only. */
export async function runMeasured(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const startMs = performance.now();
  // The shell says what the program's own CPU was, also of threads that have ended.
  const child = spawn("bash", ["-c", 'TIMEFORMAT="spent %U %S"; time "$@"', "bash", command, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  let peakMiB = 0;
  const timer = setInterval(() => {
    for (const pid of childrenOf(child.pid ?? 0)) peakMiB = Math.max(peakMiB, peakMemoryOf(pid) ?? 0);
  }, pollMs);
  const code = await new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? 1)));
  clearInterval(timer);
  const [, user = "0", system = "0"] = /spent ([\d.]+) ([\d.]+)\s*$/u.exec(said) ?? [];
  const seconds = (performance.now() - startMs) / 1000;
  return { code, said, seconds, cpuSeconds: Number(user) + Number(system), peakMiB };
}

/** CPU seconds of a process that runs. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The largest memory that a process has had, in MiB; undefined when it is gone. */
export function peakMemoryOf(pid: number): number | undefined {
  try {
    const kib = /VmHWM:\s+(\d+) kB/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** The middle of some numbers, and their ends. */
export type Spread = { readonly median: number; readonly least: number; readonly most: number };

/** See Spread. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}
