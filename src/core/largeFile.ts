import { combineCrc64, type Crc64, emptyCrc64 } from "./crc64.ts";
import type { BlockRange } from "./cut.ts";
import type { Failure } from "./error.ts";
import type { CopyReason } from "./outcome.ts";
import type { LakePath } from "./path.ts";

/** A file that travels as ranges of blocks, which any lanes send; everything that was settled before its first block. */
export type LargeFile = {
  /** Names this attempt, and its blocks: another attempt's are never mixed in. */
  readonly id: string;
  readonly path: LakePath;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly blockBytes: number;
  /** Why the file is sent. */
  readonly because?: CopyReason;
  /** The ETag of what stood at the sink; absent: nothing did. */
  readonly replaces?: string;
  readonly attempt: number;
  /** When the first attempt began, in milliseconds since 1970. */
  readonly openedMs: number;
};

/** A large file under way: blocks that nobody has sent yet, and the CRC-64 of the others, each at its place. */
export type LargeFileState = LargeFile & {
  readonly left: number;
  readonly crc64: Crc64;
  /** Why some block could not be sent; the file will not become whole in this attempt. */
  readonly failure?: Failure;
};

/** Blocks of one file that were dealt with: sent, or with a failure given up. */
export type Staged = {
  readonly file: string;
  readonly blocks: number;
  readonly crc64: Crc64;
  readonly failure?: Failure;
};

/** Attempts for one file: a second one when the source has changed, or its blocks are gone, since the first. */
export const maxAttempts = 2;

/** How many blocks a file has. */
export function blockCount({ bytes, blockBytes }: LargeFile): number {
  return Math.ceil(bytes / blockBytes);
}

/** The id of a block; all of a file have one length, as the service demands. */
export function blockIdOf(file: string, index: number): string {
  return btoa(`${file}-${String(index).padStart(5, "0")}`);
}

/** All blocks of a file. */
export function allBlocks(file: LargeFile): BlockRange {
  return { path: file.path, file: file.id, from: 0, to: blockCount(file), blockBytes: file.blockBytes };
}

/** What is left to do once all blocks are sent. */
export function commitOf(file: LargeFile): BlockRange {
  return { ...allBlocks(file), from: blockCount(file) };
}

/** A file of which no block has been sent. */
export function begun(file: LargeFile): LargeFileState {
  return { ...file, left: blockCount(file), crc64: emptyCrc64 };
}

/** The part that a piece's CRC-64 has in that of the whole: such parts add up in any order. */
export function placedCrc64(crc64: Crc64, bytesBehind: number): Crc64 {
  return combineCrc64(crc64, emptyCrc64, bytesBehind);
}

/** Two placed parts together. */
export function addCrc64(a: Crc64, b: Crc64): Crc64 {
  return combineCrc64(a, b, 0);
}

/** Two pieces of the same file together. */
export function addStaged(a: Staged | undefined, b: Staged): Staged {
  if (a === undefined) return b;
  const failure = a.failure ?? b.failure;
  const sum = { file: a.file, blocks: a.blocks + b.blocks, crc64: addCrc64(a.crc64, b.crc64) };
  return failure === undefined ? sum : { ...sum, failure };
}

/** The same file with some more of its blocks dealt with. */
export function afterStaged(state: LargeFileState, { blocks, crc64, failure }: Staged): LargeFileState {
  return {
    ...state,
    left: state.left - blocks,
    crc64: addCrc64(state.crc64, crc64),
    ...(failure === undefined || state.failure !== undefined ? {} : { failure }),
  };
}
