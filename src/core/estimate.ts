import { type Assessed, limitOfSizeClass, type Mass, sizeClassOf, topFolders, type Weighed } from "./assessment.ts";
import type { Reckoning } from "./assessRequest.ts";
import { blockBytesFor } from "./blocks.ts";
import { maxLanes, type Parallelism } from "./lanes.ts";
import { type Prices, samplePrices } from "./prices.ts";
import { type Requests, requestsFor } from "./requestCosts.ts";
import { requestsTo } from "./tally.ts";

/** Files by a property. */
type Slice = { readonly files: number; readonly bytes: number };

/** What an assessment has found, and what a first migration into an empty file system will take by that. */
export type Assessment = {
  /** Files by length: each line those below `below` bytes and not below the one before. */
  readonly sizes: readonly (Slice & { readonly below: number })[];
  readonly months: readonly (Slice & { readonly month: string })[];
  readonly widestFolders: readonly Weighed[];
  readonly largestFolders: readonly Weighed[];
  readonly depth: number;
  readonly largestFile: number;
  readonly expiring: number;
  readonly withAcl: number;
  /** Names that Gen2 refuses, and the first of them. */
  readonly refusedNames: { readonly items: number; readonly paths: readonly string[] };
  /** Items with more ACL entries than Gen2 holds, and where some of them are. */
  readonly aclsOverLimit: { readonly items: number; readonly paths: readonly string[] };
  /** Files and folders that could not be listed or asked for. */
  readonly unreadable: number;
  readonly estimate: Estimate;
};

/** See Assessment. */
export type Estimate = {
  readonly requests: { readonly source: number; readonly sink: number; readonly byOperation: Requests };
  readonly limits: Reckoning["limits"];
  readonly lanes: number;
  /** With so many lanes at those limits. */
  readonly hours: number;
  /** What the time goes into. */
  readonly bound: "requests" | "bytes";
  readonly cost: Cost;
  /** Properties for the migration's request. */
  readonly recommended: {
    readonly parallelism: number;
    readonly source: SideCaps;
    readonly sink: SideCaps & { readonly blockSizeInMB: number };
  };
};

/** Lanes that an assessment was asked to have, and those it came to have; a migration is taken to have as many. */
export type Among = { readonly parallelism: Parallelism; readonly mostLanes: number };

type SideCaps = { readonly maxRequestsPerSecond: number; readonly maxMegabytesPerSecond: number };

/** Money; `total` leaves out storage, which is not the migration's. */
export type Cost = {
  readonly currency: string;
  readonly pricesOf: string;
  readonly note: string;
  readonly isSample: boolean;
  readonly sourceRequests: number;
  readonly sinkRequests: number;
  readonly transfer: number;
  readonly app: number;
  readonly total: number;
  readonly storagePerMonth: number;
};

const mebibyte = 1024 * 1024;
const megabyte = 1_000_000;
const gigabyte = 1024 ** 3;
/** Activities at a time, as host.json has it. */
const slotsOfInstance = 10;
/** What a request can ask for. */
const maxBlockMB = 100;

/** Adds up what an assessment has seen. */
export function assessmentOf(
  assessed: Assessed,
  counted: { readonly bytes: number; readonly unreadable: number; readonly aclsOverLimit: Assessed["refused"] },
  reckoning: Reckoning,
  among: Among,
): Assessment {
  const { sizes, months, folders, depth, largestFile, expiring, withAcl, refused } = assessed;
  return {
    sizes: Object.entries(sizes)
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([sizeClass, mass]) => ({ below: limitOfSizeClass(sizeClass), ...sliceOf(mass) })),
    months: Object.entries(months)
      .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map(([month, mass]) => ({ month, ...sliceOf(mass) })),
    widestFolders: topFolders(folders, "entries"),
    largestFolders: topFolders(folders, "bytes"),
    depth,
    largestFile,
    expiring,
    withAcl,
    refusedNames: refused,
    aclsOverLimit: counted.aclsOverLimit,
    unreadable: counted.unreadable,
    estimate: estimateOf(assessed, counted.bytes, reckoning, among),
  };
}

