import type { RunCaps } from "./caps.ts";
import { changesFor, reasonFor } from "./adviceWords.ts";
import type { Parallelism } from "./lanes.ts";
import type { StoreName, StoreWaits, Waits } from "./waits.ts";

/** What bounds a run, in words. */
export const bottlenecks = [
  "capped",
  "sink request-bound",
  "source-bound",
  "CPU-bound",
  "listing-bound",
  "bandwidth-bound",
] as const;

/** One of bottlenecks. */
export type Bottleneck = (typeof bottlenecks)[number];

/** What bounds a run, how that is known, and what to change; nothing to change where that is as fast as it can be. */
export type Advice = {
  readonly bottleneck: Bottleneck;
  readonly because: string;
  readonly change: readonly string[];
  readonly evidence: Evidence;
};

/** What was measured of a run, and what it was asked for. */
export type Situation = {
  readonly waits: Waits;
  /** Listings at a time in a lane, on average. */
  readonly listingsAtOnce: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly caps: RunCaps;
  readonly parallelism: Parallelism;
  readonly filesPerLane: Parallelism;
  /** Lanes, those of them without work, and the slots that the plan turned out to have, where it has fewer than were wanted. */
  readonly lanes: number;
  readonly idle: number;
  readonly slots?: number | undefined;
};

/** Where the time of one store's requests went, as parts of the time of all requests to both; milliseconds are means. */
export type StoreEvidence = {
  /** Held back by maxRequestsPerSecond or maxMegabytesPerSecond; waiting for a connection. */
  readonly caps: number;
  readonly connections: number;
  /** Held back by what the store refused, or until a failed request was tried again. */
  readonly refusals: number;
  /** On the wire: lists, moving bytes, and all other waiting for answers. */
  readonly lists: number;
  readonly bytes: number;
  readonly answers: number;
  readonly requests: number;
  readonly refused: number;
  readonly milliseconds: number;
  readonly listMilliseconds: number;
  /** How fast one large request moves its bytes; 0 where there was none. */
  readonly megabytesPerSecond: number;
};

/** The numbers behind an advice. Parts are between 0 and 1. */
export type Evidence = {
  readonly source: StoreEvidence;
  readonly sink: StoreEvidence;
  /** Parts of the lanes' time: the event loop was at work; a folder was listed and no file at hand; files waited. */
  readonly eventLoop: number;
  readonly listingAlone: number;
  readonly waitingForSlots: number;
  readonly waitingForMemory: number;
  /** Processors in use, by a process. */
  readonly processors: number;
};

/** What decides, beside the word: the store it is about, the cap, and whether the store's refusals hold requests back. */
export type Finding = {
  readonly bottleneck: Bottleneck;
  readonly store?: StoreName;
  readonly cap?: "maxRequestsPerSecond" | "maxMegabytesPerSecond" | "maxConcurrentConnections";
  readonly isRefused?: true;
};

/** Lanes that worked for less can't tell. */
const leastMs = 1000;
/** Lanes whose requests took less of their time are held up by nothing that is measured here. */
const leastRequests = 0.2;
/** What holds requests back only does so where it is at its limit: less than that is chance. */
const held = 0.2;
const busy = 0.9;
const mostly = 0.5;

/**
 * What bounds a run, or undefined where that can't be told yet. The first that is so:
 *   requests are held back by a rate that a cap allows       capped
 *   ... or by the pace that a store's refusals taught        sink request-bound, source-bound
 *   the event loop has hardly a pause                        CPU-bound
 *   requests wait for one of maxConcurrentConnections        capped
 *   a folder is listed, and there is no file to go on with   listing-bound
 *   the time on the wire goes to moving bytes                bandwidth-bound
 *   it goes to answers                                       source-bound, sink request-bound, whichever takes longer
 * Waits for slots, memory and connections say how much goes on at a time, not what takes the time: they are what to
 * change where more at a time would do more.
 */
export function adviceOf(situation: Situation): Advice | undefined {
  const { waits } = situation;
  if (waits.overMs < leastMs) return undefined;
  const evidence = evidenceOf(waits);
  const finding = findingOf(situation, evidence);
  if (finding === undefined) return undefined;
  return {
    bottleneck: finding.bottleneck,
    because: reasonFor(finding, evidence, situation),
    change: changesFor(finding, evidence, situation),
    evidence,
  };
}

