import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../src/cli/outcome.ts";
import { leftoversGone } from "./leftovers.ts";
import type { StartOptions } from "./options.ts";
import { isAlive, listProcesses } from "./processes.ts";

/**
 * Keeps a second process away from one Gen2 lake's files while the first one serves them, and waits for what a first one
 * that was killed has left behind; resolves to the way to let go.
 */
export async function lockIn({
  lockDir,
  stateDir,
  out,
}: Pick<StartOptions, "lockDir" | "stateDir" | "out">): Promise<() => void> {
  mkdirSync(lockDir, { recursive: true });
  const unlock = take(join(lockDir, "pid"));
  try {
    await leftoversGone([stateDir, out]);
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

function take(file: string): () => void {
  // A link appears with its content; a file that is written would be empty for a moment.
  const own = `${file}-${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (;;) {
      try {
        linkSync(own, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = holderOf(file);
      if (isStarter(holder))
        throw new UsageError(`the same --out is in use by process ${holder}; wait for it or end it`);
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

// 0 when it has just been let go.
function holderOf(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return 0;
  }
}

// The id of one that was killed may be another program's by now.
function isStarter(pid: number): boolean {
  const all = listProcesses();
  if (all.length === 0) return isAlive(pid);
  return all.some((running) => running.pid === pid && running.args.includes("start.ts"));
}
