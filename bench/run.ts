// lakeferry beside AzCopy and rclone: the same files into the same sink, in turns. Peers read them from a memory disk, lakeferry
// through the Gen1 protocol. Each case's results replace its older ones in results.jsonl, of which RESULTS.md is made.
// With --minutes it takes fewer rounds when there is less time than it needs.
// Usage: npm run bench -- [--cases small,large] [--tools lakeferry,rclone] [--rounds N] [--minutes N] [--json] [--out DIR]
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import { commitNow } from "./commit.ts";
import { measure } from "./measure.ts";
import { pageOf, tableOf } from "./page.ts";
import { type CaseResult, merged, readResults, writeResults } from "./results.ts";
import { scheduleOf } from "./schedule.ts";
import { lakesAt } from "./scratch.ts";
import { tools } from "./tools/all.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string" },
    tools: { type: "string" },
    rounds: { type: "string" },
    minutes: { type: "string" },
    json: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
for (const [option, value] of Object.entries({ rounds: values.rounds, minutes: values.minutes })) {
  if (value !== undefined && !/^[1-9]\d*$/u.test(value)) throw new Error(`--${option} ${value}: expected 1 or more`);
}
const allSeconds = Number(values.minutes ?? Infinity) * 60;
const chosenTools = chosen("--tools", values.tools, tools);
// Figures of some tools only are in no one run with the others'.
const isWritten = values.out !== undefined || values.tools === undefined;
const out = values.out ?? import.meta.dirname;

const wanted = chosen("--cases", values.cases, cases).map((one) => ({
  ...one,
  rounds: Number(values.rounds ?? one.rounds),
}));
const results: CaseResult[] = [];
let isGood = true;
for (const [index, planned] of wanted.entries()) {
  const schedule = scheduleOf(wanted.slice(index), wanted.slice(0, index), performance.now() / 1000, allSeconds);
  const one = { ...planned, rounds: schedule.rounds };
  const minutes = Math.ceil(schedule.seconds / 60);
  tell(`${one.name}: ${one.what}; case ${index + 1} of ${wanted.length}, about ${minutes} min left`);
  const result = await resultOf(one);
  results.push(result);
  isGood &&= result.error === undefined;
  if (!values.json) console.log(tableOf(result));
  if (isWritten) write([result]);
}
if (values.json) console.log(JSON.stringify(results));
process.exit(isGood ? 0 : 1);

async function resultOf(one: Case): Promise<CaseResult> {
  const startMs = performance.now();
  const about = {
    name: one.name,
    what: one.what,
    rounds: one.rounds,
    limitSeconds: one.limitSeconds,
    at: new Date().toISOString().slice(0, 16),
    commit: `commit ${commitNow()}`,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform}, lakes on ${lakesAt}`,
    versions: Object.fromEntries(
      tools.map(({ name, missing, version, proof }) => [name, `${missing() ?? version()}; proof on the way: ${proof}`]),
    ),
    command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
  };
  const took = () => Math.round((performance.now() - startMs) / 1000);
  try {
    return { ...about, ...(await measure(one, chosenTools, one.rounds, tell)), seconds: took() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell(`${one.name} couldn't be measured: ${message}`);
    return { ...about, files: 0, bytes: 0, rows: [], error: message, seconds: took() };
  }
}

// After each case, so that nothing is lost with a later one.
function write(newer: readonly CaseResult[]): void {
  mkdirSync(out, { recursive: true });
  const file = join(out, "results.jsonl");
  const names = cases.map(({ name }) => name);
  const all = merged(readResults(file), newer, names);
  writeResults(file, all);
  writeFileSync(join(out, "RESULTS.md"), pageOf(all));
}

function tell(text: string): void {
  console.error(`[${new Date().toISOString().slice(11, 19)}] ${text}`);
}

function chosen<T extends { readonly name: string }>(
  option: string,
  text: string | undefined,
  all: readonly T[],
): readonly T[] {
  if (text === undefined) return all;
  return text.split(",").map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`${option} ${name}: there are ${all.map((one) => one.name).join(", ")}`);
    return found;
  });
}
