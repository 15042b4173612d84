/** Append blobs under one container. Failures are LakeErrors. */
export type Blobs = {
  /**
   * Appends at exactly this position, the blob's length; position 0 makes the blob. May be repeated after a lost reply
   * by its one writer. "conflict" when the blob isn't that long, "not-found" when it is gone.
   */
  readonly append: (name: string, content: Uint8Array, position: number) => Promise<void>;
  /** At most `length` bytes from `offset`; none at or behind the end. "not-found" when there is no such blob. */
  readonly read: (name: string, offset: number, length: number) => Promise<Uint8Array>;
  /** Removes all blobs whose names begin so. May be repeated. */
  readonly removeUnder: (prefix: string) => Promise<void>;
};

/** The most bytes of one append that every service version takes. */
export const maxAppendBytes = 4 * 1024 * 1024;
