import { addAssessed, type Assessed } from "./assessment.ts";
import { addDigests, type Digest, emptyDigest } from "./digest.ts";
import type { AccessWay, FindingKind } from "./access.ts";
import type { Kind } from "./error.ts";
import { type FaultRule, faultRules } from "./faultRules.ts";
import type { Spent } from "./glance.ts";
import { addWaits, type StoreName, type Waits } from "./waits.ts";

/** Why a listed item was deliberately not copied; a fault rule's name says that it could not be, and that this was borne. */
export type SkipReason =
  | "same"
  | "exists"
  | "notNewer"
  | "not-recursive"
  | "filtered"
  | "absent"
  | "swap"
  | "written"
  | FaultRule;

/** How two items differ, as an audit says it; "unknown": what only the sink has in a folder could not be seen. */
export type Difference =
  | "missing"
  | "extra"
  | "kind"
  | "length"
  | "time"
  | "hash"
  | "access"
  | "owner"
  | "expiry"
  | "unknown";

/** Why an item that only the sink has was not deleted. */
export type KeepReason = "foreign" | "changed" | "atSource" | "notEmpty" | "limit";

/** How a copied file was proven on the way. */
export type Checksum = "md5" | "crc64" | "none";

/** What a lane, or a whole run, has done. Every listed file is copied, skipped or failed: nothing is silent. */
export type Tally = {
  readonly filesListed: number;
  readonly filesCopied: number;
  /** Files whose data was the same, and whose access or expiry was set. */
  readonly filesAccess: number;
  readonly filesSkipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly filesFailed: Readonly<Partial<Record<Kind, number>>>;
  readonly foldersListed: number;
  /** Folders made at the sink; the others stood there already. */
  readonly foldersMade: number;
  readonly foldersFound: number;
  readonly foldersSkipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly foldersFailed: Readonly<Partial<Record<Kind, number>>>;
  /** Folders counted elsewhere of which the rest could not be listed. */
  readonly rangesFailed: number;
  /** How files and folders came to their access; expiries that were set; items with something to know about their access. */
  readonly access: Readonly<Partial<Record<AccessWay, number>>>;
  readonly expiries: number;
  readonly findings: Readonly<Partial<Record<FindingKind, Found>>>;
  /** Copied files by the checksum that the sink has checked; "none" where a worker that is gone knew it. */
  readonly checksums: Readonly<Partial<Record<Checksum, number>>>;
  /** Copied files that were read again in both lakes. */
  readonly filesReadBack: number;
  /** What was waited for: milliseconds of all that went on at the same time, added up. */
  readonly spentMs: Spent;
  /** Files of which the content was compared: with a kept checksum, or by reading both sides. */
  readonly proven: Readonly<Partial<Record<"stored" | "read", number>>>;
  /** What a dry run would have done. */
  readonly filesPlanned: number;
  readonly bytesPlanned: number;
  readonly foldersPlanned: number;
  readonly deletesPlanned: number;
  /** Items that an audit found different, and how; an item may differ in several ways. */
  readonly filesDifferent: number;
  readonly foldersDifferent: number;
  readonly differences: Readonly<Partial<Record<Difference, number>>>;
  /** Items that an audit found different, and that are, or may be, changed after its cut-off. */
  readonly later: number;
  /** Extra items that were deleted, and those that weren't though they were to be. */
  readonly filesDeleted: number;
  readonly foldersDeleted: number;
  readonly bytesDeleted: number;
  readonly kept: Readonly<Partial<Record<KeepReason, number>>>;
  /** Items that were looked at once more after they had been counted. */
  readonly checked: number;
  /** Items seen so far in folders that only the sink has; each such folder counts once it was seen whole. */
  readonly weighed: number;
  /** What only the sink has, in folders that both lakes have. */
  readonly extraFiles: number;
  readonly extraFolders: number;
  readonly extraBytes: number;
  /** Parts of folders whose listings could not be merged side by side, by how they were joined instead. */
  readonly joined: Readonly<Partial<Record<"hashed" | "asked", number>>>;
  readonly bytesListed: number;
  readonly bytesRead: number;
  readonly bytesCopied: number;
  /** Blocks sent of files that are shared between lanes; their bytes are read, and not yet copied. */
  readonly blocksSent: number;
  /** Requests by store and operation, as "source OPEN". */
  readonly requests: Readonly<Record<string, number>>;
  readonly throttles: number;
  readonly digest: Digest;
  /** Over path and access of all items, where a run looks for that. */
  readonly accessDigest: Digest;
  /** What an assessment has seen; absent in every other run. */
  readonly assessed?: Assessed;
  /** What was waited for, as it comes with a save; absent in the tally of single items. */
  readonly waits?: Waits;
};

