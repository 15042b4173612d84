import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { adviceOf, type Bottleneck, bottlenecks, type Situation } from "../../src/core/advice.ts";
import { noWaits, noWaitsAt, type StoreWaits, type Waits } from "../../src/core/waits.ts";

type Changes = Omit<Partial<Waits>, "source" | "sink"> & {
  readonly source?: Partial<StoreWaits>;
  readonly sink?: Partial<StoreWaits>;
};

// Ten seconds of one lane, of which some were measured.
function waits({ source, sink, ...rest }: Changes): Waits {
  return {
    ...noWaits,
    overMs: 10_000,
    ...rest,
    source: { ...noWaitsAt(), ...source },
    sink: { ...noWaitsAt(), ...sink },
  };
}

function situation(changes: Changes, asked: Partial<Situation> = {}): Situation {
  return {
    waits: waits(changes),
    listingsAtOnce: 0,
    requests: { "sink Put Blob": 1000 },
    caps: { source: {}, sink: {} },
    parallelism: "auto",
    filesPerLane: "auto",
    lanes: 4,
    idle: 0,
    ...asked,
  };
}

// Sixteen files in flight, none of which waits for anything but answers.
const quick = {
  source: { small: 4000, smallMs: 40_000, lists: 4, listMs: 100 },
  sink: { small: 4000, smallMs: 60_000 },
};

type Case = {
  readonly what: string;
  readonly waits: Changes;
  readonly asked?: Partial<Situation>;
  readonly word: Bottleneck;
  readonly because: RegExp;
  readonly change: readonly RegExp[];
};

