import { LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Read, Source } from "../lake/lake.ts";

/** Reads a file whole into `room`; LakeError "changed" when it ends before `bytes`. */
export async function readWhole(
  source: Source,
  path: LakePath,
  bytes: number,
  signal: AbortSignal,
  room: Buffer,
): Promise<Uint8Array> {
  if (bytes === 0) return new Uint8Array(0);
  const content = await readPart(source.read, path, 0, bytes, signal, room);
  if (content.byteLength < bytes) throw shrunk(path, bytes, content.byteLength);
  return content;
}

/** The bytes of a file from `offset`: `length` of them, or fewer when it ends before; in `room`, which has place for all. */
export async function readPart(
  read: Read,
  path: LakePath,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
  room: Buffer = Buffer.allocUnsafe(length),
): Promise<Uint8Array> {
  let filled = 0;
  const take = (chunk: Uint8Array): undefined => {
    room.set(chunk, filled);
    filled += chunk.byteLength;
  };
  const given = await read(path, offset, length, take, signal);
  return room.subarray(0, given);
}

/** The second change of one file is a failure. */
export function changedAgain(path: LakePath): LakeError {
  return new LakeError("changed", {
    op: "OPEN",
    path,
    detail: "it was changed while it was read, twice; run again when nobody writes to it",
  });
}

/** The source gave fewer bytes than its listing said. */
export function shrunk(path: LakePath, bytes: number, given: number): LakeError {
  return new LakeError("changed", {
    op: "OPEN",
    path,
    detail: `the file ended after ${given} of ${bytes} bytes: it was changed while it was read`,
  });
}
