// What a small file costs the process that carries it over: CPU per file of a bare client, of lakeferry's data path, and of
// the same with the storage SDK for each PUT; source and sink in processes of their own. The first round finds a cold
// process, the later ones a warm one. CPU is measured, not time: it says the same on a busy machine, or nearly.
// Usage: node bench/hot.ts [--files 20000] [--bytes 4096] [--rounds 3] [--ways bare,lakeferry,sdk] [-- node flags …]
// Needs node scripts/build.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot, startProgram } from "../local/start/processes.ts";
import { many } from "./cases.ts";
import { cpuSecondsOf } from "./measured.ts";
import { lakesAt, removeScratch, scratchFolder } from "./scratch.ts";
import { startSink } from "./sinks.ts";
import { spreadOf } from "./spread.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: "string", default: "20000" },
    bytes: { type: "string", default: "4096" },
    rounds: { type: "string", default: "3" },
    ways: { type: "string", default: "bare,lakeferry,sdk" },
  },
});
const [files, bytes] = [Number(values.files), Number(values.bytes)];

type Round = { readonly cpuMicros: number; readonly seconds: number; readonly peakMiB: number };

const [folder, logs] = [scratchFolder("hot", lakesAt), scratchFolder("hot-log")];
const sink = await startSink({});
try {
  many(files, bytes)(folder);
  const { running, firstLine } = await startProgram({
    name: "gen1",
    file: join(projectRoot, "dist", "local", "gen1.mjs"),
    args: ["--root", folder, "--store", "files"],
    logFile: join(logs, "gen1.log"),
  });
  const { url } = JSON.parse(firstLine) as { readonly url: string };
  try {
    for (const way of values.ways.split(",")) {
      const sourceBefore = cpuSecondsOf(running.pid);
      const rounds = carried(way, url);
      const warm = spreadOf((rounds.length > 1 ? rounds.slice(1) : rounds).map(({ cpuMicros }) => cpuMicros));
      const perFile = (seconds: number) => ((seconds * 1e6) / files).toFixed(0);
      // The sink counts since it was last emptied, which is the last round.
      const { cpuSeconds } = await sink.look();
      console.log(
        `${way.padEnd(10)} ${rounds[0]?.cpuMicros.toFixed(0)} µs CPU per file cold, ${warm.median.toFixed(0)} warm ` +
          `(${warm.least.toFixed(0)} to ${warm.most.toFixed(0)}); ${rounds.map(({ seconds }) => seconds.toFixed(1)).join(", ")} s; ` +
          `${rounds.at(-1)?.peakMiB} MiB; servers: source ${perFile((cpuSecondsOf(running.pid) - sourceBefore) / rounds.length)}, ` +
          `sink ${perFile(cpuSeconds)}`,
      );
    }
  } finally {
    await running.stop();
  }
} finally {
  await sink.stop();
  for (const made of [folder, logs]) removeScratch(made);
}

function carried(way: string, source: string): readonly Round[] {
  const client = join(import.meta.dirname, "hot", "client.ts");
  const args = [...positionals, client, way, source, sink.url, String(files), String(bytes), values.rounds];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${way} failed: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Round);
}
