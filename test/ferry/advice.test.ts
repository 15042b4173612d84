// What a run says bounds it, in lakes that are known to be slow or limited in one way, in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lanesOf, openOverviews } from "../../src/app/overview.ts";
import type { Advice, Bottleneck } from "../../src/core/advice.ts";
import { reportOf } from "../../src/core/report.ts";
import type { Load } from "../../src/ferry/ferry.ts";
import { addRun, drive, ferryAt, requestOf } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";
import { type Manner, wiredLakes } from "../kit/wiredLakes.ts";

type Lake = {
  readonly files: number;
  readonly bytes?: number;
  readonly perFolder?: number;
  readonly pageSize?: number;
};
type Setting = {
  readonly lake: Lake;
  readonly source?: Partial<Manner>;
  readonly sink?: Partial<Manner>;
  readonly request?: object;
  readonly load?: (nowMs: number) => Load;
};

// Runs it, and looks at it in the middle and at its end.
async function bound(
  setting: Setting,
): Promise<{ readonly live: Advice | undefined; readonly whole: Advice | undefined }> {
  const { lake, source: from = {}, sink: to = {}, request = {}, load } = setting;
  const clock = timeline(1_000_000);
  const made = ferryAt(
    clock,
    { saveMs: 1000, pulseMs: 500, lookMs: 2000, firstWaveMs: 5000, waveMs: 600_000 },
    lake.pageSize,
  );
  const content = "x".repeat(lake.bytes ?? 1);
  const perFolder = lake.perFolder ?? lake.files;
  for (let index = 0; index < lake.files; index++) {
    made.source.write(`/d${Math.floor(index / perFolder)}/f${index}`, content);
  }
  const quick = { answerMs: 5 };
  const lakes = wiredLakes(clock, made, { source: { ...quick, ...from }, sink: { ...quick, ...to } }).process();
  const ferry = { ...made.ferry, lakes, ...(load === undefined ? {} : { load: () => load(clock.nowMs()) }) };
  await addRun(ferry, "r", requestOf({ parallelism: 2, ...request }));
  const overviews = openOverviews(ferry.work, clock, 1000);
  const seen: (Advice | undefined)[] = [];
  let isOver = false;
  const look = async () => {
    while (!isOver) {
      await clock.sleep(1000);
      const run = await ferry.runs.get("r");
      if (run?.status !== "Running") continue;
      seen.push((lanesOf(run, await overviews(run), clock.nowMs()) as { readonly advice?: Advice }).advice);
    }
  };
  const going = drive(ferry, "r").finally(() => {
    isOver = true;
  });
  const [run] = await clock.run(Promise.all([going, look()]));
  assert.equal(run.status, "Succeeded", run.error?.detail);
  const { tally } = await ferry.work("r").account();
  const live = seen.filter((advice) => advice !== undefined);
  return { live: live[Math.floor(live.length / 2)], whole: reportOf(run, tally, clock.nowMs()).advice };
}

const small: Lake = { files: 500, perFolder: 50 };
const large: Lake = { files: 60, bytes: 512 * 1024 };

const truths: readonly (Setting & { readonly what: string; readonly word: Bottleneck; readonly because: RegExp })[] = [
  {
    what: "a sink that takes 50 requests a second, and refuses the rest with 503",
    lake: small,
    sink: { perSecond: 50 },
    word: "sink request-bound",
    because: /^the sink refused \d+ of \d+ requests as too many \(503\)/u,
  },
  {
    what: "sink.maxRequestsPerSecond",
    lake: small,
    request: { sink: { maxRequestsPerSecond: 50 } },
    word: "capped",
    because: /sink\.maxRequestsPerSecond \(50\)/u,
  },
  {
    what: "source.maxMegabytesPerSecond",
    lake: large,
    request: { source: { maxMegabytesPerSecond: 4 } },
    word: "capped",
    because: /source\.maxMegabytesPerSecond \(4\)/u,
  },
  {
    what: "sink.maxConcurrentConnections",
    lake: small,
    request: { sink: { maxConcurrentConnections: 2 } },
    word: "capped",
    because: /sink\.maxConcurrentConnections \(2\)/u,
  },
  {
    what: "a source that takes 100 ms to answer",
    lake: small,
    source: { answerMs: 100 },
    word: "source-bound",
    because: /answers of the source, which takes 100 ms for one$/u,
  },
  {
    what: "a sink that takes 100 ms to answer, and refuses nothing",
    lake: small,
    sink: { answerMs: 100 },
    word: "sink request-bound",
    because: /answers of the sink, which takes 100 ms for one$/u,
  },
  {
    what: "a source that takes 2 s for each page of 20 names",
    lake: { files: 200, pageSize: 20 },
    source: { listMs: 2000 },
    word: "listing-bound",
    because: /a page takes 2000 ms at the source/u,
  },
  {
    what: "a line of 4 MB/s from the source",
    lake: large,
    source: { bytesPerSecond: 4_000_000 },
    word: "bandwidth-bound",
    because: /went to moving bytes; a large request moves [\d.]+ MB\/s at the source/u,
  },
  {
    what: "a line of 4 MB/s to the sink",
    lake: large,
    sink: { bytesPerSecond: 4_000_000 },
    word: "bandwidth-bound",
    because: /and [\d.]+ MB\/s at the sink$/u,
  },
  {
    what: "a process whose event loop never pauses",
    lake: { ...small, files: 1000 },
    source: { answerMs: 20 },
    load: (nowMs) => ({ loopMs: nowMs, cpuMs: nowMs }),
    word: "CPU-bound",
    because: /^the event loop was at work 100 % of the time, on 1 processors$/u,
  },
];

for (const { what, word, because, ...setting } of truths) {
  test(`${what}: ${word}, while it goes on and in the end`, async () => {
    const { live, whole } = await bound(setting);
    assert.equal(whole?.bottleneck, word, JSON.stringify(whole));
    assert.match(whole.because, because);
    assert.equal(live?.bottleneck, word, JSON.stringify(live));
  });
}
