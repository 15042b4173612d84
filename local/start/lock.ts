import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./options.ts";
import { isAlive } from "./processes.ts";

/** Keeps a second process away from one Gen2 lake's files while the first one serves them; returns the way to let go. */
export function lockIn(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "pid");
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(readFileSync(file, "utf8"));
    if (isAlive(holder)) throw new UsageError(`the same --out is in use by process ${holder}; wait for it or end it`);
    rmSync(file, { force: true });
  }
}
