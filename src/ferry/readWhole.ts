import { LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";

/** Reads a small file whole; LakeError "changed" when it ends before `bytes`. */
export async function readWhole(
  source: Source,
  path: LakePath,
  bytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (bytes === 0) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  const given = await source.read(path, 0, bytes, (chunk) => void chunks.push(chunk), signal);
  if (given < bytes) throw shrunk(path, bytes, given);
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
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
