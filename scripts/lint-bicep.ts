// Lints and compiles every deployment template with Bicep's own compiler, where it is installed. `npm test` doesn't need
// it: it checks the templates by their syntax and by a table of types.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const commands = [
  ["lint", "infra/main.bicep"],
  ["lint", "infra/elevated.bicep"],
  ["build", "infra/main.bicep", "--stdout"],
  ["build", "infra/elevated.bicep", "--stdout"],
  ["build-params", "infra/main.bicepparam", "--stdout"],
];

const { error } = spawnSync("bicep", ["--version"], { stdio: "ignore" });
if (error !== undefined) {
  process.stdout.write(
    "bicep is not on the PATH: the templates stay checked by syntax, types and policies only (npm test)\n",
  );
} else {
  for (const args of commands) {
    // The compiled template is of no use here; what the compiler says goes to standard error.
    const { status } = spawnSync("bicep", args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    process.stdout.write(`${status === 0 ? "ok  " : "FAIL"} bicep ${args.join(" ")}\n`);
    if (status !== 0) process.exitCode = 1;
  }
}
