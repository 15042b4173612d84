// A lake of up to ten million names carried over by the whole local Azure: nothing of it is stored anywhere, names and bytes are
// computed at the source, and the sink keeps sums. Says what a file costs, how memory stands over time, and whether the sums of
// source, sink and run agree. Writes bench/scale.json and bench/SCALE.md.
// Usage: node bench/scale.ts [--files 10000,1000000] [--below BYTES] [--minutes N] [--dry]. Needs node scripts/build.ts; Linux only.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Requests } from "../local/kit/requests.ts";
import { onePutBytes } from "../src/core/blocks.ts";
import { callApp, type Migration } from "../src/cli/api.ts";
import { isAtRest } from "../src/cli/outcome.ts";
import { commitNow } from "./commit.ts";
import { cpuSecondsOf, peakMemoryOf } from "./measured.ts";
import { fileSystem, startScaleAzure } from "./scale/azure.ts";
import { computedLake, smallBytes } from "./scale/lake.ts";
import { type Measured, pageOf, type Sample } from "./scale/page.ts";
import { hubFile, memoryOf, mostEvents } from "./scale/process.ts";
import { sumsOf } from "./scale/sums.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "10000" },
    /** Every file has fewer bytes. */
    below: { type: "string", default: String(smallBytes) },
    /** Longer than this no run takes: it is cancelled, and what is measured until then is told as that. */
    minutes: { type: "string", default: "75" },
    /** Nothing is written. */
    dry: { type: "boolean", default: false },
  },
});
const sampleMs = 5000;
const pollMs = 1000;
/** What travels in one request. */
const mostBytes = onePutBytes;
const keptSamples = 120;
const results = join(import.meta.dirname, "scale.json");

const below = Number(values.below);
if (!Number.isInteger(below) || below < 1 || below > mostBytes) {
  throw new Error(`--below ${values.below}: expected a whole number from 1 to ${mostBytes}`);
}
if (!(Number(values.minutes) > 0)) throw new Error(`--minutes ${values.minutes}: expected more than 0`);
const commit = commitNow();
for (const text of values.files.split(",")) {
  const files = Number(text);
  if (!Number.isInteger(files) || files < 1000 || files > 50_000_000) {
    throw new Error(`--files ${text}: expected whole numbers from 1000 to 50000000`);
  }
  const measured = await measure(files, below);
  console.log(JSON.stringify({ ...measured, samples: measured.samples.length }, undefined, 2));
  if (values.dry) continue;
  const others = (existsSync(results) ? (JSON.parse(readFileSync(results, "utf8")) as Measured[]) : []).filter(
    (one) => one.files !== files || one.below !== below,
  );
  const all = [...others, measured].toSorted((a, b) => a.below - b.below || a.files - b.files);
  writeFileSync(results, `[\n${all.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
  writeFileSync(join(import.meta.dirname, "SCALE.md"), pageOf(all));
}

async function measure(files: number, below: number): Promise<Measured> {
  const lake = computedLake(files, below);
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-scale-"));
  const azure = await startScaleAzure(files, below, folder);
  const { pids } = azure;
  const cpuNow = () => ({
    client: cpuSecondsOf(pids.host),
    source: cpuSecondsOf(pids.source),
    sink: cpuSecondsOf(pids.sink),
    state: cpuSecondsOf(pids.state),
  });
  try {
    await callApp(`${azure.url}/api/migrations`);
    const before = cpuNow();
    const startMs = performance.now();
    const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", {
      preserve: ["LastModified"],
      sink: { fileSystem },
    });
    const samples: Sample[] = [];
    let history = { events: 0, bytes: 0 };
    let waves = 0;
    let isStopped = false;
    let seen: Migration;
    for (let sampledMs = -Infinity; ; ) {
      seen = await callApp<Migration>(`${azure.url}/api/migrations/${id}`);
      waves = Math.max(waves, (seen.wave?.number ?? -1) + 1);
      const nowMs = performance.now();
      if (nowMs - sampledMs >= sampleMs) {
        sampledMs = nowMs;
        const most = mostEvents(hubFile(azure.hub));
        history = { events: Math.max(history.events, most.events), bytes: Math.max(history.bytes, most.bytes) };
        samples.push({
          seconds: rounded((nowMs - startMs) / 1000),
          files: seen.report.filesWritten,
          lanes: seen.wave?.lanes ?? 0,
          rssMiB: memoryOf(pids.host),
          cpuSeconds: rounded(cpuNow().client - before.client),
        });
        if (samples.length % 12 === 0) process.stderr.write(`${JSON.stringify(samples.at(-1))}\n`);
      }
      if (isAtRest(seen.status)) break;
      if (!isStopped && nowMs - startMs > Number(values.minutes) * 60_000) {
        isStopped = true;
        await callApp(`${azure.url}/api/migrations/${id}/cancel`, "POST", {});
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    const seconds = rounded((performance.now() - startMs) / 1000);
    const after = cpuNow();
    const arrived = await azure.arrived();
    const [atSource, atSink] = [await requestsAt(azure.sourceUrl), await requestsAt(azure.sinkUrl)];
    const expected = isStopped ? undefined : sumsOf(lake);
    const { report } = seen;
    return {
      date: new Date().toISOString().slice(0, 16),
      commit,
      machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`,
      load: rounded(loadavg()[0] ?? 0),
      command: `node bench/scale.ts --files ${files}${below === smallBytes ? "" : ` --below ${below}`}`,
      files,
      below,
      folders: lake.folders,
      bytes: lake.bytes,
      status: seen.status,
      isStopped,
      seconds,
      copied: report.filesWritten,
      cpuSeconds: {
        client: rounded(after.client - before.client),
        source: rounded(after.source - before.source),
        sink: rounded(after.sink - before.sink),
        state: rounded(after.state - before.state),
      },
      peakMiB: peakMemoryOf(pids.host) ?? 0,
      samples: thinned(samples),
      waves,
      mostLanes: report.usedParallelCopies,
      history,
      tables: azure.tables.traffic(),
      journal: azure.journals.traffic(),
      requests: { client: report.requests.byOperation, source: atSource, sink: atSink },
      throttlingErrors: report.throttlingErrors,
      sums: {
        files: expected === undefined ? [arrived.files] : [expected.files, arrived.files, report.filesWritten],
        bytes: expected === undefined ? [arrived.bytes] : [expected.bytes, arrived.bytes, report.dataWritten],
        content: [expected?.content ?? arrived.wanted, arrived.content],
        digest: expected === undefined ? [] : [expected.digest, report.digest],
        again: arrived.again,
      },
    };
  } finally {
    await azure.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function requestsAt(url: string): Promise<Readonly<Record<string, number>>> {
  return ((await (await fetch(new URL("/_control/requests", url))).json()) as Requests).byOp;
}

function thinned(samples: readonly Sample[]): readonly Sample[] {
  const step = Math.ceil(samples.length / keptSamples);
  return samples.filter((_, index) => index % step === 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
