import { createHash } from "node:crypto";
import { addToCrc64, type Crc64, crc64Hex, emptyCrc64 } from "../core/crc64.ts";
import type { SinkItem } from "../core/entry.ts";
import type { LakePath } from "../core/path.ts";
import type { Read, Sink, Source } from "../lake/lake.ts";

/** How content was compared: the checksum kept with the file against a fresh read of the source, or both sides read. */
export type Proven = "stored" | "read";

/** Reads the source, and the sink where it keeps no checksum; says whether both hold the same, and how that is known. */
export async function sameContent(
  { source, sink }: { readonly source: Source; readonly sink: Sink },
  from: LakePath,
  to: LakePath,
  bytes: number,
  there: SinkItem,
  signal: AbortSignal,
): Promise<{ readonly isSame: boolean; readonly how: Proven }> {
  const { md5, origin } = there;
  if (md5 !== undefined) return { isSame: (await md5Of(source.read, from, bytes, signal)) === md5, how: "stored" };
  if (origin?.crc64 !== undefined) {
    return { isSame: (await crc64Of(source.read, from, bytes, signal)) === origin.crc64, how: "stored" };
  }
  const [one, other] = await Promise.all([
    md5Of(source.read, from, bytes, signal),
    md5Of(sink.read, to, there.bytes, signal),
  ]);
  return { isSame: one === other, how: "read" };
}

async function md5Of(read: Read, path: LakePath, bytes: number, signal: AbortSignal): Promise<string> {
  const hash = createHash("md5");
  const take = (chunk: Uint8Array): undefined => {
    hash.update(chunk);
  };
  if (bytes > 0) await read(path, 0, bytes, take, signal);
  return hash.digest("hex");
}

async function crc64Of(read: Read, path: LakePath, bytes: number, signal: AbortSignal): Promise<string> {
  let sum: Crc64 = emptyCrc64;
  const take = (chunk: Uint8Array): undefined => {
    sum = addToCrc64(sum, chunk);
  };
  if (bytes > 0) await read(path, 0, bytes, take, signal);
  return crc64Hex(sum);
}