function estimateOf(assessed: Assessed, bytes: number, { limits, prices }: Reckoning, among: Among): Estimate {
  const undivided = plus(requestsFor.run, assessed.requests);
  const least = Math.max(requestsTo("source", undivided), requestsTo("sink", undivided));
  const { requestsPerSecond, megabytesPerSecond, laneRequestsPerSecond, laneMegabytesPerSecond } = limits;
  const megabytes = bytes / megabyte;
  const laneSeconds = Math.max(least / laneRequestsPerSecond, megabytes / laneMegabytesPerSecond);
  // More lanes than the limits feed would only wait, and a minute is worth no second lane.
  const fed = Math.max(requestsPerSecond / laneRequestsPerSecond, megabytesPerSecond / laneMegabytesPerSecond);
  const lanes = Math.max(1, Math.min(maxLanes, Math.ceil(fed), Math.ceil(laneSeconds / 60)));
  const byOperation = plus(undivided, requestsFor.division(dividedAmong(among, lanes, laneSeconds)));
  const [source, sink] = [requestsTo("source", byOperation), requestsTo("sink", byOperation)];
  const requests = Math.max(source, sink);
  const bySeconds = {
    requests: requests / Math.min(requestsPerSecond, lanes * laneRequestsPerSecond),
    bytes: megabytes / Math.min(megabytesPerSecond, lanes * laneMegabytesPerSecond),
  };
  const seconds = Math.max(bySeconds.requests, bySeconds.bytes);
  const caps = { maxRequestsPerSecond: requestsPerSecond, maxMegabytesPerSecond: megabytesPerSecond };
  const blockMB = Math.ceil(blockBytesFor("", assessed.largestFile, undefined) / mebibyte);
  return {
    requests: { source, sink, byOperation },
    limits,
    lanes,
    hours: rounded(seconds / 3600),
    bound: bySeconds.requests >= bySeconds.bytes ? "requests" : "bytes",
    cost: costOf(byOperation, assessed, bytes, (lanes * seconds) / 3600, prices),
    recommended: {
      parallelism: lanes,
      source: caps,
      sink: { ...caps, blockSizeInMB: Math.min(maxBlockMB, blockMB) },
    },
  };
}

// Where the request leaves it open, work for half a minute is soon divided among all the slots of an instance at least.
function dividedAmong({ parallelism, mostLanes }: Among, lanes: number, laneSeconds: number): number {
  if (parallelism !== "auto") return parallelism;
  return laneSeconds < 30 ? 1 : Math.max(lanes, mostLanes, slotsOfInstance);
}

function costOf(
  byOperation: Requests,
  { sizes }: Assessed,
  bytes: number,
  laneHours: number,
  own: Prices | undefined,
): Cost {
  const prices = own ?? samplePrices;
  const { source, sink } = prices;
  const sum = (is: RegExp) =>
    Object.entries(byOperation).reduce((total, [op, count]) => (is.test(op) ? total + count : total), 0);
  const reads = sum(/^source OPEN$/u);
  const data = sum(/^sink Put (?:Blob|Block)$/u);
  const writes = sum(/^sink (?:Put|Create|Set)/u);
  const sinkReads = sum(/^sink (?:Get|List)/u);
  const sourceRequests =
    Math.max(reads, unitsOf(sizes, source.megabytesPerTransaction)) * source.readPer10000 +
    (sum(/^source /u) - reads) * source.otherPer10000;
  const sinkRequests =
    (writes - data + Math.max(data, unitsOf(sizes, sink.megabytesPerTransaction))) * sink.writePer10000 +
    sinkReads * sink.readPer10000 +
    (sum(/^sink /u) - writes - sinkReads) * sink.otherPer10000;
  const parts = {
    sourceRequests: sourceRequests / 10_000,
    sinkRequests: sinkRequests / 10_000,
    transfer: (bytes / gigabyte) * prices.transferPerGB,
    app: laneHours * prices.instanceHour,
  };
  const total = Object.values(parts).reduce((all, part) => all + part, 0);
  return {
    currency: prices.currency,
    pricesOf: prices.date,
    note: prices.note,
    isSample: own === undefined,
    sourceRequests: rounded(parts.sourceRequests),
    sinkRequests: rounded(parts.sinkRequests),
    transfer: rounded(parts.transfer),
    app: rounded(parts.app),
    total: rounded(total),
    storagePerMonth: rounded((bytes / gigabyte) * prices.storagePerGBMonth),
  };
}

// What is read or written in one request may be paid as several. Of files above a unit half of the last one is empty.
function unitsOf(sizes: Assessed["sizes"], megabytes: number): number {
  const unit = megabytes * mebibyte;
  const fits = Number(sizeClassOf(unit)) - 1;
  return Object.entries(sizes).reduce(
    (sum, [sizeClass, [files, bytes]]) =>
      sum + (Number(sizeClass) <= fits ? files : Math.ceil(bytes / unit + files / 2)),
    0,
  );
}

function plus(a: Requests, b: Requests): Requests {
  const sum: Record<string, number> = { ...a };
  for (const [op, count] of Object.entries(b)) sum[op] = (sum[op] ?? 0) + count;
  return sum;
}

function sliceOf([files, bytes]: Mass): Slice {
  return { files, bytes };
}

function rank(month: string): number {
  return month === "earlier" ? 0 : month === "later" ? 2 : 1;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
