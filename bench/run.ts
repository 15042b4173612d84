// lakeferry beside AzCopy and rclone: the same files into the same sink, in turns. Peers read them from a memory disk, lakeferry
// through the Gen1 protocol. Writes bench/RESULTS.md when all cases were asked for.
// Usage: npm run bench -- [--cases small,large] [--tools lakeferry,rclone] [--rounds N] [--json]
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import { type Measured, printed, type Row } from "./results.ts";
import { type MinimalSink, startSink } from "./sinks.ts";
import { metaOf, type Ready, type Tool, tools } from "./tools.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string" },
    tools: { type: "string" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: expected 1 or more`);

const rows: Row[] = [];
for (const wanted of chosen("--cases", values.cases, cases)) {
  rows.push(...(await measure(wanted)));
  if (!values.json) console.log(printed(rows.filter((row) => row.wanted === wanted)));
}
if (values.json) console.log(JSON.stringify(rows));
else if (values.cases === undefined && values.tools === undefined) {
  writeFileSync(join(import.meta.dirname, "RESULTS.md"), printed(rows, rounds, tools));
}

async function measure(wanted: Case): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "bench-lake-"));
  const source = join(folder, "lake");
  mkdirSync(source);
  const { files, bytes } = wanted.make(source);
  if (wanted.access !== undefined) writeFileSync(metaOf(source), wanted.access);
  const sink = await startSink(wanted);
  const measured = new Map<Tool, Measured[]>();
  const opened = new Map<Tool, Ready>();
  const found: Row[] = [];
  try {
    for (const tool of chosen("--tools", values.tools, tools)) {
      const why = tool.missing() ?? tool.cant(wanted);
      if (why === undefined) opened.set(tool, await tool.open(wanted, source, sink));
      else found.push({ wanted, tool: tool.name, files, bytes, why });
    }
    for (let round = 0; round < rounds; round++) {
      for (const [tool, ready] of opened) {
        const one = await crossOnce(wanted, ready, sink);
        measured.set(tool, [...(measured.get(tool) ?? []), one]);
      }
    }
  } finally {
    for (const ready of opened.values()) await ready.close();
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return [...[...measured].map(([tool, runs]) => ({ wanted, tool: tool.name, files, bytes, runs })), ...found];
}

async function crossOnce(wanted: Case, ready: Ready, sink: MinimalSink): Promise<Measured> {
  await sink.forget(true);
  // rclone and AzCopy want the container to be there.
  await fetch(`${sink.url}/lake?restype=container`, { method: "PUT" });
  if (wanted.isAgain === true) {
    const before = await ready.cross();
    if (!before.isGood) throw new Error(`the first run failed: ${before.said}`);
  }
  await sink.forget(false);
  const crossed = await ready.cross();
  if (!crossed.isGood) console.error(crossed.said.slice(0, 2000));
  return { ...crossed, sink: await sink.look() };
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
