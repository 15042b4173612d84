/** One item of a source listing. */
export type Entry = {
  /** The last segment, exactly as the lake gave it. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** 0 for folders. */
  readonly bytes: number;
  /** Milliseconds since 1970; may be negative. */
  readonly modifiedMs: number;
  readonly owner: string;
  readonly group: string;
  /** Octal digits, as "770" or "1777". */
  readonly permission: string;
  /** True when the item has ACL entries beyond owner, group and other. */
  readonly hasAcl: boolean;
  readonly expiresMs?: number;
};

/** One page of a source listing, ascending by name. */
export type Page = {
  readonly entries: readonly Entry[];
  /** What to hand to the server to get the next page; absent on the last page. */
  readonly next?: string;
  /** When the lake answered, by its own clock; in whole seconds, rounded down. */
  readonly atMs?: number;
};

/** What stands at a path of the sink. */
export type SinkItem = {
  readonly kind: "file" | "folder";
  readonly bytes: number;
  readonly etag: string;
  /** What lakeferry wrote with the item, when it was lakeferry. */
  readonly origin?: Origin;
  /** MD5 of the content as the sink keeps it, in hex. */
  readonly md5?: string;
  /** When the item last changed, by the sink's own clock. */
  readonly modifiedMs?: number;
  /** When the file vanishes, in whole seconds; absent when it never does. */
  readonly expiresMs?: number;
  /** The tier the file was given; absent when it follows the account's default. */
  readonly accessTier?: string;
  /** Absent when nothing told it. */
  readonly access?: SeenAccess;
};

/** Who owns an item of the sink, and who may do what, as a look at it tells. */
export type SeenAccess = {
  readonly owner: string;
  readonly group: string;
  /** As "rwxr-x--T", with a "+" behind it when there is an ACL. */
  readonly permissions: string;
  /** The comma list, where it is told. */
  readonly acl?: string;
};

/** One item of a sink listing; of a folder it may tell no more than its name. */
export type SinkEntry = SinkItem & { readonly name: string };

/** One page of a sink listing, in the sink's own order. */
export type SinkPage = {
  readonly entries: readonly SinkEntry[];
  /** What to hand to the sink to get the next page; absent on the last page. */
  readonly next?: string;
};

/** What stands at the sink under a name: an item, nothing, or nobody has looked yet. */
export type Standing = SinkItem | "nothing" | "unknown";

/** The provenance lakeferry stores with every file and folder it writes. */
export type Origin = {
  readonly run: string;
  /** Length and modification time of the source item that was copied. */
  readonly bytes: number;
  readonly modifiedMs: number;
  /** The source's name, when the sink refuses it and holds the item under another. */
  readonly name?: string;
  /** CRC-64 of the content, as 16 hex digits, where the sink keeps no checksum of its own: put together from the blocks'. */
  readonly crc64?: string;
};
