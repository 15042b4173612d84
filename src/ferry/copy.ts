import { randomUUID } from "node:crypto";
import type { Budget } from "../core/budget.ts";
import { decide } from "../core/decide.ts";
import type { Entry, SinkItem } from "../core/entry.ts";
import { isKind, LakeError } from "../core/error.ts";
import { blockBytesFor, onePutBytes } from "../core/blocks.ts";
import type { LakePath } from "../core/path.ts";
import type { Guard, Sink, Source } from "../lake/lake.ts";
import { listedAs } from "./hash.ts";
import { readWhole } from "./readWhole.ts";
import { sendBlocks } from "./sendBlocks.ts";
import type { FileOutcome } from "../core/outcome.ts";

/** Everything one file's copy needs. */
export type Crossing = {
  readonly run: string;
  readonly source: Source;
  readonly sink: Sink;
  /** Bytes in memory, shared by all copies of the process. */
  readonly memory: Budget;
  readonly blockSizeInMB: number | undefined;
};

/**
 * Brings one file over. The sink is looked at first unless the folder is fresh; every write names what it replaces. A
 * write that meets somebody else's work, and a source that changes meanwhile, are looked at again once.
 */
export async function copyFile(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  listed: Entry,
  isFresh: boolean,
  signal: AbortSignal,
): Promise<FileOutcome> {
  let entry = listed;
  let there = isFresh ? undefined : await crossing.sink.stat(to, signal);
  let read = 0;
  for (let isLast = false; ; isLast = true) {
    // A name that was a file when it was listed, or started, may be a folder now: it must not become an empty file.
    if (entry.kind !== "file") {
      throw new LakeError("changed", {
        op: "copy",
        path: from,
        detail: "it was a file and is a folder now; run again",
      });
    }
    const listing = listedAs(from, entry);
    const decision = decide(entry, there);
    if (decision.do === "skip") {
      // Sent earlier by this run, whose worker was lost before it could count the file.
      if (there?.origin?.run === crossing.run) return { do: "copied", ...listing, read, ...proofOf(there) };
      return { do: "skipped", because: decision.because, ...listing };
    }
    if (decision.do === "refuse") {
      throw new LakeError("conflict", { op: "copy", path: to, detail: "a folder stands at the sink under this name" });
    }
    try {
      const md5 = await send(crossing, from, to, entry, guardOf(there), signal);
      return { do: "copied", ...listing, read: read + entry.bytes, md5 };
    } catch (error) {
      if (isKind(error, "conflict")) {
        there = await crossing.sink.stat(to, signal);
        read += entry.bytes;
        if (there !== undefined && isOurs(crossing.run, entry, there)) {
          return { do: "copied", ...listing, read, ...proofOf(there) };
        }
      } else if (isKind(error, "corrupt")) {
        // The sink may hold bytes that aren't the source's under our own name for them: they are replaced, not believed.
        const wrong = await crossing.sink.stat(to, signal);
        there = wrong === undefined ? undefined : { kind: wrong.kind, bytes: wrong.bytes, etag: wrong.etag };
      } else if (!isKind(error, "changed")) throw error;
      if (isLast) throw error;
      entry = await crossing.source.stat(from, signal);
    }
  }
}

// Resolves to the MD5 that the sink has checked.
async function send(
  { run, source, sink, memory, blockSizeInMB }: Crossing,
  from: LakePath,
  to: LakePath,
  { bytes, modifiedMs }: Entry,
  guard: Guard,
  signal: AbortSignal,
): Promise<string> {
  const origin = { run, bytes, modifiedMs };
  if (bytes > onePutBytes) {
    const blockBytes = blockBytesFor(to, bytes, blockSizeInMB);
    const job = { source, sink, memory, from, to, bytes, blockBytes, version: randomUUID() };
    const { blockIds, md5 } = await sendBlocks(job, signal);
    await sink.commitBlocks(to, blockIds, md5, origin, guard, signal);
    return md5;
  }
  const release = await memory.take(bytes, signal);
  try {
    return await sink.putFile(to, await readWhole(source, from, bytes, signal), origin, guard, signal);
  } finally {
    release();
  }
}

function guardOf(there: SinkItem | undefined): Guard {
  return there === undefined ? { replaces: "nothing" } : { replaces: "etag", etag: there.etag };
}

// What the sink holds counts, not what was sent: another execution may have been the one that landed.
function proofOf({ md5 }: SinkItem): { readonly md5?: string } {
  return md5 === undefined ? {} : { md5 };
}

function isOurs(run: string, entry: Entry, there: SinkItem): boolean {
  return (
    there.kind === "file" &&
    there.bytes === entry.bytes &&
    there.origin?.run === run &&
    there.origin.bytes === entry.bytes &&
    there.origin.modifiedMs === entry.modifiedMs
  );
}