function findingOf({ waits }: Situation, evidence: Evidence): Finding | undefined {
  const { source, sink } = waits;
  const service = serviceMs(source) + serviceMs(sink);
  const isTelling = service >= leastRequests * waits.overMs;
  const rates: readonly (Finding & { readonly ms: number })[] = [
    ...(["source", "sink"] as const).flatMap((store) =>
      (["maxRequestsPerSecond", "maxMegabytesPerSecond"] as const).map(
        (cap) => ({ bottleneck: "capped", store, cap, ms: waits[store][cap] }) as const,
      ),
    ),
    { bottleneck: "source-bound", store: "source", isRefused: true, ms: source.pace + source.retry },
    { bottleneck: "sink request-bound", store: "sink", isRefused: true, ms: sink.pace + sink.retry },
  ];
  const most = rates.reduce((a, b) => (b.ms > a.ms ? b : a));
  if (isTelling && most.ms >= held * service) return most;
  if (evidence.eventLoop >= busy) return { bottleneck: "CPU-bound" };
  if (!isTelling) return undefined;
  const store = source.maxConcurrentConnections > sink.maxConcurrentConnections ? "source" : "sink";
  const queued = waits[store].maxConcurrentConnections;
  if (queued >= held * (service + queued)) return { bottleneck: "capped", store, cap: "maxConcurrentConnections" };
  if (evidence.listingAlone >= mostly) return { bottleneck: "listing-bound" };
  const bytes = evidence.source.bytes + evidence.sink.bytes;
  const answersOf = (of: StoreEvidence) => of.lists + of.answers;
  if (bytes >= answersOf(evidence.source) + answersOf(evidence.sink)) {
    return { bottleneck: "bandwidth-bound", store: evidence.source.bytes > evidence.sink.bytes ? "source" : "sink" };
  }
  return answersOf(evidence.source) > answersOf(evidence.sink)
    ? { bottleneck: "source-bound", store: "source" }
    : { bottleneck: "sink request-bound", store: "sink" };
}

// All but waiting for a connection: who waits there waits for those that have one.
function serviceMs(of: StoreWaits): number {
  const { maxRequestsPerSecond, maxMegabytesPerSecond, pace, retry, listMs, smallMs, largeMs } = of;
  return maxRequestsPerSecond + maxMegabytesPerSecond + pace + retry + listMs + smallMs + largeMs;
}

function evidenceOf({ source, sink, ...waits }: Waits): Evidence {
  const all = [source, sink].reduce((sum, of) => sum + serviceMs(of) + of.maxConcurrentConnections + of.connections, 0);
  const part = (ms: number) => partOf(ms, waits.overMs);
  return {
    source: storeEvidence(source, all, answerMs(source) ?? answerMs(sink) ?? 0),
    sink: storeEvidence(sink, all, answerMs(sink) ?? answerMs(source) ?? 0),
    eventLoop: part(waits.loopMs),
    listingAlone: part(waits.listingAloneMs),
    waitingForSlots: part(waits.slotsMs),
    waitingForMemory: part(waits.memoryMs),
    processors: part(waits.cpuMs),
  };
}

// How long a store takes to answer where there is next to nothing to move.
function answerMs({ small, smallMs }: StoreWaits): number | undefined {
  return small === 0 ? undefined : smallMs / small;
}

function storeEvidence(of: StoreWaits, all: number, answer: number): StoreEvidence {
  const part = (ms: number) => partOf(ms, all);
  // What a large request takes longer than a small one is the moving of its bytes.
  const movingMs = Math.max(0, of.largeMs - of.large * answer);
  return {
    caps: part(of.maxRequestsPerSecond + of.maxMegabytesPerSecond),
    connections: part(of.maxConcurrentConnections + of.connections),
    refusals: part(of.pace + of.retry),
    lists: part(of.listMs),
    bytes: part(movingMs),
    answers: part(of.smallMs + of.largeMs - movingMs),
    requests: of.lists + of.small + of.large,
    refused: of.refused,
    milliseconds: mean(of.smallMs + of.largeMs, of.small + of.large),
    listMilliseconds: mean(of.listMs, of.lists),
    megabytesPerSecond: mean(of.largeBytes / 1000, of.largeMs),
  };
}

function partOf(ms: number, all: number): number {
  return all <= 0 ? 0 : Math.round((1000 * ms) / all) / 1000;
}

function mean(sum: number, count: number): number {
  return count === 0 ? 0 : Math.round((10 * sum) / count) / 10;
}
