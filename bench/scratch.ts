import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../local/start/processes.ts";

/** Where lakes are laid out: a memory disk where there is one. */
export const lakesAt = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const prefix = "lakeferry-bench-";
const folders = new Set<string>();
const groups = new Set<number>();
let isWatching = false;

/** Makes a folder that is gone when this process ends, however it ends: what a killed one has left, the next one removes. */
export function scratchFolder(what: string, at = tmpdir()): string {
  watch();
  const folder = mkdtempSync(join(at, `${prefix}${process.pid}-${what}-`));
  folders.add(folder);
  return folder;
}

/** Removes a folder made by scratchFolder. */
export function removeScratch(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Kills a process group when this process ends before it does. */
export function leashGroup(pid: number): { readonly kill: () => void; readonly ended: () => void } {
  watch();
  groups.add(pid);
  return { kill: () => killGroup(pid), ended: () => void groups.delete(pid) };
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  for (const at of new Set([tmpdir(), lakesAt])) {
    for (const name of readdirSync(at)) {
      const pid = Number(new RegExp(`^${prefix}(\\d+)-`, "u").exec(name)?.[1] ?? Number.NaN);
      if (!Number.isNaN(pid) && !isAlive(pid)) rmSync(join(at, name), { recursive: true, force: true });
    }
  }
  process.once("exit", () => {
    for (const pid of groups) killGroup(pid);
    for (const folder of folders) removeLast(folder);
  });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}

function removeLast(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Something still writes to it; the next one removes it.
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
