import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, metaOf } from "./cases.ts";
import type { Measured, Row } from "./results.ts";
import { lakesAt, removeScratch, scratchFolder } from "./scratch.ts";
import { type MinimalSink, startSink } from "./sinks.ts";
import { type Crossed, type Crossing, fileSystem, type Ready, type Taken, type Tool } from "./tools/tool.ts";
import { bytesOf, type Truth, truthOf, verdictOn } from "./truth.ts";

/** What came of a case. */
export type Found = { readonly files: number; readonly bytes: number; readonly rows: readonly Row[] };

const lookMs = 10;
const mostSaid = 300;

/** Measures one case: all tools in turns, as many rounds as asked for. */
export async function measure(
  wanted: Case,
  tools: readonly Tool[],
  rounds: number,
  tell: (text: string) => void,
): Promise<Found> {
  const folder = scratchFolder("lake", lakesAt);
  const source = join(folder, "lake");
  mkdirSync(source);
  wanted.make(source);
  if (wanted.access !== undefined) writeFileSync(metaOf(source), wanted.access);
  const truth = truthOf(source);
  const sink = await startSink(wanted);
  const opened: { readonly tool: Tool; readonly ready: Ready; readonly runs: Measured[] }[] = [];
  const out: Row[] = [];
  try {
    for (const tool of tools) {
      const why = tool.missing() ?? tool.cant(wanted);
      if (why === undefined) opened.push({ tool, ready: await tool.open(wanted, source, sink), runs: [] });
      else out.push({ tool: tool.name, why });
    }
    for (let round = 1; round <= rounds; round++) {
      for (const { tool, ready, runs } of opened) {
        // Who wasn't done in time won't be the next time either.
        if (runs.some(({ isLate }) => isLate)) continue;
        const run = await crossOnce(wanted, ready, sink, truth);
        runs.push(run);
        const how = run.isGood ? "" : `: ${run.said}`;
        tell(`${wanted.name}, round ${round} of ${rounds}, ${tool.name}: ${run.seconds.toFixed(2)} s${how}`);
      }
    }
  } finally {
    for (const { ready } of opened) await ready.close();
    await sink.stop();
    removeScratch(folder);
  }
  const rows = opened.map(({ tool, ready: { startSeconds }, runs }) => ({
    tool: tool.name,
    runs,
    ...(startSeconds === undefined ? {} : { startSeconds }),
  }));
  return { files: truth.size, bytes: bytesOf(truth), rows: [...rows, ...out] };
}

async function crossOnce(wanted: Case, ready: Ready, sink: MinimalSink, truth: Truth): Promise<Measured> {
  await sink.forget(true);
  // rclone and AzCopy want the container to be there.
  await fetch(`${sink.url}/${fileSystem}?restype=container`, { method: "PUT" });
  const limitMs = wanted.limitSeconds * 1000;
  if (wanted.isAgain === true) {
    const before = await within(limitMs, ready.cross(), sink);
    if (!before.isGood) throw new Error(`the first run failed: ${before.said.slice(0, mostSaid)}`);
  }
  await sink.forget(false);
  const crossing = wanted.isKilled === true ? killedAt(truth.size / 4, ready, sink) : ready.cross();
  const crossed = await within(limitMs, crossing, sink);
  const verdict = verdictOn(truth, await sink.files(fileSystem));
  const isWhole = verdict.missing + verdict.wrong + verdict.extra === 0;
  const wrong = `${verdict.missing} files missing, ${verdict.wrong} wrong, ${verdict.extra} too many`;
  // Whether wrong bytes are noticed is what the case of flipped ones is about.
  const isGood = crossed.isGood && (isWhole || wanted.flip !== undefined);
  const said = crossed.isGood && !isGood ? `it says all went well, but: ${wrong}` : crossed.said;
  return { ...crossed, isGood, said: isGood ? "" : said.slice(0, mostSaid), verdict };
}

async function within(limitMs: number, crossing: Crossing, sink: MinimalSink): Promise<Omit<Measured, "verdict">> {
  const startMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, limitMs, undefined)));
  const crossed = await Promise.race([crossing.ended, late]);
  clearTimeout(timer);
  if (crossed !== undefined) return { ...crossed, sink: await sink.look() };
  // What there is before it is stopped counts: some take their time to stop, and go on meanwhile.
  const [seconds, taken, seen] = [(performance.now() - startMs) / 1000, crossing.soFar(), await sink.look()];
  await crossing.stop();
  const source = await crossing.ended.then(
    (crossed) => crossed.source,
    () => undefined,
  );
  const about = {
    isGood: false,
    isLate: true,
    said: `stopped after ${limitMs / 1000} s`,
    seconds,
    sink: seen,
  } as const;
  return { ...taken, ...about, ...(source === undefined ? {} : { source }) };
}

// Killed once so many files have arrived, and gone on with at once; what it took is that of both parts.
function killedAt(files: number, ready: Ready, sink: MinimalSink): Crossing {
  const startMs = performance.now();
  let now = ready.cross();
  let before: Taken = { cpuSeconds: 0, peakMiB: 0 };
  const ended = async (): Promise<Crossed> => {
    if (ready.resume === undefined) throw new Error("it can't go on with what was killed");
    const first = now.ended.then(
      () => "ended" as const,
      () => "ended" as const,
    );
    while ((await sink.look()).files < files) {
      const how = await Promise.race([first, new Promise((resolve) => setTimeout(resolve, lookMs))]);
      if (how === "ended") throw new Error("it ended before it could be killed");
    }
    before = now.soFar();
    now.kill();
    now = await ready.resume();
    const crossed = await now.ended;
    return { ...crossed, ...both(before, crossed), seconds: (performance.now() - startMs) / 1000 };
  };
  return {
    ended: ended(),
    soFar: () => both(before, now.soFar()),
    stop: () => now.stop(),
    kill: () => now.kill(),
  };
}

function both(one: Taken, other: Taken): Taken {
  return {
    cpuSeconds: one.cpuSeconds + other.cpuSeconds,
    stateCpuSeconds: (one.stateCpuSeconds ?? 0) + (other.stateCpuSeconds ?? 0),
    peakMiB: Math.max(one.peakMiB, other.peakMiB),
    allMiB: Math.max(one.allMiB ?? one.peakMiB, other.allMiB ?? other.peakMiB),
  };
}
