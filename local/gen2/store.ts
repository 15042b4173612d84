/** A file or folder without its content. A folder directly under the root, "", is a file system. */
export type Item = FileItem | FolderItem;

export type FolderItem = Described & { readonly kind: "folder" };

export type FileItem = Described & {
  readonly kind: "file";
  readonly bytes: number;
  /** Content-Type and its relatives by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly md5: string | undefined;
  readonly expiresMs: number | undefined;
  readonly tier: string | undefined;
  /** Which protocol wrote the content; the service refuses to append to what the other one wrote. */
  readonly writer: "blob" | "dfs";
  readonly blocks: readonly Block[];
};

export type Block = { readonly id: string; readonly bytes: number };

type Described = {
  readonly etag: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly owner: string;
  readonly group: string;
  readonly acl: string;
  readonly sticky: boolean;
  readonly metadata: Readonly<Record<string, string>>;
};

/** Bytes that a store has received and not yet given to a file; used up by `putFile`, `stage` or `discard`. */
export type Content =
  | { readonly kind: "memory"; readonly bytes: number; readonly chunks: readonly Buffer[] }
  | { readonly kind: "file"; readonly bytes: number; readonly file: string };

/** Where a body is written while it arrives. */
export type Intake = { write(chunk: Buffer): void; finish(): Content; abort(): void };

/** Bytes kept for a path until a later request makes content of them: a block or an append. */
export type Part = {
  readonly key: string;
  readonly bytes: number;
  readonly stagedMs: number;
  readonly content: Content;
};

/** A stretch of staged bytes or of a file's present content. */
export type Piece = { readonly from: Content | string; readonly start: number; readonly bytes: number };

/** A folder's children by name, and the names ascending in UTF-16 order. */
export type Folder = { get(name: string): Item | undefined; names(): readonly string[] };

/**
 * What the emulator's operations need of a place to keep a tree. Paths are `filesystem/folder/file`. Whatever changes the tree
 * is one synchronous step, so that checking a condition and obeying it needs no lock.
 */
export type Store = {
  get(path: string): Item | undefined;
  /** The children of a folder, or of the root. */
  folder(path: string): Folder | undefined;
  /** Creates a folder whose parent exists, or describes an existing one anew. */
  putFolder(path: string, item: FolderItem): void;
  /** Creates or replaces a file whose parent exists; without content the file keeps what it holds. */
  putFile(path: string, item: FileItem, content: Content | undefined): void;
  /** Removes a file, or a folder with everything in it; the parts of what is removed go too. */
  remove(path: string): void;
  /** Moves a file or a folder with everything in it to a name that nothing holds, or a file does. */
  move(from: string, to: string): void;
  /** The bytes from `start` up to, not including, `end` as they are now, whatever is written later. */
  read(path: string, start: number, end: number): Buffer | AsyncIterable<Buffer>;
  intake(): Intake;
  /** New content made of pieces in order; it may use up a piece that is one whole content. */
  join(pieces: readonly Piece[]): Promise<Content>;
  discard(content: Content): void;
  /** Keeps a part of `path`, in place of an earlier one with the same key. */
  stage(path: string, part: Part): void;
  staged(path: string): ReadonlyMap<string, Part>;
  /** Lets the parts of `path` go, but those that `keeps` says. */
  unstage(path: string, keeps?: (key: string) => boolean): void;
  close(): Promise<void>;
};

/** Bodies up to this size are held in memory on their way; larger ones go where the store puts them. */
export const SMALL_BYTES = 256 * 1024;

/** The folder that holds `path`; the root for a file system. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The last segment of `path`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of `name` in `folder`. */
export function childOf(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
