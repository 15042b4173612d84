import { crc64Hex } from "../core/crc64.ts";
import type { Entry } from "../core/entry.ts";
import { isKind, LakeError } from "../core/error.ts";
import { blockCount, type LargeFileState, maxAttempts, placedCrc64 } from "../core/largeFile.ts";
import type { Copied, FileOutcome, Sent } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Guard } from "../lake/lake.ts";
import { blockIdsOf, type Crossing, mustBeFile, type Parted } from "./copy.ts";
import { listedAs } from "./hash.ts";
import { isOurs } from "./own.ts";
import { bringFile, copyAnew, giveUp, readBack } from "./readBack.ts";
import { changedAgain } from "./readWhole.ts";
import { sendBlocks } from "./sendBlocks.ts";

/** Sends the blocks from `first` to before `end`, if there is memory before it is `ending`; resolves to their part of the whole's CRC-64, and their bytes. */
export async function sendPiece(
  { source, sink, memory, buffers }: Crossing,
  file: LargeFileState,
  to: LakePath,
  first: number,
  end: number,
  signal: AbortSignal,
  ending: AbortSignal,
): Promise<{ readonly crc64: LargeFileState["crc64"]; readonly bytes: number }> {
  const { id, path, blockBytes } = file;
  const endByte = Math.min(file.bytes, end * blockBytes);
  const bytes = endByte - first * blockBytes;
  const job = { source, sink, memory, buffers, from: path, to, file: id, blockBytes, first, bytes, ending };
  const sum = await sendBlocks(job, signal);
  return { crc64: placedCrc64(sum, file.bytes - endByte), bytes };
}

/**
 * Makes the blocks of a large file its content, once all are there. A source that is another by now, blocks that are gone
 * and a sink that somebody else has written to are reasons for one new attempt.
 */
export async function commitLarge(
  crossing: Crossing,
  file: LargeFileState,
  to: LakePath,
  signal: AbortSignal,
): Promise<FileOutcome | Sent | Parted> {
  const { source } = crossing;
  const { path, bytes, modifiedMs, failure, attempt } = file;
  const entry = await source.stat(path, signal);
  mustBeFile(path, entry);
  const isSame = entry.bytes === bytes && entry.modifiedMs === modifiedMs;
  let why: unknown = failure === undefined ? changedAgain(path) : new LakeError(failure.kind, failure);
  if (isSame && failure === undefined) {
    const made = await committed(crossing, file, entry, to, signal);
    if (made.do === "copied") {
      const proven = await readBack(crossing, path, to, made, signal);
      if (proven !== undefined) return proven;
      if (attempt >= maxAttempts) return giveUp(crossing, path, to, made, signal);
      return copyAnew(crossing, path, to, made, signal, file);
    }
    why = made.why;
  }
  if (attempt >= maxAttempts || failure?.kind === "unprocessable") throw why;
  return bringFile(crossing, path, to, entry, "unknown", signal, file);
}

// Copied, or why that has to be tried again.
async function committed(
  { run, sink, labels, access, nowMs }: Crossing,
  file: LargeFileState,
  entry: Entry,
  to: LakePath,
  signal: AbortSignal,
): Promise<Copied | { readonly do: "again"; readonly why: LakeError }> {
  const { id, path, bytes, modifiedMs } = file;
  // Asked for again: what was read before its first block may be days old.
  const wanted = await access.wanted(path, entry, signal);
  const crc64 = crc64Hex(file.crc64);
  const copied = {
    do: "copied" as const,
    ...listedAs(path, entry),
    // Counted with the blocks.
    read: 0,
    crc64,
    effort: { milliseconds: nowMs() - file.openedMs },
  };
  try {
    const ids = blockIdsOf(id, blockCount(file));
    const label = { ...labels.file(path, bytes, modifiedMs), crc64 };
    const { etag } = await sink.commitBlocks(to, ids, label, guardOf(file), signal);
    const isNew = file.replaces === undefined;
    return { ...copied, carried: await access.grant(to, wanted, { etag, isNew, hadExpiry: !isNew }, signal) };
  } catch (error) {
    if (!isKind(error, "conflict") && !isKind(error, "changed")) throw error;
    const there = await sink.stat(to, signal);
    // Committed by a worker that was lost before it could say so, and maybe before it had its access.
    if (there !== undefined && isOurs(run, entry, there)) {
      return { ...copied, carried: (await access.mend(path, to, entry, there, "full", signal)).carried };
    }
    return { do: "again", why: error };
  }
}

function guardOf({ replaces }: LargeFileState): Guard {
  return replaces === undefined ? { replaces: "nothing" } : { replaces: "etag", etag: replaces };
}
