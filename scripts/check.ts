// Every check of the project, cheapest first: what `npm test` and CI run. Stops at the first stage that fails.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

type Step = { readonly name: string; readonly command: string; readonly args: readonly string[] };

const step = (name: string, command: string, ...args: string[]): Step => ({ name, command, args });
const tests = (name: string, ...args: string[]): Step => step(name, "node", "--test", ...args);

// Steps of one stage run side by side.
const stages: readonly (readonly Step[])[] = [
  [step("format", "biome", "format", "."), step("build", "node", "scripts/build.ts"), step("types", "tsc")],
  [step("lint", "oxlint", "--type-aware"), step("dead code", "knip")],
  [
    tests(
      "unit",
      "--test-isolation=none",
      "test/{core,wire,state,ferry,flow,app,lake,start,infra,cli,bench}/**/*.test.ts",
    ),
  ],
  // The closing lines of this stage tell CI that tests ran: it is the last one.
  [
    tests(
      "local Azure, contracts, end to end, chaos",
      "--test-concurrency=2",
      "test/{local,contract,e2e,chaos}/**/*.test.ts",
    ),
  ],
];

const startMs = Date.now();
for (const stage of stages) {
  const codes = await Promise.all(stage.map(run));
  if (codes.some((code) => code !== 0)) process.exit(1);
}

async function run({ name, command, args }: Step): Promise<number> {
  const isTests = args.includes("--test");
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", isTests ? "inherit" : "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  process.stderr.write(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)\n${code === 0 ? "" : `${output}\n`}`);
  return code;
}
