import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
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
  /** Whether it is ready, having printed these lines; absent: with the first one. */
  readonly isReady?: (lines: readonly string[]) => boolean;
};

/** A program that ended before it was ready. */
export class EndedEarly extends Error {
  /** What it wrote to its log. */
  readonly said: string;
  constructor(message: string, said: string) {
    super(message);
    this.said = said;
  }
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches only us, on a leash, so that it never outlives
 * us. Resolves with the lines it prints until it is ready; throws EndedEarly when it ends before that.
 */
export async function startProgram(
  program: Program,
): Promise<{ readonly running: Running; readonly firstLine: string; readonly lines: readonly string[] }> {
  const log = openSync(program.logFile, "a");
  const logged = statSync(program.logFile).size;
  const leash = fileURLToPath(new URL("../../dist/local/leashed.mjs", import.meta.url));
  const child = spawn(process.execPath, [...(program.nodeFlags ?? []), leash, program.file, ...program.args], {
    cwd: projectRoot,
    detached: true,
    stdio: ["pipe", "pipe", log],
    env: { ...process.env, ...program.env },
  });
  closeSync(log);
  const running = runningOf(program.name, child);
  const lines = await linesOf(child, running, program, logged);
  return { running, firstLine: lines[0] ?? "", lines };
}

/** A process of this machine, with its command line. */
export type Listed = { readonly pid: number; readonly args: string };

/** All processes of this machine; none where there is no `ps` to ask. */
export function listProcesses(): readonly Listed[] {
  const { stdout } = spawnSync("ps", ["-A", "-ww", "-o", "pid=,args="], {
    encoding: "utf8",
    // Otherwise it may print question marks for letters.
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    maxBuffer: 64 * 1024 * 1024,
  });
  return (stdout ?? "").split("\n").flatMap((line): Listed[] => {
    const [, pid, args] = /^\s*(\d+) (.*)$/u.exec(line) ?? [];
    return args === undefined ? [] : [{ pid: Number(pid), args }];
  });
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

async function linesOf(
  child: ChildProcess,
  running: Running,
  { name, logFile, isReady = () => true }: Program,
  logged: number,
): Promise<readonly string[]> {
  const { stdout } = child;
  if (stdout === null) throw new Error(`${name} has no output`);
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const said: string[] = [];
  // Later lines are read and dropped: a full pipe would stop the program.
  const take = (line: string) => {
    said.push(line);
    if (!isReady(said)) return;
    lines.off("line", take).on("line", () => undefined);
    resolve(said);
  };
  const lines = createInterface({ input: stdout }).on("line", take);
  return Promise.race([
    promise,
    running.exited.then((code) => {
      const message = `${name} ended with code ${code ?? "-"} before it was ready; see ${logFile}`;
      throw new EndedEarly(message, readFileSync(logFile).toString("utf8", logged));
    }),
  ]);
}
