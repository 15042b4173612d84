import { randomUUID } from "node:crypto";
import type { Budget } from "../core/budget.ts";
import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import { folderNow, isKind, LakeError } from "../core/error.ts";
import { crc64Hex } from "../core/crc64.ts";
import { type BlockSizes, onePutBytes } from "../core/blocks.ts";
import { blockIdOf, type LargeFile } from "../core/largeFile.ts";
import type { Compare } from "../core/comparison.ts";
import type { Consistency } from "../core/fidelity.ts";
import { decideBy, type Overwrite, type RuledDecision } from "../core/overwrite.ts";
import type { LakePath } from "../core/path.ts";
import type { Way } from "../core/way.ts";
import type { Guard, Sink, Source, Written } from "../lake/lake.ts";
import type { Granting, Wanted } from "./access.ts";
import type { Buffers } from "./buffers.ts";
import { listedAs } from "./hash.ts";
import type { Labels } from "./label.ts";
import { doubted, isOurs, takeAway } from "./own.ts";
import { readWhole } from "./readWhole.ts";
import { type Comparing, type Proven, sameContent } from "./sameContent.ts";
import { sendBlocks } from "./sendBlocks.ts";
import type { Copied, CopyReason, FileOutcome, Sent } from "../core/outcome.ts";

/** Everything one file's copy needs. */
export type Crossing = {
  readonly run: string;
  /** Whether this execution is still the one that the work belongs to. */
  readonly isHeld: () => Promise<boolean>;
  readonly overwrite: Overwrite;
  readonly compare: Compare;
  readonly consistency: Consistency;
  /** Decides and does nothing. */
  readonly isDry: boolean;
  readonly source: Source;
  readonly sink: Sink;
  readonly compared: Comparing["compared"];
  /** Bytes in memory, shared by all copies of the process. */
  readonly memory: Budget;
  /** That memory, which the budget is asked for before. */
  readonly buffers: Buffers;
  readonly blockSizeInMB: number | undefined;
  readonly sizes: BlockSizes;
  readonly labels: Labels;
  readonly access: Granting;
  readonly way: Way;
  readonly nowMs: () => number;
};

/** A file too large for one walk to carry alone: nothing is sent yet. */
export type Parted = { readonly do: "parted"; readonly file: LargeFile };

/**
 * Brings one file over, or says how a large one is parted; `earlier` is the attempt that came to nothing. The sink is
 * looked at first where nobody has; every write names what it replaces. A write that meets somebody else's work, and a
 * source that is seen to change meanwhile, are looked at again once.
 */
export async function copyFile(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  listed: Entry,
  standing: Standing,
  signal: AbortSignal,
  earlier?: LargeFile,
): Promise<FileOutcome | Sent | Parted> {
  const { run, source, sink, access } = crossing;
  let entry = listed;
  let there = typeof standing === "object" ? standing : undefined;
  if (standing === "unknown") there = await sink.stat(to, signal);
  let read = 0;
  let wanted: Wanted | undefined;
  for (let isLast = false; ; isLast = true) {
    mustBeFile(from, entry);
    const listing = listedAs(from, entry);
    const { decision, proven }: Decided = isContentAsked(crossing, from, entry, there)
      ? await decidedByContent(crossing, from, to, entry, there, signal)
      : { decision: ruled(crossing, from, entry, there) };
    if (decision.do === "skip" && there !== undefined) {
      // Sent earlier by this run, whose worker was lost before it could count the file, and maybe before it had its access.
      const isOwn = there.origin?.run === run;
      if (decision.because !== "same") return { do: "skipped", because: decision.because, ...listing };
      const { because, carried } = await access.mend(from, to, entry, there, isOwn ? "full" : access.closeness, signal);
      if (isOwn) return sent({ ...listing, read, ...proofOf(there), carried });
      const how = proven === undefined ? {} : { proven };
      if (because === undefined) return { do: "skipped", because: decision.because, ...how, ...listing };
      return { do: "access", because, ...listing, carried };
    }
    if (decision.do === "refuse") {
      throw new LakeError("conflict", { op: "copy", path: to, detail: "a folder stands at the sink under this name" });
    }
    // An access that can't be had fails the file before anything of it is written.
    wanted ??= await access.wanted(from, entry, signal);
    const because = decision.do === "copy" ? { because: decision.because } : {};
    if (crossing.isDry) return { do: "planned", plan: "copy", because: "absent", ...because, ...listing };
    if (entry.bytes > crossing.sizes.largeFileBytes) {
      return { do: "parted", file: parted(crossing, to, fileOf(from, entry, because), there, earlier) };
    }
    try {
      const replaced = { isNew: there === undefined, hadExpiry: there?.expiresMs !== undefined };
      const { etag, ...proof } = await send(crossing, from, to, entry, guardOf(there), signal);
      const carried = await access.grant(to, wanted, { etag, ...replaced }, signal);
      return sent({ ...because, ...listing, read: read + entry.bytes, ...proof, carried });
    } catch (error) {
      if (isKind(error, "conflict")) {
        there = await sink.stat(to, signal);
        read += entry.bytes;
        if (there !== undefined && isOurs(run, entry, there)) {
          const { carried } = await access.mend(from, to, entry, there, "full", signal);
          return sent({ ...because, ...listing, read, ...proofOf(there), carried });
        }
      } else if (isKind(error, "corrupt")) {
        // The sink may hold bytes that aren't the source's under our own name for them: they are replaced, not believed.
        if (isLast) await takeAway(crossing, to, entry, signal);
        there = doubted(run, await sink.stat(to, signal));
      } else if (!isKind(error, "changed")) throw error;
      if (isLast) throw error;
      entry = await source.stat(from, signal);
      wanted = undefined;
    }
  }
}

