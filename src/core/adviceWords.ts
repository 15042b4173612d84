import type { Evidence, Finding, Situation } from "./advice.ts";
import { maxLanes } from "./lanes.ts";
import { requestsTo } from "./tally.ts";
import type { StoreName } from "./waits.ts";

/** The numbers that speak for a finding, in one sentence. */
export function reasonFor(finding: Finding, evidence: Evidence, situation: Situation): string {
  const { idle, lanes } = situation;
  const also = idle > 0 ? `; ${idle} of ${lanes} lanes have no work` : "";
  return numbersFor(finding, evidence, situation) + also;
}

function numbersFor(
  { bottleneck, store = "sink", cap, isRefused }: Finding,
  evidence: Evidence,
  situation: Situation,
): string {
  const of = evidence[store];
  const { source, sink } = evidence;
  switch (bottleneck) {
    case "capped": {
      const part = cap === "maxConcurrentConnections" ? of.connections : of.caps;
      const value = situation.caps[store][cap ?? "maxRequestsPerSecond"];
      const at = value === undefined ? "" : ` (${value})`;
      return `requests were held back by ${store}.${cap}${at} for ${percent(part)} of their time`;
    }
    case "CPU-bound":
      return `the event loop was at work ${percent(evidence.eventLoop)} of the time, on ${Math.round(100 * evidence.processors) / 100} processors${isCrowded(evidence) ? "; others on the machine had the rest" : ""}`;
    case "listing-bound":
      return `${percent(evidence.listingAlone)} of the time a folder was being listed and no file was at hand; a page takes ${source.listMilliseconds} ms at the source and ${sink.listMilliseconds} ms at the sink`;
    case "bandwidth-bound":
      return `${percent(source.bytes + sink.bytes)} of the requests' time went to moving bytes; a large request moves ${source.megabytesPerSecond} MB/s at the source and ${sink.megabytesPerSecond} MB/s at the sink`;
    case "source-bound":
    case "sink request-bound":
      if (isRefused === true) return refusalsAt(store, of);
      return `${percent(of.answers + of.lists)} of the requests' time went to answers of the ${store}, which takes ${of.milliseconds} ms for one`;
  }
}

// At work all the time, with half of a processor: others have it.
function isCrowded({ eventLoop, processors }: Evidence): boolean {
  return processors < eventLoop / 2;
}

function refusalsAt(store: StoreName, { refused, refusals, requests }: Evidence[StoreName]): string {
  const held = `requests were held back for that for ${percent(refusals)} of their time`;
  if (refused === 0) return `the ${store} kept failing, and ${held}`;
  const status = store === "source" ? 429 : 503;
  return `the ${store} refused ${refused} of ${requests} requests as too many (${status}), and ${held}`;
}

/** What to change so that it goes faster: only what would help with this finding. */
export function changesFor(finding: Finding, evidence: Evidence, situation: Situation): readonly string[] {
  const { bottleneck, store = "sink", cap, isRefused } = finding;
  switch (bottleneck) {
    case "capped": {
      const value = situation.caps[store][cap ?? "maxRequestsPerSecond"];
      return value === undefined
        ? []
        : [`raise ${store}.${cap} (${value}) or take it away; it can be changed while it goes on`];
    }
    case "CPU-bound":
      return [
        ...(isCrowded(evidence)
          ? ["keep other work off the machine: it has the processors that this process waits for"]
          : []),
        ...moreLanes(situation),
        ...(situation.lanes > 1
          ? ["spread the lanes over more instances: lower slicesPerInstance, raise maximumInstanceCount"]
          : []),
      ];
    case "listing-bound":
      return [
        "select less: wildcardFolderPath, timePattern, or listAfter and listBefore, so that fewer folders are listed",
        ...(situation.listingsAtOnce >= manyListings
          ? ["list more folders at a time: raise Lakeferry__listingsInFlight"]
          : []),
        ...moreLanes(situation),
      ];
    case "bandwidth-bound":
      return [
        "run the app in the region of both accounts",
        store === "source"
          ? "compare the rate with the source account's egress limit, and ask Azure support for a higher one"
          : "compare the rate with the sink account's ingress limit, and ask Azure support for a higher one",
        ...moreLanes(situation),
      ];
    case "source-bound":
    case "sink request-bound":
      if (isRefused !== true) return [...wider(evidence, situation), ...moreLanes(situation), regionOf(store)];
      if (evidence[store].refused === 0)
        return [`look at the health of the ${store}'s account: its failures are in the log as wire.failed`];
      return store === "source" ? lessFromSource : lessToSink(situation);
  }
}

/** So many listings at a time show that there are folders enough. */
const manyListings = 2;
const lessFromSource = [
  "ask Azure support to raise the source account's limits, or run in hours in which others ask it for less (window)",
];

function lessToSink({ requests }: Situation): readonly string[] {
  const all = requestsTo("sink", requests);
  const setting = requests["sink Set Access Control"] ?? 0;
  return [
    "ask Azure support for a higher request rate limit of the sink's storage account",
    "spread the lake over several storage accounts, with a migration for each",
    ...(setting > worthSaving * all
      ? [`where owners and ACLs aren't needed, leave them out of preserve: ${setting} of ${all} requests set them`]
      : []),
  ];
}

const worthSaving = 0.3;

function regionOf(store: StoreName): string {
  return `run the app in the ${store}'s region, without a detour (private endpoint, no firewall on the way)`;
}

// More files at a time, where names wait for their turn.
function wider(
  { source, sink, waitingForSlots, waitingForMemory }: Evidence,
  { filesPerLane }: Situation,
): readonly string[] {
  const isQueued = source.connections + sink.connections >= queued;
  return [
    ...(waitingForMemory >= often ? ["let more be in memory: raise Lakeferry__memoryMiB"] : []),
    ...(isQueued ? ["open more connections: raise Lakeferry__connections"] : []),
    ...(waitingForMemory >= often || isQueued || waitingForSlots < often
      ? []
      : filesPerLane === "auto"
        ? ["have more files in flight: raise Lakeferry__filesInFlight"]
        : [`have more files in flight: raise filesPerLane (${filesPerLane}), or leave it to "auto"`]),
  ];
}

const often = 0.5;
const queued = 0.2;

// More lanes, unless those there are find nothing to do.
function moreLanes({ parallelism, lanes, idle, slots }: Situation): readonly string[] {
  if (idle > lanes / 4) return [];
  if (slots !== undefined) {
    return [`give the plan more slots than ${slots}: raise maximumInstanceCount; lanes beyond those had to wait`];
  }
  if (parallelism === "auto" || parallelism >= maxLanes) return [];
  return [`raise parallelism (${parallelism}), or leave it to "auto"`];
}

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}
