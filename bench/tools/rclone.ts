import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeScratch, scratchFolder } from "../scratch.ts";
import { crossingBy, fileSystem, firstLine, runs, sas, type Tool } from "./tool.ts";

/** rclone, reading from a disk. */
export const rclone: Tool = {
  name: "rclone",
  proof: "MD5 it stores itself",
  missing: () => (runs("rclone") ? undefined : "not installed; apt-get install rclone"),
  version: () => firstLine("rclone", ["version"]),
  cant: ({ access }) => (access === undefined ? undefined : "carries no ACLs"),
  open: async ({ isAgain }, source, sink) => {
    const folder = scratchFolder("rclone");
    const config = join(folder, "empty.conf");
    writeFileSync(config, "");
    const env = { RCLONE_CONFIG: config, RCLONE_AZUREBLOB_SAS_URL: `${sink.url}?${sas}` };
    const verb = isAgain === true ? "sync" : "copy";
    const cross = () => crossingBy("rclone", [verb, source, `:azureblob:${fileSystem}`, "--transfers", "32"], env);
    return {
      cross,
      // It keeps no journal: the same command lists both sides and compares.
      resume: async () => cross(),
      close: async () => removeScratch(folder),
    };
  },
};
