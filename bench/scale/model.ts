import { addAssessed, type Assessed, emptyAssessed, sizeClassOf } from "../../src/core/assessment.ts";
import { blockBytesFor, blockSizes, onePutBytes } from "../../src/core/blocks.ts";
import { assessmentOf, type Estimate } from "../../src/core/estimate.ts";
import { maxLanes } from "../../src/core/lanes.ts";
import { requestsFor, type Requests } from "../../src/core/requestCosts.ts";
import { sumOf } from "../figures.ts";
import { smallBytes } from "./lake.ts";
import type { Measured } from "./page.ts";

/** What the model believes and nobody has measured here; docs/scale.md gives the reasons. */
export const assumed = {
  filesPerFolder: 1000,
  /** Of all files, those that have an ACL of their own. */
  aclShare: 0.1,
  /** The mix: files by length, and those that hold what is left of a lake's bytes. */
  small: { share: 0.9, bytes: 64 * 1024 },
  medium: { share: 0.099, bytes: 4 * 1024 * 1024 },
  /** Of a core, since an event loop that never rests answers late. */
  busy: 0.7,
  /** What a request to a lake takes within a region, without its body. */
  requestMs: 12.5,
  /** What a file's body gets on each of its two ways. */
  megabytesPerSecondOfOneFile: 30,
  filesInFlight: 128,
} as const;

/** What a storage account takes in. Microsoft's limits, the old and the present ones of large regions. */
export const accounts = [
  { name: "20,000 requests/s, 25 Gbps", requestsPerSecond: 20_000, gigabitsPerSecond: 25 },
  { name: "40,000 requests/s, 60 Gbps", requestsPerSecond: 40_000, gigabitsPerSecond: 60 },
] as const;

/** What an hour of one instance costs in USD, and how many there may be. Samples, as src/core/prices.ts has them. */
export const plans = [
  { name: "Flex Consumption, 2,048 MB", cores: 1, most: 250, hour: 0.19 },
  { name: "Elastic Premium EP1", cores: 1, most: 100, hour: 0.22 },
  { name: "Dedicated P1v3", cores: 2, most: 30, hour: 0.17 },
] as const;

/** Published figures of Azure Data Factory and of the portal's tool; where from is in docs/scale.md. */
export const published = {
  gigabytesPerSecond: 2,
  dataIntegrationUnits: 512,
  unitHour: 0.25,
  /** Create, append, flush and setAccessControl. */
  writesPerFile: 4,
  portal: { terabytesPerHour: 9, millionItemsPerHour: 4 },
} as const;

/** The lakes of the model. */
export const lakes = [
  { name: "100 TB, 100 M files", files: 100e6, bytes: 100e12 },
  { name: "2 PB, 1 G files", files: 1e9, bytes: 2e15 },
] as const;

type Lake = (typeof lakes)[number];
type Class = { readonly files: number; readonly bytes: number };

/** What was measured, of the largest lake of small files and one of large files. */
export type Costs = {
  /** The client's CPU until the first file, for a request to a lake with its part of all else, and for a gigabyte that passes. */
  readonly startSeconds: number;
  readonly msPerRequest: number;
  readonly secondsPerGB: number;
  /** Requests to the state tables in an hour of one lane. */
  readonly tableRequestsPerLaneHour: number;
  readonly journalBytesPerFile: number;
};

/** See Costs. */
export function costsOf(all: readonly Measured[]): Costs {
  const bySize = all.filter(({ below }) => below <= smallBytes).toSorted((a, b) => a.copied - b.copied);
  const [least, small] = [bySize[0], bySize.at(-1)];
  const large = all.filter(({ below }) => below > smallBytes).toSorted((a, b) => b.below - a.below)[0];
  if (least === undefined || small === undefined || least === small || large === undefined) {
    throw new Error("bench/scale.json needs two lakes of small files and one of large ones");
  }
  const requestsOf = ({ requests }: Measured) => sumOf(requests.client);
  const cpu = ({ cpuSeconds }: Measured) => cpuSeconds.client;
  // Both lakes of small files have the same beginning.
  const secondsPerRequest = (cpu(small) - cpu(least)) / (requestsOf(small) - requestsOf(least));
  const startSeconds = Math.max(0, cpu(least) - secondsPerRequest * requestsOf(least));
  const forBytes = cpu(large) - startSeconds - secondsPerRequest * requestsOf(large);
  const laneHours = (small.seconds * small.mostLanes) / 3600;
  return {
    startSeconds,
    msPerRequest: secondsPerRequest * 1000,
    secondsPerGB: forBytes / (large.bytes / 1e9),
    tableRequestsPerLaneHour: sumOf(small.tables.requests) / laneHours,
    journalBytesPerFile: small.journal.bytesSent / small.copied,
  };
}

