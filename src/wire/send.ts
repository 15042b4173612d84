/** One HTTP exchange to make. The target goes on the wire exactly as it stands here: nothing normalises names. */
export type WireRequest = {
  /** The operation in the store's own word, as "OPEN" or "Put Blob". */
  readonly op: string;
  /** The lake path, for people. */
  readonly path: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly origin: string;
  /** Path and query, encoded. */
  readonly target: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** True when sending it twice does no more than sending it once. */
  readonly safe: boolean;
  /** Bytes expected back, when they are many: the time allowed grows with them. */
  readonly expectedBytes?: number;
  /**
   * Takes the reply's body in order, chunk by chunk, instead of having it whole in the reply. A chunk's bytes are good until
   * it returns; the next comes once its promise is fulfilled. Only called for a status below 300. Once a chunk was given, a
   * failure is for the caller to resume: such a request must not be `safe`.
   */
  readonly receive?: (chunk: Uint8Array) => Promise<void> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long until it is given up, from being sent to the reply's last byte: "unavailable, later". */
  readonly timeoutMs?: number;
};

/** What came back. Header names are lower case. */
export type WireReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty when the request had `receive`. */
  readonly body: Uint8Array;
};

/** Makes one exchange; throws LakeError once the classify layer is below it. */
export type Send = (request: WireRequest) => Promise<WireReply>;

/** Something around every exchange. */
export type Layer = (next: Send) => Send;

/** Stacks layers so that the first listed is the outermost. */
export function stack(base: Send, ...layers: readonly Layer[]): Send {
  return layers.reduceRight((next, layer) => layer(next), base);
}
