import type { Access, AccessChange } from "../core/access.ts";
import type { Crc64 } from "../core/crc64.ts";
import type { Entry, Origin, Page, SinkItem, SinkPage } from "../core/entry.ts";
import type { LakePath } from "../core/path.ts";
import type { Interval } from "../core/range.ts";
import type { AccessTier } from "../core/tier.ts";

/** Takes bytes in order. They are good until it returns: whoever wants them longer copies them. */
export type Receive = (chunk: Uint8Array) => Promise<void> | undefined;

/**
 * Reads `length` bytes from `offset` with as few requests as possible, resuming where a connection broke. Resolves to
 * the number of bytes given, which is smaller than `length` only when the file ends before; "changed" when it is a folder.
 */
export type Read = (
  path: LakePath,
  offset: number,
  length: number,
  receive: Receive,
  signal?: AbortSignal,
) => Promise<number>;

/**
 * A lake to read from. Every operation may be repeated; names are exactly the lake's. Failures are LakeErrors:
 * "not-found", "denied" and "exhausted" ones mean what they say, nobody above sends the same request again at once.
 */
export type Source = {
  /** What stands at a path; "not-found" when nothing does. The name of the root is "". */
  readonly stat: (path: LakePath, signal?: AbortSignal) => Promise<Entry>;
  /** One page of a folder's children, ascending, beginning after the name or token `after`; of at most `most` names. */
  readonly list: (folder: LakePath, after: string | undefined, signal?: AbortSignal, most?: number) => Promise<Page>;
  /** The first name of a folder that comes after `after`, which need not be a name; undefined when there is none. */
  readonly nameAfter: (folder: LakePath, after: string, signal?: AbortSignal) => Promise<string | undefined>;
  readonly read: Read;
  /**
   * Owner, group, access and default ACL, and the sticky bit. Principals as object ids; or as names where the lake
   * knows one, which is slow and shows whose ids nobody has any more.
   */
  readonly getAccess: (path: LakePath, principals: "ids" | "names", signal?: AbortSignal) => Promise<Access>;
  /** The counts under a folder when the lake can say them quickly, for estimates only. */
  readonly summary: (
    folder: LakePath,
    signal?: AbortSignal,
  ) => Promise<{ readonly files: number; readonly bytes: number }>;
};

/** What a write replaces: nothing, or exactly the item with this ETag. Anything else there is a "conflict". */
export type Guard = { readonly replaces: "nothing" } | { readonly replaces: "etag"; readonly etag: string };

/** What a file's write says beside its content. Without a tier it follows the account's default. */
export type FileLabel = Origin & SourceTime & { readonly accessTier?: AccessTier };

/** The source's time, for other tools to find. */
export type SourceTime = { readonly mtimeMs?: number };

/** A file as it was just written. */
export type Written = { readonly etag: string };

/** What the making of a folder says; without access it has what its parent and the service's umask give. */
export type FolderLabel = Origin & SourceTime & { readonly access?: AccessChange };

/** Where a page of a sink's listing begins. */
export type ListFrom = Interval | { readonly token: string };

/** A lake to write to. Content is atomic: a file holds its old or its whole new content. */
export type Sink = {
  /** Makes the file system when it is missing, with where its root is from; says whether it stood there. May be repeated. */
  readonly makeFileSystem: (label: Origin, signal?: AbortSignal) => Promise<"made" | "found">;
  /** What stands at a path, or undefined. */
  readonly stat: (path: LakePath, signal?: AbortSignal) => Promise<SinkItem | undefined>;
  /**
   * One page of a folder's children in whatever order the sink has, nothing for a folder that isn't there. From a token on,
   * or at least those of an interval of names; others may be among them.
   */
  readonly list: (folder: LakePath, from: ListFrom, signal?: AbortSignal) => Promise<SinkPage>;
  /** For proofs: what the sink holds now, from whatever version of the file. */
  readonly read: Read;
  /**
   * Makes a folder and its parents; says what stood there, which stays as it is. A file in the way is a "conflict". May be
   * repeated.
   */
  readonly makeFolder: (path: LakePath, label: FolderLabel, signal?: AbortSignal) => Promise<"made" | SinkItem>;
  /**
   * Writes a whole file in one request; parents are made. Resolves with the MD5, in hex, that the sink has checked and
   * keeps; "corrupt" when the sink says it took other bytes: they stand there and must be written again. A repeat
   * after a lost reply meets its own work as "conflict".
   */
  readonly putFile: (
    path: LakePath,
    content: Uint8Array,
    label: FileLabel,
    guard: Guard,
    signal?: AbortSignal,
  ) => Promise<Written & { readonly md5: string }>;
  /**
   * Lays down one block that nobody sees yet. Block ids of one file have one length. Resolves to the CRC-64 that the sink
   * has checked, which is `crc64` where that is known already; "corrupt" when it says it took other bytes. May be repeated.
   */
  readonly stageBlock: (
    path: LakePath,
    blockId: string,
    content: Uint8Array,
    signal?: AbortSignal,
    crc64?: Crc64,
  ) => Promise<Crc64>;
  /**
   * Makes the blocks the file's content, in this order. The sink keeps no MD5 of it, as nobody would have checked that. A
   * block that is gone is "changed". A repeat after a lost reply meets its own work as "conflict".
   */
  readonly commitBlocks: (
    path: LakePath,
    blockIds: readonly string[],
    label: FileLabel,
    guard: Guard,
    signal?: AbortSignal,
  ) => Promise<Written>;
  /** Owner, group, ACL and sticky bit of an item, principals as the sink keeps them. */
  readonly getAccess: (path: LakePath, signal?: AbortSignal) => Promise<Access>;
  /**
   * Changes what is named of an item's access, in one request; content and ETag stay. With an ETag, only while the item
   * has it, else "conflict". May be repeated.
   */
  readonly setAccess: (
    path: LakePath,
    change: AccessChange,
    etag: string | undefined,
    signal?: AbortSignal,
  ) => Promise<void>;
  /**
   * Deletes a file while it has this ETag, or a folder that is empty; "conflict" for one that has another, or isn't empty.
   * What is gone already is no error. May be repeated.
   */
  readonly remove: (path: LakePath, etag: string | undefined, signal?: AbortSignal) => Promise<void>;
  /**
   * Lets a file vanish at a time, rounded up to a second, or never; only while it has this ETag, else "conflict". Then it
   * has another one. A request that is late on its way changes nothing.
   */
  readonly setExpiry: (
    path: LakePath,
    expiresMs: number | undefined,
    etag: string,
    signal?: AbortSignal,
  ) => Promise<void>;
};