/** Items of which there is something to know, and where some of them are. */
export type Found = { readonly items: number; readonly paths: readonly string[] };

/** As many paths of each kind stand in a tally, none of them longer than that; the journal has them all. */
const maxFoundPaths = 5;
const maxFoundUnits = 500;

/** One item of which there is something to know. */
export function foundAt(path: string): Found {
  return { items: 1, paths: path.length > maxFoundUnits ? [] : [path] };
}

/** The tally of nothing. */
export const emptyTally: Tally = {
  filesListed: 0,
  filesCopied: 0,
  filesAccess: 0,
  filesSkipped: {},
  filesFailed: {},
  foldersListed: 0,
  foldersMade: 0,
  foldersFound: 0,
  foldersSkipped: {},
  foldersFailed: {},
  rangesFailed: 0,
  access: {},
  expiries: 0,
  findings: {},
  checksums: {},
  filesReadBack: 0,
  spentMs: { listing: 0, reading: 0, writing: 0, waiting: 0 },
  proven: {},
  filesPlanned: 0,
  bytesPlanned: 0,
  foldersPlanned: 0,
  deletesPlanned: 0,
  filesDifferent: 0,
  foldersDifferent: 0,
  differences: {},
  later: 0,
  filesDeleted: 0,
  foldersDeleted: 0,
  bytesDeleted: 0,
  kept: {},
  checked: 0,
  weighed: 0,
  extraFiles: 0,
  extraFolders: 0,
  extraBytes: 0,
  joined: {},
  bytesListed: 0,
  bytesRead: 0,
  bytesCopied: 0,
  blocksSent: 0,
  requests: {},
  throttles: 0,
  digest: emptyDigest,
  accessDigest: emptyDigest,
};

/** Two tallies together. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    filesListed: a.filesListed + b.filesListed,
    filesCopied: a.filesCopied + b.filesCopied,
    filesAccess: a.filesAccess + b.filesAccess,
    filesSkipped: addCounts(a.filesSkipped, b.filesSkipped),
    filesFailed: addCounts(a.filesFailed, b.filesFailed),
    foldersListed: a.foldersListed + b.foldersListed,
    foldersMade: a.foldersMade + b.foldersMade,
    foldersFound: a.foldersFound + b.foldersFound,
    foldersSkipped: addCounts(a.foldersSkipped, b.foldersSkipped),
    foldersFailed: addCounts(a.foldersFailed, b.foldersFailed),
    rangesFailed: a.rangesFailed + b.rangesFailed,
    access: addCounts(a.access, b.access),
    expiries: a.expiries + b.expiries,
    findings: addFound(a.findings, b.findings),
    checksums: addCounts(a.checksums, b.checksums),
    filesReadBack: a.filesReadBack + b.filesReadBack,
    spentMs: addCounts(a.spentMs, b.spentMs),
    proven: addCounts(a.proven, b.proven),
    filesPlanned: a.filesPlanned + b.filesPlanned,
    bytesPlanned: a.bytesPlanned + b.bytesPlanned,
    foldersPlanned: a.foldersPlanned + b.foldersPlanned,
    filesDifferent: a.filesDifferent + b.filesDifferent,
    foldersDifferent: a.foldersDifferent + b.foldersDifferent,
    deletesPlanned: a.deletesPlanned + b.deletesPlanned,
    differences: addCounts(a.differences, b.differences),
    later: a.later + b.later,
    filesDeleted: a.filesDeleted + b.filesDeleted,
    foldersDeleted: a.foldersDeleted + b.foldersDeleted,
    bytesDeleted: a.bytesDeleted + b.bytesDeleted,
    kept: addCounts(a.kept, b.kept),
    checked: a.checked + b.checked,
    weighed: a.weighed + b.weighed,
    extraFiles: a.extraFiles + b.extraFiles,
    extraFolders: a.extraFolders + b.extraFolders,
    extraBytes: a.extraBytes + b.extraBytes,
    joined: addCounts(a.joined, b.joined),
    bytesListed: a.bytesListed + b.bytesListed,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesCopied: a.bytesCopied + b.bytesCopied,
    blocksSent: a.blocksSent + b.blocksSent,
    requests: addCounts(a.requests, b.requests),
    throttles: a.throttles + b.throttles,
    digest: addDigests(a.digest, b.digest),
    accessDigest: addDigests(a.accessDigest, b.accessDigest),
    ...addSeen(a.assessed, b.assessed),
    ...addWaited(a.waits, b.waits),
  };
}

/** The sum of a count by reason. */
export function totalOf(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce((sum: number, count) => sum + (count ?? 0), 0);
}

