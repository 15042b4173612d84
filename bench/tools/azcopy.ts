import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { removeScratch, scratchFolder } from "../scratch.ts";
import { crossingBy, fileSystem, firstLine, runs, sas, type Tool } from "./tool.ts";

const azcopy =
  process.env["AZCOPY"] ??
  join(import.meta.dirname, "..", "node_modules", "@azure-tools", "azcopy-linux", "dist", "bin", "azcopy_linux_amd64");

/** AzCopy, reading from a disk, to one of the two endpoints. */
export function copyWithAzcopy(name: string, fromTo: "LocalBlob" | "LocalBlobFS"): Tool {
  return {
    name,
    proof: "length",
    missing: () =>
      runs(azcopy)
        ? undefined
        : "not installed; npm install --prefix bench, and apt-get install libsecret-1-0; or name it in AZCOPY",
    version: () => firstLine(azcopy, ["--version"]),
    cant: ({ access, isAgain }) =>
      access !== undefined
        ? "carries no ACLs from disk"
        : isAgain === true && fromTo === "LocalBlobFS"
          ? "its sync takes Blob"
          : undefined,
    open: async ({ isAgain }, source, sink) => {
      const folder = scratchFolder("azcopy");
      const env = {
        HOME: folder,
        AZCOPY_DISABLE_SYSLOG: "true",
        AZCOPY_LOG_LOCATION: join(folder, "log"),
        AZCOPY_JOB_PLAN_LOCATION: join(folder, "plan"),
      };
      const target = `${sink.url}/${fileSystem}?${sas}`;
      const quiet = ["--log-level", "NONE", "--output-level", "quiet"];
      const how = ["--recursive", "--from-to", fromTo, ...quiet];
      const args = isAgain === true ? ["sync", source, target, ...how] : ["copy", join(source, "*"), target, ...how];
      return {
        cross: () => crossingBy(azcopy, args, env),
        resume: async () => {
          const job = lastJob(spawnSync(azcopy, ["jobs", "list"], { encoding: "utf8", env }).stdout);
          return crossingBy(azcopy, ["jobs", "resume", job, "--destination-sas", sas, "--output-level", "quiet"], env);
        },
        close: async () => removeScratch(folder),
      };
    },
  };
}

// The newest is listed first.
function lastJob(listed: string): string {
  const id = /JobId: ([0-9a-f-]+)/u.exec(listed)?.[1];
  if (id === undefined) throw new Error(`AzCopy lists no job to resume: ${listed.slice(0, 200)}`);
  return id;
}
