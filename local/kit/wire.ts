import type { IncomingHttpHeaders } from "node:http";
import type { Query } from "./query.ts";

/** One request as an emulator sees it. */
export type WireRequest = {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** The path as it was sent: still encoded, nothing resolved. */
  readonly rawPath: string;
  readonly rawQuery: string;
  /** Decoded parameters; keys are in lower case. */
  readonly query: Query;
  /** Names are in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: RequestBody;
};

/** What a request asks for: the name it is counted under, and the decoded path; faults match both. */
export type Operation = { readonly op: string; readonly path: string };

/** The request's body; take it once, in one of the two ways. */
export type RequestBody = {
  /** Known when the client said so; 0 when there is no body, undefined when it comes chunked. */
  readonly length: number | undefined;
  /** The whole body; throws BodyTooLarge above the bound. */
  read(limitBytes: number): Promise<Buffer>;
  /** The body in chunks of some 64 KiB; throws when the client goes away before its end. */
  chunks(): AsyncIterable<Buffer>;
};

/** What an emulator answers. */
export type WireReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Reason phrase, when it isn't the usual one. */
  readonly reason?: string;
  /** Absent: empty, with Content-Length 0 unless the headers give one. An iterable without Content-Length goes chunked. */
  readonly body?: Buffer | string | AsyncIterable<Buffer>;
  /** Sends a whole body chunked, without Content-Length. */
  readonly isChunked?: true;
};

/** A request's body was longer than the emulator reads. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** The client went away, or a fault cut the connection; nothing can be answered any more. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
