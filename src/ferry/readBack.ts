import type { Entry, Standing } from "../core/entry.ts";
import { isKind, LakeError } from "../core/error.ts";
import { isReadBack } from "../core/fidelity.ts";
import type { LargeFile } from "../core/largeFile.ts";
import type { Copied, FileOutcome, Sent } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import { copyFile, type Crossing, type Parted } from "./copy.ts";
import { isThere } from "./gone.ts";
import { doubted, mustHold, takeAway } from "./own.ts";
import { changedAgain } from "./readWhole.ts";
import { checksumOf } from "./sameContent.ts";

/**
 * Brings one file over as copyFile does, and reads back what was sent where the request asks for that. Other bytes than
 * those that were sent, in either lake, are a reason to copy the file once more, and then a failure.
 */
export async function bringFile(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  listed: Entry,
  standing: Standing,
  signal: AbortSignal,
  earlier?: LargeFile,
): Promise<FileOutcome | Sent | Parted> {
  const first = await copyFile(crossing, from, to, listed, standing, signal, earlier);
  if (first.do !== "sent" || !isReadBack(crossing.consistency, first.copied.digest)) return first;
  const copied = await readBack(crossing, from, to, first.copied, signal);
  return copied === undefined ? copyAnew(crossing, from, to, first.copied, signal) : { do: "sent", copied };
}

/**
 * Reads a copied file again in both lakes, if it is one of those to be read back; undefined when they don't hold what
 * its checksum says. Without a source there is no second reading: then the sink has to agree alone, and nothing is said.
 */
export async function readBack(
  { consistency, source, sink }: Crossing,
  from: LakePath,
  to: LakePath,
  copied: Copied,
  signal: AbortSignal,
): Promise<Copied | undefined> {
  if (!isReadBack(consistency, copied.digest)) return copied;
  const [atSource, atSink] = await Promise.all([
    unlessGone(checksumOf(source.read, from, copied, signal)),
    unlessGone(checksumOf(sink.read, to, copied, signal)),
  ]);
  const sent = copied.crc64 ?? copied.md5 ?? atSource ?? atSink;
  if (atSink === undefined || atSink !== sent) return undefined;
  if (atSource === undefined) return (await isThere(source, from, signal)) ? undefined : copied;
  return atSource === sent ? { ...copied, readBack: true } : undefined;
}

/**
 * Copies a file from scratch that was read back as another, and reads it back again: what this run has written is
 * replaced, not believed.
 */
export async function copyAnew(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  first: Copied,
  signal: AbortSignal,
  earlier?: LargeFile,
): Promise<FileOutcome | Sent | Parted> {
  const { run, source, sink } = crossing;
  await mustHold(crossing);
  if (!(await isThere(source, from, signal))) return giveUp(crossing, from, to, first, signal);
  const standing = doubted(run, await sink.stat(to, signal)) ?? "nothing";
  let second: FileOutcome | Sent | Parted;
  try {
    second = await copyFile(crossing, from, to, await source.stat(from, signal), standing, signal, earlier);
  } catch (error) {
    // Whatever became of the second copy: the first one must not be taken for good.
    if (!signal.aborted) await takeAway(crossing, to, first, signal);
    throw error;
  }
  if (second.do !== "sent") return second;
  const { because = second.copied.because } = first;
  const both: Copied = {
    ...second.copied,
    ...(because === undefined ? {} : { because }),
    read: first.read + second.copied.read,
  };
  const copied = await readBack(crossing, from, to, both, signal);
  return copied === undefined ? giveUp(crossing, from, to, both, signal) : { do: "sent", copied };
}

/**
 * Ends with a failure: "changed" where the source is another by now, else "corrupt". Then nobody knows what the source
 * holds, and nothing stays at the sink that the next run would take for it.
 */
export async function giveUp(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  copied: Copied,
  signal: AbortSignal,
): Promise<never> {
  const { source } = crossing;
  if (await isThere(source, from, signal)) {
    const { bytes, modifiedMs } = await source.stat(from, signal);
    if (bytes !== copied.bytes || modifiedMs !== copied.modifiedMs) throw changedAgain(from);
  }
  await takeAway(crossing, to, copied, signal);
  throw new LakeError("corrupt", {
    op: "readBack",
    path: from,
    detail:
      "the first reading of the source, the second one and the sink don't agree, and this file's copy was taken away again; " +
      "run again, and have the network and the source checked if it stays so",
  });
}

async function unlessGone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    throw error;
  }
}