const cases: readonly Case[] = [
  {
    what: "requests that wait for a cap on requests",
    waits: { source: quick.source, sink: { ...quick.sink, maxRequestsPerSecond: 90_000 } },
    asked: { caps: { source: {}, sink: { maxRequestsPerSecond: 400 } } },
    word: "capped",
    because: /^requests were held back by sink\.maxRequestsPerSecond \(400\) for 47 % of their time$/u,
    change: [/^raise sink\.maxRequestsPerSecond \(400\)/u],
  },
  {
    what: "a cap on megabytes at the source",
    waits: {
      source: { ...quick.source, maxMegabytesPerSecond: 30_000, large: 100, largeMs: 9000, largeBytes: 1e8 },
      sink: quick.sink,
    },
    asked: { caps: { source: { maxMegabytesPerSecond: 10 }, sink: {} }, parallelism: 8 },
    word: "capped",
    because: /source\.maxMegabytesPerSecond \(10\)/u,
    // More lanes would share the same cap.
    change: [/^raise source\.maxMegabytesPerSecond \(10\)/u],
  },
  {
    what: "a cap that was taken away since",
    waits: { sink: { ...quick.sink, maxRequestsPerSecond: 90_000 } },
    word: "capped",
    because: /sink\.maxRequestsPerSecond for 60 %/u,
    change: [],
  },
  {
    what: "few connections that the request allows",
    waits: { source: quick.source, sink: { ...quick.sink, maxConcurrentConnections: 80_000 } },
    asked: { caps: { source: {}, sink: { maxConcurrentConnections: 2 } } },
    word: "capped",
    because: /sink\.maxConcurrentConnections \(2\) for 44 %/u,
    change: [/^raise sink\.maxConcurrentConnections \(2\)/u],
  },
  {
    what: "a sink that refuses",
    waits: { source: quick.source, sink: { ...quick.sink, pace: 80_000, retry: 5000, refused: 40 } },
    asked: { parallelism: 8, slots: 2 },
    word: "sink request-bound",
    because: /^the sink refused 40 of 4000 requests as too many \(503\), and .* 46 % of their time$/u,
    change: [/^ask Azure support for a higher request rate limit/u, /several storage accounts/u],
  },
  {
    what: "a sink that refuses, of whose requests many set access",
    waits: { sink: { ...quick.sink, pace: 80_000, refused: 40 } },
    asked: { requests: { "sink Put Blob": 1000, "sink Set Access Control": 900, "source OPEN": 1000 } },
    word: "sink request-bound",
    because: /refused/u,
    change: [/^ask Azure/u, /several/u, /preserve: 900 of 1900/u],
  },
  {
    what: "a sink that refuses, and takes long to answer: more at a time would be refused",
    waits: { source: quick.source, sink: { ...quick.sink, pace: 45_000, refused: 40 }, slotsMs: 9000 },
    asked: { parallelism: 4 },
    word: "sink request-bound",
    because: /^the sink refused 40 of 4000 requests .* for 31 % of their time$/u,
    change: [/^ask Azure/u, /several/u],
  },
  {
    what: "a sink that is capped and refuses: what holds back for longer",
    waits: { sink: { ...quick.sink, pace: 80_000, maxRequestsPerSecond: 90_000, refused: 40 } },
    asked: { caps: { source: {}, sink: { maxRequestsPerSecond: 5000 } } },
    word: "capped",
    because: /5000/u,
    change: [/5000/u],
  },
  {
    what: "a source that refuses",
    waits: { source: { ...quick.source, pace: 50_000, refused: 9 }, sink: quick.sink },
    word: "source-bound",
    because: /^the source refused 9 of 4004 requests as too many \(429\)/u,
    change: [/^ask Azure support to raise the source/u],
  },
  {
    what: "a sink that fails again and again",
    waits: { sink: { ...quick.sink, retry: 150_000 } },
    word: "sink request-bound",
    because: /^the sink kept failing/u,
    change: [/health/u],
  },
  {
    what: "an event loop without a pause, with lanes to spread",
    waits: { ...quick, loopMs: 9700, cpuMs: 9900 },
    word: "CPU-bound",
    because: /^the event loop was at work 97 % of the time, on 0\.99 processors$/u,
    change: [/^spread the lanes over more instances: lower slicesPerInstance/u],
  },
  {
    what: "an event loop that others keep from the processors",
    waits: { ...quick, loopMs: 9500, cpuMs: 2000 },
    word: "CPU-bound",
    because: /95 % of the time, on 0\.2 processors; others on the machine had the rest$/u,
    change: [/^keep other work off the machine/u, /slicesPerInstance/u],
  },
  {
    what: "an event loop without a pause, and slots that the plan doesn't give",
    waits: { ...quick, loopMs: 9700, cpuMs: 9900 },
    asked: { slots: 3 },
    word: "CPU-bound",
    because: /97 %/u,
    change: [/more slots than 3: raise maximumInstanceCount/u, /slicesPerInstance/u],
  },
  {
    what: "one lane with an event loop without a pause",
    waits: { ...quick, loopMs: 9700, cpuMs: 9900 },
    asked: { parallelism: 1, lanes: 1 },
    word: "CPU-bound",
    because: /97 %/u,
    change: [/^raise parallelism \(1\)/u],
  },
  {
    what: "a busy event loop behind a sink that refuses: more instances would be refused as well",
    waits: { source: quick.source, sink: { ...quick.sink, pace: 80_000, refused: 40 }, loopMs: 9700 },
    word: "sink request-bound",
    because: /refused/u,
    change: [/^ask Azure/u, /several/u],
  },
  {
    what: "listings, while no file is at hand",
    waits: { source: { lists: 20, listMs: 9000, small: 100, smallMs: 1000 }, listingAloneMs: 8500 },
    asked: { listingsAtOnce: 0.9, parallelism: 4 },
    word: "listing-bound",
    because: /^85 % of the time a folder was being listed and no file was at hand; a page takes 450 ms at the source/u,
    change: [/^select less: wildcardFolderPath/u, /^raise parallelism \(4\)/u],
  },
  {
    what: "many listings at a time, on all the lanes that have work",
    waits: { source: { lists: 2000, listMs: 60_000 }, listingAloneMs: 9500 },
    asked: { listingsAtOnce: 6, parallelism: 4, idle: 2 },
    word: "listing-bound",
    because: /; 2 of 4 lanes have no work$/u,
    change: [/^select less/u, /Lakeferry__listingsInFlight/u],
  },
  {
    what: "bytes that take the time, at the source",
    waits: {
      source: { small: 100, smallMs: 1000, large: 50, largeMs: 100_000, largeBytes: 4e8 },
      sink: { small: 100, smallMs: 1000, large: 50, largeMs: 10_000, largeBytes: 4e8 },
    },
    word: "bandwidth-bound",
    because:
      /^97 % of the requests' time went to moving bytes; a large request moves 4 MB\/s at the source and 40 MB\/s/u,
    change: [/region of both/u, /source account's egress limit/u],
  },
  {
    what: "bytes that take the time, where nothing small was asked",
    waits: { sink: { large: 50, largeMs: 100_000, largeBytes: 4e8 } },
    word: "bandwidth-bound",
    because: /moves 0 MB\/s at the source and 4 MB\/s at the sink/u,
    change: [/region of both/u, /sink account's ingress limit/u],
  },
  {
    what: "a source far away, and names that wait for a slot",
    waits: { source: { ...quick.source, smallMs: 120_000 }, sink: quick.sink, slotsMs: 9000 },
    word: "source-bound",
    because: /^67 % of the requests' time went to answers of the source, which takes 30 ms for one$/u,
    change: [/raise Lakeferry__filesInFlight/u, /source's region/u],
  },
  {
    what: "a source far away, and few files per lane as asked for",
    waits: { source: { ...quick.source, smallMs: 120_000 }, sink: quick.sink, slotsMs: 9000 },
    asked: { filesPerLane: 2, parallelism: 256 },
    word: "source-bound",
    because: /answers of the source/u,
    change: [/raise filesPerLane \(2\)/u, /source's region/u],
  },
  {
    what: "a source far away, and no more memory",
    waits: { source: { ...quick.source, smallMs: 120_000 }, slotsMs: 9000, memoryMs: 9000 },
    word: "source-bound",
    because: /answers of the source/u,
    change: [/Lakeferry__memoryMiB/u, /source's region/u],
  },
  {
    what: "a sink that answers slowly, and no connection that is free",
    waits: { source: quick.source, sink: { ...quick.sink, connections: 90_000 }, slotsMs: 9000 },
    word: "sink request-bound",
    because: /answers of the sink, which takes 15 ms/u,
    change: [/Lakeferry__connections/u, /sink's region/u],
  },
];

for (const { what, waits: measured, asked, word, because, change } of cases) {
  test(`${word}: ${what}`, () => {
    const advice = adviceOf(situation(measured, asked));
    assert.ok(advice !== undefined);
    assert.equal(advice.bottleneck, word);
    assert.match(advice.because, because);
    assert.equal(advice.change.length, change.length, advice.change.join("\n"));
    for (const [index, expected] of change.entries()) assert.match(advice.change[index] ?? "", expected);
  });
}

test("nothing is said of lanes that worked for a moment, or whose requests hardly took time", () => {
  assert.equal(adviceOf(situation({ ...quick, overMs: 900 })), undefined);
  assert.equal(adviceOf(situation({ source: { small: 10, smallMs: 100 } })), undefined);
});

const some = fc.record(
  Object.fromEntries(Object.keys(noWaitsAt()).map((name) => [name, fc.nat(100_000)])) as Record<
    keyof StoreWaits,
    fc.Arbitrary<number>
  >,
);
const anything = fc.record({
  source: some,
  sink: some,
  overMs: fc.integer({ min: 1000, max: 100_000 }),
  listingAloneMs: fc.nat(1000),
  slotsMs: fc.nat(1000),
  memoryMs: fc.nat(1000),
  loopMs: fc.nat(1000),
  cpuMs: fc.nat(1000),
});

test("whatever was measured: one of the words, parts that add up, and no advice about a cap that isn't there", () => {
  fc.assert(
    fc.property(anything, fc.nat(4), (measured, idle) => {
      const advice = adviceOf({ ...situation({}), waits: measured, idle });
      if (advice === undefined) return;
      assert.ok(bottlenecks.includes(advice.bottleneck));
      const { source, sink } = advice.evidence;
      const parts = [source, sink].flatMap((of) => [
        of.caps,
        of.connections,
        of.refusals,
        of.lists,
        of.bytes,
        of.answers,
      ]);
      const sum = parts.reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 0.01, String(sum));
      assert.doesNotMatch(advice.change.join(), /undefined|NaN/u);
      assert.doesNotMatch(advice.because, /undefined|NaN/u);
      if (advice.bottleneck === "capped") assert.deepEqual(advice.change, []);
      // Lanes without work are no reason for more of them.
      if (idle > 1) assert.doesNotMatch(advice.change.join(), /parallelism|more slots/u);
    }),
  );
});
