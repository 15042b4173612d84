import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { defaultAccess } from "./gen1/access.ts";
import { accessLine } from "./gen1/access-log.ts";
import { type Planned, type PlannedFile, samplePlan } from "./sample/plan.ts";

/** What the sample lake holds, and how many of its files had to be written now. */
export type SampleSummary = {
  readonly folders: number;
  readonly files: number;
  readonly bytes: number;
  readonly written: number;
};

/**
 * Makes the sample lake under `root`, its owners, ACLs and expiry in `meta`. What is there already and has the planned
 * size and time stays; so a call that was interrupted is finished by the next, and on a whole lake it changes nothing.
 */
export async function makeSampleLake(
  root: string,
  meta: string,
  { bigFileBytes = 256 * 1024 * 1024 }: { readonly bigFileBytes?: number } = {},
): Promise<SampleSummary> {
  const plan = samplePlan(bigFileBytes);
  const files = plan.filter((planned) => planned.kind === "file");
  const folders = plan.filter((planned) => planned.kind === "folder");
  mkdirSync(root, { recursive: true });
  for (const { path } of folders) mkdirSync(root + path, { recursive: true });
  const missing = files.filter((file) => !isThere(root, file));
  for (const file of missing) writePlanned(root, file);
  // After the files, since each of them changes the time of its folder.
  if (missing.length > 0) for (const { path, modifiedMs } of folders) setTime(root + path, modifiedMs);
  if (!existsSync(meta)) writeMeta(meta, plan);
  return {
    folders: folders.length,
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    written: missing.length,
  };
}

function isThere(root: string, { path, bytes, modifiedMs }: PlannedFile): boolean {
  const stats = statSync(root + path, { throwIfNoEntry: false });
  return stats?.size === bytes && Math.round(stats.mtimeMs) === modifiedMs;
}

// The time is set last: a file that was cut off has the time of its writing and is written again.
function writePlanned(root: string, file: PlannedFile): void {
  const handle = openSync(root + file.path, "w");
  try {
    for (const chunk of file.chunks()) writeFileSync(handle, chunk);
  } finally {
    closeSync(handle);
  }
  setTime(root + file.path, file.modifiedMs);
}

function setTime(path: string, modifiedMs: number): void {
  utimesSync(path, modifiedMs / 1000, modifiedMs / 1000);
}

function writeMeta(meta: string, plan: readonly Planned[]): void {
  const lines = plan
    .filter(({ access }) => access !== defaultAccess)
    .map(({ path, access }) => `${JSON.stringify(accessLine(path, access))}\n`);
  mkdirSync(dirname(meta), { recursive: true });
  writeFileSync(`${meta}.new`, lines.join(""));
  renameSync(`${meta}.new`, meta);
}
