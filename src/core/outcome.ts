import type { AccessFinding, AccessWay } from "./access.ts";
import type { Assessed } from "./assessment.ts";
import type { Failure } from "./error.ts";
import type { RuledDecision } from "./overwrite.ts";
import { type Checksum, type Difference, foundAt, type SkipReason, type Tally } from "./tally.ts";

/** What became of one file. */
export type FileOutcome =
  | Copied
  | (Listed & (AccessSet | Planned | Different | Skipped | { readonly do: "failed"; readonly failure: Failure }));

/** A file that was brought over. */
export type Copied = Listed & {
  readonly do: "copied";
  readonly modifiedMs: number;
  /** Why it was; absent where a walk that is gone knew. */
  readonly because?: CopyReason;
  /** Bytes that crossed the wire for it. */
  readonly read: number;
  /** MD5 of the content, in hex, as the sink has checked it. */
  readonly md5?: string;
  /** CRC-64 of the content, as 16 hex digits, put together from those of the blocks that the sink has checked. */
  readonly crc64?: string;
  readonly carried?: Carried;
  /** Both lakes were read again, and hold what the checksum says. */
  readonly readBack?: true;
  /** The source was gone when it was looked at again: nobody can say whether the file changed while it was read. */
  readonly isGone?: true;
};

/** A file that was sent, and whose source has to be looked at again before it counts as copied. */
export type Sent = { readonly do: "sent"; readonly copied: Copied };

/** True for what was sent and doesn't count yet. */
export function isSent(outcome: unknown): outcome is Sent {
  return typeof outcome === "object" && outcome !== null && "do" in outcome && outcome.do === "sent";
}

/** Its data was the same, and its access or its expiry wasn't. */
type AccessSet = { readonly do: "access"; readonly because: "access" | "expiry"; readonly carried: Carried };

/** What a dry run would have done. */
type Planned = {
  readonly do: "planned";
  readonly plan: "copy" | "access";
  readonly because: CopyReason | "access" | "expiry" | "swap";
};

/** Why a file is copied. */
export type CopyReason = Extract<RuledDecision, { readonly do: "copy" }>["because"] | "hash";

/**
 * What an audit has found: an item that isn't at the sink as it is at the source; `detail` says one beside the other,
 * `isLater` that it was changed after the cut-off, and counts for nothing.
 */
export type Different = {
  readonly do: "different";
  readonly because: readonly Difference[];
  readonly detail?: string;
  readonly isLater?: boolean;
};

/** Left out; with the failure that a fault rule bore. */
export type Skipped = {
  readonly do: "skipped";
  readonly because: SkipReason;
  readonly failure?: Failure;
  /** How the content was compared, where it was. */
  readonly proven?: "stored" | "read";
  /** What an assessment found out about its access. */
  readonly carried?: Carried;
};

/** What came over with an item beside its data and its name. */
export type Carried = {
  readonly access?: AccessWay;
  /** Its expiry was set, or taken off. */
  readonly expiry?: true;
  readonly findings?: readonly AccessFinding[];
};

/** A file as it was listed: its length, its modification time when it is known, and its part of the lake's digest. */
export type Listed = {
  readonly bytes: number;
  readonly modifiedMs?: number;
  readonly digest: string;
  /** Its part of the digest of the lake's access, where a run looks for that. */
  readonly accessDigest?: string;
  /** What it adds to an assessment. */
  readonly assessed?: Partial<Assessed>;
  readonly effort?: Effort;
};

/**
 * What became of one folder itself; its content is counted on its own. `before` says that a worker that was lost made it,
 * and may have written into it; `isPart`, that the folder is counted already and the rest of its names can't be listed.
 */
export type FolderOutcome =
  | { readonly do: "made"; readonly before?: true; readonly carried?: Carried }
  | {
      readonly do: "found";
      readonly carried?: Carried;
      readonly accessDigest?: string;
      readonly assessed?: Partial<Assessed>;
    }
  | { readonly do: "planned"; readonly plan: "make" | "access"; readonly because: "absent" | "access" | "swap" }
  | Different
  | Skipped
  | { readonly do: "failed"; readonly failure: Failure; readonly isPart?: true };