function fileOf(path: LakePath, { bytes, modifiedMs }: Entry, because: { readonly because?: CopyReason }) {
  return { path, bytes, modifiedMs, ...because };
}

type Decided = {
  readonly decision: RuledDecision | { readonly do: "copy"; readonly because: "hash" };
  readonly proven?: Proven;
};

// What the request's rules say.
function ruled({ run, overwrite, compare, way }: Crossing, from: LakePath, entry: Entry, found: SinkItem | undefined) {
  const rule = compare === "always" && overwrite === "ifDifferent" ? "always" : overwrite;
  return decideBy(rule, run, entry, found === undefined ? undefined : way.known(from, found));
}

// What is the same by length and time is looked into where that is asked for, unless this run wrote it.
function isContentAsked(
  crossing: Crossing,
  from: LakePath,
  entry: Entry,
  found: SinkItem | undefined,
): found is SinkItem {
  if (crossing.compare !== "hash" || found === undefined) return false;
  const decision = ruled(crossing, from, entry, found);
  const isSame = decision.do === "skip" && decision.because === "same";
  return isSame && crossing.way.known(from, found).origin?.run !== crossing.run;
}

async function decidedByContent(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  { bytes }: Entry,
  found: SinkItem,
  signal: AbortSignal,
): Promise<Decided> {
  const content = await sameContent(crossing, from, to, bytes, crossing.way.known(from, found), signal);
  const decision = content.isSame ? sameBy : differentBy;
  return { decision, proven: content.how };
}

const sameBy = { do: "skip", because: "same" } as const;
const differentBy = { do: "copy", because: "hash" } as const;

function sent(copied: Omit<Copied, "do">): Sent {
  return { do: "sent", copied: { do: "copied", ...copied } };
}

/** Checksum of a file's content, in hex: MD5 of what goes in one request, else CRC-64. */
type Proof = { readonly md5?: string; readonly crc64?: string };

// Resolves with the checksum that the sink has checked.
async function send(
  { source, sink, memory, buffers, blockSizeInMB, sizes, labels }: Crossing,
  from: LakePath,
  to: LakePath,
  { bytes, modifiedMs }: Entry,
  guard: Guard,
  signal: AbortSignal,
): Promise<Written & Proof> {
  const label = labels.file(from, bytes, modifiedMs);
  if (bytes > onePutBytes) {
    const blockBytes = sizes.bytesFor(to, bytes, blockSizeInMB);
    const file = randomUUID();
    const sum = await sendBlocks(
      { source, sink, memory, buffers, from, to, file, blockBytes, first: 0, bytes },
      signal,
    );
    const crc64 = crc64Hex(sum);
    const ids = blockIdsOf(file, Math.ceil(bytes / blockBytes));
    return { ...(await sink.commitBlocks(to, ids, { ...label, crc64 }, guard, signal)), crc64 };
  }
  const release = memory.now(bytes) ?? (await memory.take(bytes, signal));
  let room: Buffer | undefined;
  try {
    room = buffers.take(bytes);
    return await sink.putFile(to, await readWhole(source, from, bytes, signal, room), label, guard, signal);
  } finally {
    if (room !== undefined) buffers.give(room);
    release();
  }
}

/** A name that was a file when it was listed, or started, may be a folder now: it must not become an empty file. */
export function mustBeFile(path: LakePath, { kind }: Entry): void {
  if (kind !== "file") throw folderNow("copy", path);
}

function parted(
  { blockSizeInMB, sizes, nowMs }: Crossing,
  to: LakePath,
  file: Pick<LargeFile, "path" | "bytes" | "modifiedMs" | "because">,
  there: SinkItem | undefined,
  earlier: LargeFile | undefined,
): LargeFile {
  const { bytes } = file;
  return {
    id: randomUUID(),
    ...file,
    blockBytes: sizes.bytesFor(to, bytes, blockSizeInMB),
    ...(there === undefined ? {} : { replaces: there.etag }),
    attempt: (earlier?.attempt ?? 0) + 1,
    openedMs: earlier?.openedMs ?? nowMs(),
  };
}

/** The ids of a file's blocks, in order. */
export function blockIdsOf(file: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => blockIdOf(file, index));
}

function guardOf(there: SinkItem | undefined): Guard {
  return there === undefined ? { replaces: "nothing" } : { replaces: "etag", etag: there.etag };
}

// What the sink holds counts, not what was sent: another execution may have been the one that landed.
function proofOf({ md5, origin }: SinkItem): Proof {
  const crc64 = origin?.crc64;
  return crc64 !== undefined ? { crc64 } : md5 === undefined ? {} : { md5 };
}
