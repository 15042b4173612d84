import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { leashGroup } from "./scratch.ts";

/** What one crossing took: seconds of wall clock and of CPU, and its largest memory in MiB. */
export type Spent = { readonly seconds: number; readonly cpuSeconds: number; readonly peakMiB: number };

/** How a program ended. */
export type Ended = Spent & { readonly code: number; readonly said: string };

/** A program that runs. */
export type Running = {
  readonly ended: Promise<Ended>;
  /** What it has taken so far: of one that is killed its end doesn't tell. */
  readonly soFar: () => Omit<Spent, "seconds">;
  readonly kill: () => void;
};

const pollMs = 20;
/** Of the clock that /proc counts CPU in. */
const ticksPerSecond = 100;
const mostSaid = 4000;

/** Runs a program to its end, or until it is killed. Its input stays open: AzCopy burns a core when it is at its end. Linux only. */
export function runMeasured(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const startMs = performance.now();
  // The shell says what the program's own CPU was, also of threads that have ended.
  const child = spawn("bash", ["-c", 'TIMEFORMAT="spent %U %S"; time "$@"', "bash", command, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
    detached: true,
  });
  const leash = leashGroup(child.pid ?? 0);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-mostSaid)));
  }
  let peakMiB = 0;
  const look = () => {
    const own = childrenOf(child.pid ?? 0);
    for (const pid of own) peakMiB = Math.max(peakMiB, peakMemoryOf(pid) ?? 0);
    return own;
  };
  const timer = setInterval(look, pollMs);
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => {
      clearInterval(timer);
      leash.ended();
      const [spent = "", user = "0", system = "0"] = /spent ([\d.]+) ([\d.]+)\s*$/u.exec(said) ?? [];
      resolve({
        code: code ?? 1,
        said: said.slice(0, said.length - spent.length).trim(),
        seconds: (performance.now() - startMs) / 1000,
        cpuSeconds: Number(user) + Number(system),
        peakMiB,
      });
    }),
  );
  const soFar = () => ({ cpuSeconds: look().reduce((sum, pid) => sum + cpuSecondsOf(pid), 0), peakMiB });
  return { ended, soFar, kill: leash.kill };
}

/** CPU seconds of a process that runs; 0 when it is gone. */
export function cpuSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
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

/** From now on its largest memory is the one since now. */
export function forgetPeakOf(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // Then it is the one since its start.
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
