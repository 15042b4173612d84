// Makes the checkout ready to run: installs the locked packages (Node 24 among them) when they are missing or stale.
// Plain JavaScript for Node 20, the oldest Node a newcomer may have; everything else runs under the Node this installs.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");
const node = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");

const isReady = existsSync(node) && existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
if (!isReady) {
  process.stderr.write("lakeferry: installing packages, once per checkout\n");
  // npm's own words go to stderr, so that the last line of standard output stays the report.
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  // Not "npm ci": that refuses a lock file without the binaries of every other platform, and not every registry has them.
  // What the lock file names is installed in exactly that version, and the lock file stays as it is.
  const options = ["install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"];
  const { status } = spawnSync(command, [...args, ...options], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    process.stderr.write("lakeferry: npm install failed; its messages are above\n");
    process.exit(status ?? 1);
  }
}
