import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import type { Log } from "./log.ts";

/** Where an instance answers. */
export type Place = { readonly url: string; readonly port: number };

/** A host in a process of its own. */
export type Instance = Place & { readonly pid: number };

/** Hosts that share one hub. */
export type Instances = {
  readonly all: readonly Instance[];
  /** Resolves when the last one has ended: true when each ended in order, after a stop. */
  readonly ended: Promise<boolean>;
  readonly stop: () => void;
};

/**
 * Runs `count` processes of a program that is a host and says so with `announce`. The first one is up before the others start, so that it
 * alone makes the hub. One that ends by itself isn't replaced: the others take over what it had, as on Azure when a machine is lost.
 */
export async function startInstances(
  file: string,
  count: number,
  argsOf: (index: number) => readonly string[],
  log: Log,
): Promise<Instances> {
  const children: ChildProcess[] = [];
  let isStopping = false;
  const stop = (): void => {
    isStopping = true;
    for (const child of children) child.kill("SIGTERM");
  };

  async function start(index: number): Promise<Instance> {
    const child = fork(file, argsOf(index), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    children.push(child);
    const early = once(child, "exit").then(([code]: (number | null)[]) => {
      throw new Error(`Instance ${index + 1} ended with code ${code ?? "-"} before it was ready.`);
    });
    const [place] = (await Promise.race([once(child, "message"), early])) as [Place];
    return { ...place, pid: child.pid ?? 0 };
  }

  async function end(index: number, child: ChildProcess, pid: number): Promise<boolean> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    const { exitCode: code, signalCode: signal } = child;
    if (!isStopping) log("error", "instance.ended", { instance: index + 1, pid, code, signal });
    return code === 0;
  }

  try {
    const first = await start(0);
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 1)));
    const all = [first, ...others];
    const ends = children.map((child, index) => end(index, child, child.pid ?? 0));
    const ended = Promise.all(ends).then((areInOrder) => isStopping && areInOrder.every(Boolean));
    return { all, ended, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Tells the one who started this process as an instance that it is ready, and ends with it. Nothing, when there is none. */
export function announce(place: Place): void {
  if (process.send === undefined) return;
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  if (process.connected) process.send(place);
  else process.kill(process.pid, "SIGTERM");
}

/** The file for an instance beside the first one's: host.log, host-2.log and so on. */
export function fileOf(file: string, index: number): string {
  if (index === 0) return file;
  const extension = extname(file);
  return `${file.slice(0, file.length - extension.length)}-${index + 1}${extension}`;
}
