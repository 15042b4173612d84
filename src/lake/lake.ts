import type { Entry, Origin, Page, SinkItem } from "../core/entry.ts";
import type { LakePath } from "../core/path.ts";

/** Takes bytes in order; the chunk is the receiver's to keep. */
export type Receive = (chunk: Uint8Array) => Promise<void> | undefined;

/**
 * A lake to read from. Every operation may be repeated; names are exactly the lake's. Failures are LakeErrors:
 * "not-found", "denied" and "exhausted" ones mean what they say, nobody above sends the same request again at once.
 */
export type Source = {
  /** What stands at a path; "not-found" when nothing does. The name of the root is "". */
  readonly stat: (path: LakePath, signal?: AbortSignal) => Promise<Entry>;
  /** One page of a folder's children, ascending, beginning after the name or token `after`. */
  readonly list: (folder: LakePath, after: string | undefined, signal?: AbortSignal) => Promise<Page>;
  /**
   * Reads `length` bytes from `offset` with as few requests as possible, resuming where a connection broke. Resolves to
   * the number of bytes given, which is smaller than `length` only when the file ends before.
   */
  readonly read: (
    path: LakePath,
    offset: number,
    length: number,
    receive: Receive,
    signal?: AbortSignal,
  ) => Promise<number>;
  /** The counts under a folder when the lake can say them quickly, for estimates only. */
  readonly summary: (
    folder: LakePath,
    signal?: AbortSignal,
  ) => Promise<{ readonly files: number; readonly bytes: number }>;
};

/** What a write replaces: nothing, or exactly the item with this ETag. Anything else there is a "conflict". */
export type Guard = { readonly replaces: "nothing" } | { readonly replaces: "etag"; readonly etag: string };

/** A lake to write to. Content is atomic: a file holds its old or its whole new content. */
export type Sink = {
  /** Makes the file system when it is missing; says whether it stood there. May be repeated. */
  readonly makeFileSystem: (signal?: AbortSignal) => Promise<"made" | "found">;
  /** What stands at a path, or undefined. */
  readonly stat: (path: LakePath, signal?: AbortSignal) => Promise<SinkItem | undefined>;
  /** Makes a folder and its parents; says whether it stood there. A file in the way is a "conflict". May be repeated. */
  readonly makeFolder: (path: LakePath, origin: Origin, signal?: AbortSignal) => Promise<"made" | "found">;
  /**
   * Writes a whole file in one request; parents are made. Resolves to the MD5, in hex, that the sink has checked. A
   * repeat after a lost reply meets its own work as "conflict".
   */
  readonly putFile: (
    path: LakePath,
    content: Uint8Array,
    origin: Origin,
    guard: Guard,
    signal?: AbortSignal,
  ) => Promise<string>;
  /** Lays down one block that nobody sees yet. Block ids of one file have one length. May be repeated. */
  readonly stageBlock: (path: LakePath, blockId: string, content: Uint8Array, signal?: AbortSignal) => Promise<void>;
  /**
   * Makes the blocks the file's content, in this order, and keeps `md5`, hex, as that of the whole. A repeat after a lost reply meets
   * its own work as "conflict".
   */
  readonly commitBlocks: (
    path: LakePath,
    blockIds: readonly string[],
    md5: string,
    origin: Origin,
    guard: Guard,
    signal?: AbortSignal,
  ) => Promise<void>;
};
