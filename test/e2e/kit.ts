import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Fault } from "../../local/kit/faults.ts";
import type { Report } from "../../src/cli/api.ts";
import { startOptions } from "../../local/start/options.ts";
import { projectRoot } from "../../local/start/processes.ts";
import { checkedFetch } from "../kit/contract.ts";

// Whatever these tests are answered by the API has to be as its contract says.
globalThis.fetch = checkedFetch(globalThis.fetch);

/** Where a test hangs what has to be undone: a test's context, or a suite's list. */
export type Undo = { readonly after: (undo: () => void | Promise<void>) => void };

/** A folder that is gone after the test. */
export function tempFolder(t: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-e2e-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by path, with the folders above them; a path that ends in a slash is a folder. */
export function writeTree(root: string, tree: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(tree)) {
    const at = join(root, path);
    mkdirSync(path.endsWith("/") ? at : dirname(at), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(at, content);
  }
}

/** So many small files in folders of a hundred, none like the other. */
export function manyFiles(folder: string, count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${folder}/${String(Math.floor(index / 100)).padStart(2, "0")}/file ${index}.txt`,
      `content of file ${index}\n`.repeat(1 + (index % 3)),
    ]),
  );
}

/** What a folder holds, links followed as the Gen1 emulator follows them. */
export type Totals = { readonly files: number; readonly bytes: number; readonly folders: number };

/** Counts a folder and all under it; the folder itself counts as one. */
export function totalsOf(folder: string): Totals {
  let sum: Totals = { files: 0, bytes: 0, folders: 1 };
  for (const name of readdirSync(folder)) {
    const at = join(folder, name);
    const { size, ...stats } = statSync(at);
    const isFolder = (stats.mode & 0o170000) === 0o040000;
    const more = isFolder ? totalsOf(at) : { files: 1, bytes: size, folders: 0 };
    sum = { files: sum.files + more.files, bytes: sum.bytes + more.bytes, folders: sum.folders + more.folders };
  }
  return sum;
}

/** Fails with what `diff -r` says when two folders differ in names or content. */
export function assertSameTree(one: string, other: string): void {
  const { status, stdout, stderr } = spawnSync("diff", ["-r", one, other], { encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`.slice(0, 2000));
}

/** What the report says of a copy that was done in one go or in several, and must agree with the source. */
export function writtenOf({ status, filesWritten, dataWritten, foldersWritten }: Report) {
  return { status, files: filesWritten, bytes: dataWritten, folders: foldersWritten };
}

/** A running `npm start`, or what it has said when it ended. */
export type Command = {
  readonly pid: number;
  /** The addresses it prints, once the local Azure is up; not with --json. */
  readonly addresses: Promise<{ readonly app: string; readonly gen1: string }>;
  /** Its standard output so far. */
  readonly said: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
};

/** How a command ended. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `node local/start.ts`, which is all that `npm start` runs after its set-up, on the leash of this process. */
export function startCommand(t: Undo, args: readonly string[]): Command {
  // Asked now: the files that the options name may be gone at the end.
  const folders = ownFolders(args);
  const leash = join(projectRoot, "dist", "local", "leashed.mjs");
  const child = spawn(process.execPath, [leash, join(projectRoot, "local", "start.ts"), ...args], {
    cwd: projectRoot,
    stdio: "pipe",
  });
  let stdout = "";
  let stderr = "";
  const { promise: addresses, resolve, reject } = Promise.withResolvers<{ app: string; gen1: string }>();
  addresses.catch(() => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    const [, app, gen1] = /Functions host at (http:\S+), Gen1 at (http:\S+),/u.exec(stdout) ?? [];
    if (app !== undefined && gen1 !== undefined) resolve({ app, gen1 });
  });
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]: (number | null)[]): Ended => {
    reject(new Error(`the command ended first:\n${stdout}${stderr}`));
    return { code: code ?? null, stdout, stderr };
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return { pid: child.pid ?? 0, addresses, said: () => stdout, signal: (signal) => void child.kill(signal), ended };
}

/** Runs the command to its end. */
export function runCommand(t: Undo, args: readonly string[]): Promise<Ended> {
  return startCommand(t, args).ended;
}

// Without a source of its own a command shares the sample's state with people.
function ownFolders(args: readonly string[]): readonly string[] {
  if (!args.includes("--source")) return [];
  try {
    const options = startOptions(args);
    return options === undefined ? [] : [options.stateDir, options.lockDir];
  } catch {
    return [];
  }
}

/** The report on the last line of a command's standard output. */
export function reportOf({ code, stdout, stderr }: Ended): Report & Readonly<Record<string, unknown>> {
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert.ok(last.startsWith("{"), `exit code ${code}, no report:\n${stdout}${stderr}`);
  return JSON.parse(last) as Report & Readonly<Record<string, unknown>>;
}

/** The process that `parent` started to run the program; undefined when there is none. */
export function childOf(parent: number, program: string): number | undefined {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const line = lines.find((text) => text.trim().split(/\s+/u)[1] === String(parent) && text.includes(program));
  return line === undefined ? undefined : Number(line.trim().split(/\s+/u)[0]);
}

/** Resolves with the first answer that isn't undefined; rejects after half a minute of them. */
export async function eventually<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Listens on a port (0: any free one) until the test ends; false while somebody else has it. */
async function listens(t: Undo, port: number): Promise<number | undefined> {
  const server = createServer();
  const isOurs = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (!isOurs) return undefined;
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Takes a port so that nobody else can; waits for tests beside this one that have it for a while. */
export async function occupy(t: Undo, port: number): Promise<number> {
  return await eventually(`port ${port} to be free`, () => listens(t, port));
}

/** Tells an emulator which requests go wrong. */
export async function setFaults(emulator: string, faults: readonly Fault[]): Promise<void> {
  const reply = await fetch(`${emulator}/_control/faults`, { method: "PUT", body: JSON.stringify(faults) });
  assert.equal(reply.status, 204, await reply.text());
}

/** True when something stands at this path under the folder. */
export function has(folder: string, path: string): boolean {
  return existsSync(join(folder, path));
}
