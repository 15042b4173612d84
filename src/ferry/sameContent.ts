import { createHash } from "node:crypto";
import { budget } from "../core/budget.ts";
import { addToCrc64, combineCrc64, type Crc64, crc64Hex, emptyCrc64 } from "../core/crc64.ts";
import type { SinkItem } from "../core/entry.ts";
import type { LakePath } from "../core/path.ts";
import type { Read, Sink, Source } from "../lake/lake.ts";

const pieceBytes = 64 * 1024 * 1024;
const piecesAtOnce = 4;

/** How content was compared: the checksum kept with the file against a fresh read of the source, or both sides read. */
export type Proven = "stored" | "read";

/** What comparing content needs. */
export type Comparing = {
  readonly source: Source;
  readonly sink: Sink;
  /** Is told of bytes of the source that were read for nothing but that. */
  readonly compared: (bytes: number) => void;
};

/** Reads the source, and the sink where it keeps no checksum; says whether both hold the same, and how that is known. */
export async function sameContent(
  means: Comparing,
  from: LakePath,
  to: LakePath,
  bytes: number,
  there: SinkItem,
  signal: AbortSignal,
): Promise<{ readonly isSame: boolean; readonly how: Proven }> {
  const content = await readAndCompared(means, from, to, bytes, there, signal);
  means.compared(bytes);
  return content;
}

async function readAndCompared(
  { source, sink }: Comparing,
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

/** The checksum of what a lake holds, read from end to end: of the kind that the file was sent with. */
export function checksumOf(
  read: Read,
  path: LakePath,
  { bytes, crc64 }: { readonly bytes: number; readonly crc64?: string },
  signal: AbortSignal,
): Promise<string> {
  return (crc64 === undefined ? md5Of : crc64Of)(read, path, bytes, signal);
}

async function md5Of(read: Read, path: LakePath, bytes: number, signal: AbortSignal): Promise<string> {
  const hash = createHash("md5");
  const take = (chunk: Uint8Array): undefined => {
    hash.update(chunk);
  };
  if (bytes > 0) await read(path, 0, bytes, take, signal);
  return hash.digest("hex");
}

// Some pieces at a time: one reading of a large file from end to end would take longer than a slice has.
async function crc64Of(read: Read, path: LakePath, bytes: number, signal: AbortSignal): Promise<string> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const slots = budget(piecesAtOnce);
  const pieces = Array.from({ length: Math.ceil(bytes / pieceBytes) }, async (_, index) => {
    const release = await slots.take(1, either);
    try {
      return await crc64OfPiece(
        read,
        path,
        index * pieceBytes,
        Math.min(pieceBytes, bytes - index * pieceBytes),
        either,
      );
    } catch (error) {
      failed.abort(error);
      throw error;
    } finally {
      release();
    }
  });
  const sums = await Promise.all(pieces);
  const whole = sums.reduce((sum, piece) => combineCrc64(sum, piece.crc64, piece.bytes), emptyCrc64);
  return crc64Hex(whole);
}

async function crc64OfPiece(read: Read, path: LakePath, offset: number, length: number, signal: AbortSignal) {
  let crc64: Crc64 = emptyCrc64;
  const take = (chunk: Uint8Array): undefined => {
    crc64 = addToCrc64(crc64, chunk);
  };
  const bytes = await read(path, offset, length, take, signal);
  return { crc64, bytes };
}