/** What an item has cost; requests only where one walk has sent them all. */
export type Effort = { readonly milliseconds: number; readonly requests?: number };

/** Two efforts for one item. */
export function addEfforts(a: Effort | undefined, b: Effort): Effort {
  if (a === undefined) return b;
  return { milliseconds: a.milliseconds + b.milliseconds, requests: (a.requests ?? 0) + (b.requests ?? 0) };
}

/** What one file adds to a tally. */
export function tallyOfFile(outcome: FileOutcome): Partial<Tally> {
  const listed = {
    ...tallyOfCarried(outcome),
    filesListed: 1,
    bytesListed: outcome.bytes,
    digest: outcome.digest,
    ...(outcome.accessDigest === undefined ? {} : { accessDigest: outcome.accessDigest }),
  };
  switch (outcome.do) {
    case "access":
      return { ...listed, filesAccess: 1 };
    case "copied":
      return {
        ...listed,
        filesCopied: 1,
        bytesCopied: outcome.bytes,
        bytesRead: outcome.read,
        checksums: oneOf[checksumOf(outcome)],
        ...(outcome.readBack === true ? { filesReadBack: 1 } : {}),
      };
    case "planned":
      return { ...listed, filesPlanned: 1, ...(outcome.plan === "copy" ? { bytesPlanned: outcome.bytes } : {}) };
    // Of what an audit looks at, nothing is counted as listed: a run has done that before.
    case "different":
      if (outcome.isLater === true) return { later: 1 };
      return { filesDifferent: 1, differences: countsOf(outcome.because) };
    case "skipped":
      return {
        ...listed,
        filesSkipped: { [outcome.because]: 1 },
        ...(outcome.proven === undefined ? {} : { proven: { [outcome.proven]: 1 } }),
      };
    case "failed":
      return { ...listed, filesFailed: { [outcome.failure.kind]: 1 } };
  }
}

const oneOf = { md5: { md5: 1 }, crc64: { crc64: 1 }, none: { none: 1 } } as const;

function checksumOf({ md5, crc64 }: Copied): Checksum {
  return crc64 !== undefined ? "crc64" : md5 === undefined ? "none" : "md5";
}

/** What one folder adds to a tally. */
export function tallyOfFolder(outcome: FolderOutcome): Partial<Tally> {
  if (outcome.do === "failed" && outcome.isPart === true) return { rangesFailed: 1 };
  const listed = { ...tallyOfCarried(outcome), foldersListed: 1 };
  switch (outcome.do) {
    case "made":
      return { ...listed, foldersMade: 1 };
    case "found":
      return {
        ...listed,
        foldersFound: 1,
        ...(outcome.accessDigest === undefined ? {} : { accessDigest: outcome.accessDigest }),
      };
    case "planned":
      return { ...listed, foldersPlanned: 1 };
    case "different":
      if (outcome.isLater === true) return { later: 1 };
      return { foldersDifferent: 1, differences: countsOf(outcome.because) };
    case "skipped":
      return { ...listed, foldersSkipped: { [outcome.because]: 1 } };
    case "failed":
      return { ...listed, foldersFailed: { [outcome.failure.kind]: 1 } };
  }
}

function tallyOfCarried(outcome: FileOutcome | FolderOutcome): Partial<Tally> {
  if (!("carried" in outcome) || outcome.carried === undefined) return {};
  const { access, expiry } = outcome.carried;
  return {
    ...(access === undefined ? {} : { access: { [access]: 1 } }),
    ...(expiry === undefined ? {} : { expiries: 1 }),
  };
}

/** What was found out about the access of the item at this path, if anything. */
export function tallyOfFindings(path: string, outcome: FileOutcome | FolderOutcome): Partial<Tally> | undefined {
  const findings = "carried" in outcome ? outcome.carried?.findings : undefined;
  if (findings === undefined || findings.length === 0) return undefined;
  return { findings: Object.fromEntries(findings.map(({ because }) => [because, foundAt(path)])) };
}

function countsOf<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  return Object.fromEntries(keys.map((key) => [key, 1])) as Partial<Record<K, number>>;
}
