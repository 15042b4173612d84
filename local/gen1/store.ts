/** What a store knows of a name. */
export type Node = {
  readonly kind: "file" | "folder";
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly accessedMs: number;
  readonly createdMs: number;
};

/** A folder's names, ascending in the store's order, and a look at each. */
export type Children = {
  readonly names: readonly string[];
  /** Undefined when the name has gone since. */
  node(name: string): Node | undefined;
};

/** Content to be written. */
export type Content = Buffer | AsyncIterable<Buffer>;

/**
 * Names and content; who may do what is kept elsewhere. Paths are clean lake paths ("/", "/a/b").
 * Calls that return no promise are done when they return, so that a check and the act it guards can't be parted.
 */
export type Store = {
  stat(path: string): Node | undefined;
  /** The folder must exist. */
  children(folder: string): Promise<Children>;
  /** Bytes of an existing file from `offset` on, at most `length`; small ones at once, others in bounded chunks. */
  read(path: string, offset: number, length: number): Buffer | AsyncIterable<Buffer>;
  /** Makes a folder in an existing one. */
  makeFolder(path: string): void;
  /** Makes or empties a file in an existing folder. */
  makeFile(path: string): void;
  /** Adds to the end of an existing file; a source that throws leaves what had come until then. */
  append(path: string, content: Content): Promise<void>;
  /** Removes a name with all that is under it. */
  remove(path: string): Promise<void>;
  /** Moves a name to a free one in an existing folder. */
  rename(from: string, to: string): void;
  setTimes(path: string, modifiedMs: number, accessedMs: number): void;
  /** What is under a folder, itself included, where the store knows that without a walk; absent: it has to be walked. */
  summary?(folder: string): { readonly folders: number; readonly files: number; readonly bytes: number } | undefined;
  /** What the store found and doesn't show, one line each. */
  warnings(): readonly string[];
};

/** The store can't hold what it was asked to: a name too long, a link that leads out. */
export class StoreRefusal extends Error {
  override readonly name = "StoreRefusal";
}