/** The files of a lake by length: what small and medium ones don't hold is in the others. */
export function classesOf({ files, bytes }: Lake): readonly Class[] {
  const { small, medium } = assumed;
  const first = [small, medium].map(({ share, bytes }) => ({ files: Math.round(files * share), bytes }));
  const rest = files - first.reduce((sum, one) => sum + one.files, 0);
  const left = bytes - first.reduce((sum, one) => sum + one.files * one.bytes, 0);
  return [...first, { files: rest, bytes: Math.round(left / rest) }];
}

/** What `assess` would say of a lake, with an account's limits. */
export function estimateOf(lake: Lake, account: (typeof accounts)[number]): Estimate {
  const folders = Math.ceil(lake.files / assumed.filesPerFolder);
  const base = [requestsFor.page(assumed.filesPerFolder), requestsFor.folder({ asksAcl: true, isSticky: false })].map(
    (requests) => times(requests, folders),
  );
  const seen = [
    ...base.map((requests) => ({ ...emptyAssessed, requests })),
    ...classesOf(lake).flatMap((one) => [filesOf(one, false), filesOf(one, true)]),
  ].reduce(addAssessed, emptyAssessed);
  const megabytesPerSecond = (account.gigabitsPerSecond * 1000) / 8;
  const { requestsPerSecond } = account;
  // Of lanes nothing is asked: instances are reckoned from CPU, below.
  const limits = { requestsPerSecond, megabytesPerSecond, laneRequestsPerSecond: 1e6, laneMegabytesPerSecond: 1e6 };
  const counted = { bytes: lake.bytes, unreadable: 0, aclsOverLimit: emptyAssessed.refused };
  return assessmentOf(seen, counted, { limits }, { parallelism: maxLanes, mostLanes: maxLanes }).estimate;
}

function filesOf({ files, bytes }: Class, asksAcl: boolean): Assessed {
  const count = Math.round(files * (asksAcl ? assumed.aclShare : 1 - assumed.aclShare));
  const isShared = bytes >= blockSizes.largeFileBytes;
  const blockBytes = bytes > onePutBytes ? blockBytesFor("/", bytes, undefined) : onePutBytes;
  // A file's owner is its own, so that nothing is inherited.
  const cost = requestsFor.file({
    bytes,
    blockBytes,
    isShared,
    asksAcl,
    setsAccess: true,
    looksBack: 0,
    setsExpiry: false,
  });
  return {
    ...emptyAssessed,
    sizes: { [sizeClassOf(bytes)]: [count, count * bytes] },
    largestFile: bytes,
    withAcl: asksAcl ? count : 0,
    requests: times(cost, count),
  };
}

function times(requests: Requests, count: number): Requests {
  return Object.fromEntries(Object.entries(requests).map(([op, one]) => [op, one * count]));
}

/** How a lake is carried over within an account's limits by one plan's instances. */
export type Carrying = {
  readonly instances: number;
  readonly hours: number;
  /** What is reached first. */
  readonly bound: "requests" | "bytes" | "instances";
  readonly cpuHours: number;
  /** In USD. */
  readonly app: number;
  /** Files that have to be on their way in one instance. */
  readonly inFlight: number;
};

/** See Carrying. */
export function carryingOf(
  costs: Costs,
  lake: Lake,
  { requests, hours, bound }: Estimate,
  plan: (typeof plans)[number],
): Carrying {
  const sent = requests.source + requests.sink;
  const cpuSeconds = (sent * costs.msPerRequest) / 1000 + (lake.bytes / 1e9) * costs.secondsPerGB;
  // A body comes, and goes.
  const ways = (2 * lake.bytes) / (assumed.megabytesPerSecondOfOneFile * 1e6);
  const waitedSeconds = (sent * assumed.requestMs) / 1000 + ways;
  const secondsOfOne = Math.max(cpuSeconds / assumed.busy / plan.cores, waitedSeconds / assumed.filesInFlight);
  const wanted = Math.ceil(secondsOfOne / (hours * 3600));
  const instances = Math.min(wanted, plan.most);
  const own = Math.max(hours, secondsOfOne / instances / 3600);
  return {
    instances,
    hours: own,
    bound: wanted > plan.most ? "instances" : bound,
    cpuHours: cpuSeconds / 3600,
    app: instances * own * plan.hour,
    inFlight: waitedSeconds / (own * 3600) / instances,
  };
}
