import { execFileSync } from "node:child_process";
import { projectRoot } from "../local/start/processes.ts";

// What a figure depends on, without what benches write.
const measured = ["src", "functions", "local", "bench", "package-lock.json"];
const written = ["bench/*.md", "bench/*.jsonl", "bench/scale.json", "bench/lanes"].map((path) => `:!${path}`);

/** The commit that is checked out, and whether what is measured isn't as it was committed. */
export function commitNow(): string {
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: projectRoot, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--", ...measured, ...written);
  return git("rev-parse", "--short", "HEAD") + (changed === "" ? "" : " and changes");
}

/** For the pages that name commits. */
export const aboutCommits =
  "A commit is the one that was checked out. Branches are rebased before they are merged, so the history may have it under another name.";