/** Requests to one store, of those by store and operation. */
export function requestsTo(store: StoreName, requests: Tally["requests"]): number {
  return totalOf(Object.fromEntries(Object.entries(requests).filter(([op]) => op.startsWith(`${store} `))));
}

/**
 * What shows that a run moves on: everything that is counted once for each item that one of its walks has dealt with, whether it copies,
 * deletes or compares. It only ever grows.
 */
export function movedIn(tally: Tally): number {
  const walked = tally.filesListed + tally.foldersListed + tally.blocksSent + tally.checked + tally.weighed;
  const removed = tally.filesDeleted + tally.foldersDeleted + tally.deletesPlanned + totalOf(tally.kept);
  return walked + removed;
}

/** Items that a fault rule has skipped: not copied, and no failures. */
export function skippedByRule({ filesSkipped, foldersSkipped }: Tally): number {
  return faultRules.reduce((sum, rule) => sum + (filesSkipped[rule] ?? 0) + (foldersSkipped[rule] ?? 0), 0);
}

/** True when every listed item is accounted for. */
export function isBalanced(tally: Tally): boolean {
  return (
    tally.filesListed ===
      tally.filesCopied +
        tally.filesAccess +
        tally.filesPlanned +
        totalOf(tally.filesSkipped) +
        totalOf(tally.filesFailed) &&
    tally.foldersListed ===
      tally.foldersMade +
        tally.foldersFound +
        tally.foldersPlanned +
        totalOf(tally.foldersSkipped) +
        totalOf(tally.foldersFailed)
  );
}

function addSeen(a: Assessed | undefined, b: Assessed | undefined): Pick<Tally, "assessed"> {
  const assessed = a === undefined || b === undefined ? (a ?? b) : addAssessed(a, b);
  return assessed === undefined ? {} : { assessed };
}

function addWaited(a: Waits | undefined, b: Waits | undefined): Pick<Tally, "waits"> {
  const waits = a === undefined || b === undefined ? (a ?? b) : addWaits(a, b);
  return waits === undefined ? {} : { waits };
}

function addFound(a: Tally["findings"], b: Tally["findings"]): Tally["findings"] {
  const sum: Partial<Record<FindingKind, Found>> = { ...a };
  for (const [kind, { items, paths }] of Object.entries(b) as [FindingKind, Found][]) {
    const before = sum[kind] ?? { items: 0, paths: [] };
    sum[kind] = { items: before.items + items, paths: [...before.paths, ...paths].slice(0, maxFoundPaths) };
  }
  return sum;
}

function addCounts<K extends string>(
  a: Readonly<Partial<Record<K, number>>>,
  b: Readonly<Partial<Record<K, number>>>,
): Record<K, number> {
  const sum: Partial<Record<string, number>> = { ...a };
  for (const [key, count] of Object.entries<number | undefined>(b)) sum[key] = (sum[key] ?? 0) + (count ?? 0);
  return sum as Record<K, number>;
}
