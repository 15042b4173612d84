import { LakeError } from "./error.ts";

/** Source: Azure Blob service limits. */
const maxBlocks = 50_000;
const mebibyte = 1024 * 1024;

/** Files up to this many bytes travel in one request. */
export const onePutBytes = 8 * mebibyte;

const defaultBlockBytes = 4 * mebibyte;

/**
 * Bytes per block for a file of `bytes`: 4 MiB, as many as the service charges a write for, larger where 50,000 blocks would not hold the
 * file. A size the request gave is kept; LakeError "invalid" when it can't hold the file.
 */
export function blockBytesFor(path: string, bytes: number, blockSizeInMB: number | undefined): number {
  const needed = Math.ceil(bytes / maxBlocks);
  if (blockSizeInMB === undefined) {
    return Math.max(defaultBlockBytes, Math.ceil(needed / mebibyte) * mebibyte);
  }
  const asked = blockSizeInMB * mebibyte;
  if (asked < needed) {
    throw new LakeError("invalid", {
      op: "blockSizeInMB",
      path,
      detail: `${bytes} bytes don't fit into ${maxBlocks} blocks of ${blockSizeInMB} MiB; ${Math.ceil(needed / mebibyte)} MiB would do`,
    });
  }
  return asked;
}

/**
 * From which size on files are shared between lanes, as ranges of blocks, how large the blocks of a file are, and how many
 * bytes of them one request reads: a walk that is stopped, or shares, doesn't go on for longer.
 */
export type BlockSizes = {
  readonly largeFileBytes: number;
  readonly bytesFor: typeof blockBytesFor;
  readonly bytesPerRead: number;
};

/** What suits Azure: sharing a file costs a few table requests, which this many bytes are worth. */
export const blockSizes: BlockSizes = {
  largeFileBytes: 256 * mebibyte,
  bytesFor: blockBytesFor,
  bytesPerRead: 64 * mebibyte,
};

/** Blocks of a large file that one request reads. */
export function blocksPerRead({ bytesPerRead }: BlockSizes, blockBytes: number): number {
  return Math.max(1, Math.floor(bytesPerRead / blockBytes));
}
