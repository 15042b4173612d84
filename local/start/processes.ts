import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** A process of the local Azure. */
export type Running = {
  readonly name: string;
  readonly pid: number;
  /** Resolves with the exit code, or undefined after a signal. */
  readonly exited: Promise<number | undefined>;
  /** Asks it to end, and kills it when it hasn't after `graceMs`. */
  readonly stop: (graceMs?: number) => Promise<void>;
};

/** A program to run. */
export type Program = {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Where its standard error, and what it says after being ready, is written. */
  readonly logFile: string;
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches only us, on a leash, so that it never outlives
 * us. Resolves with the first line it prints; rejects when it ends before that.
 */
export async function startProgram(
  program: Program,
): Promise<{ readonly running: Running; readonly firstLine: string }> {
  const log = openSync(program.logFile, "a");
  const leash = fileURLToPath(new URL("../../dist/local/leashed.mjs", import.meta.url));
  const child = spawn(process.execPath, [...(program.nodeFlags ?? []), leash, program.file, ...program.args], {
    cwd: projectRoot,
    detached: true,
    stdio: ["pipe", "pipe", log],
    env: { ...process.env, ...program.env },
  });
  closeSync(log);
  const running = runningOf(program.name, child);
  const firstLine = await firstLineOf(child, running, program);
  return { running, firstLine };
}

/** True when a process of this id runs on this machine. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function runningOf(name: string, child: ChildProcess): Running {
  const { promise: exited, resolve } = Promise.withResolvers<number | undefined>();
  child.once("exit", (code) => resolve(code ?? undefined));
  child.once("error", () => resolve(undefined));
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    stop: async (graceMs = 5000) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

async function firstLineOf(child: ChildProcess, running: Running, program: Program): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error(`${program.name} has no output`);
  const { promise, resolve } = Promise.withResolvers<string>();
  const lines = createInterface({ input: stdout });
  // Later lines are read and dropped: a full pipe would stop the program.
  lines.on("line", resolve);
  return Promise.race([
    promise,
    running.exited.then((code) => {
      throw new Error(`${program.name} ended with code ${code ?? "-"} before it was ready; see ${program.logFile}`);
    }),
  ]);
}
