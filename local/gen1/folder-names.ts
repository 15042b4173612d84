import { type Dirent, lstatSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import type { CompareNames } from "./order.ts";

/** Sorted names of folders on disk, read once and kept until the folder changes. */
export type FolderNames = {
  /** `path` is what the caller knows the folder by, `real` is where it is. */
  read(path: string, real: string): Promise<readonly string[]>;
  forget(path: string): void;
};

/** Judges one entry of a folder: undefined to list it, or why it is left out. */
export type JudgeEntry = (path: string, entry: Dirent) => string | undefined;

/** Remembers at most about `maxNames` names, those of the folders used last; `warn` hears what is left out. */
export function folderNames(
  compare: CompareNames,
  judge: JudgeEntry,
  warn: (path: string, name: string, why: string) => void,
  maxNames = 2_000_000,
): FolderNames {
  const known = new Map<string, { readonly stamp: number; readonly names: readonly string[] }>();
  let held = 0;

  const forget = (path: string) => {
    held -= known.get(path)?.names.length ?? 0;
    known.delete(path);
  };
  const keep = (path: string, stamp: number, names: readonly string[]) => {
    forget(path);
    known.set(path, { stamp, names });
    held += names.length;
    for (const oldest of known.keys()) {
      if (held <= maxNames || oldest === path) break;
      forget(oldest);
    }
  };

  return {
    forget,
    async read(path, real) {
      const stamp = statSync(real).ctimeMs;
      const hit = known.get(path);
      if (hit?.stamp === stamp) {
        // Taken out and put back, so that the map's order is that of last use.
        known.delete(path);
        known.set(path, hit);
        return hit.names;
      }
      const startedMs = Date.now();
      const names = (await listable(path, real, judge, warn)).sort(compare);
      // A folder that changed within the last clock tick may change again without a new stamp.
      if (startedMs - stamp > clockTickMs) keep(path, stamp, names);
      return names;
    },
  };
}

const clockTickMs = 20;

async function listable(
  path: string,
  real: string,
  judge: JudgeEntry,
  warn: (path: string, name: string, why: string) => void,
): Promise<string[]> {
  const names: string[] = [];
  const entries = await readdir(real, { withFileTypes: true });
  const broken = entries.some((entry) => entry.name.includes("\ufffd")) ? await undecodable(real) : noNames;
  for (const entry of entries) {
    const why = broken.has(entry.name) ? "its name is not valid UTF-8" : judge(path, entry);
    if (why === undefined) names.push(entry.name);
    else warn(path, entry.name, why);
  }
  return names;
}

const noNames: ReadonlySet<string> = new Set();

// U+FFFD is a legal character of a name, and also what Node makes of bytes that are none.
async function undecodable(real: string): Promise<ReadonlySet<string>> {
  const raw = await readdir(real, { encoding: "buffer" });
  return new Set(raw.filter((name) => !Buffer.from(name.toString("utf8"), "utf8").equals(name)).map(String));
}

/** Whether an entry is a file, a folder, a link or something else, also where the file system doesn't say in its listing. */
export function kindOfEntry(entry: Dirent, real: string): "file" | "folder" | "link" | "special" {
  const seen = entry.isFile() || entry.isDirectory() || entry.isSymbolicLink() ? entry : lstatSync(real);
  if (seen.isFile()) return "file";
  if (seen.isDirectory()) return "folder";
  return seen.isSymbolicLink() ? "link" : "special";
}
