import { type Kind, LakeError, type Retry } from "../core/error.ts";
import type { Layer, WireReply, WireRequest } from "./send.ts";

/** What a store's error body says: its code and its sentence. */
export type Complaint = { readonly code?: string | undefined; readonly message?: string | undefined };

/** How one store words its errors. */
export type Dialect = {
  readonly complaint: (reply: WireReply) => Complaint;
  /** The kind behind a code where the status alone would mislead. */
  readonly kindOf: (status: number, code: string | undefined) => Kind | undefined;
};

/** Turns replies of 300 and above into LakeErrors; above this layer nobody needs to know a status code. */
export function classify(dialect: Dialect, nowMs: () => number): Layer {
  return (next) => (request) =>
    next(request).then((reply) => {
      if (reply.status < 300) return reply;
      throw errorOf(dialect, request, reply, nowMs());
    });
}

function errorOf(dialect: Dialect, request: WireRequest, reply: WireReply, nowMs: number): LakeError {
  const { code, message } = dialect.complaint(reply);
  // Whatever the code beside it: 401 is about who asks.
  const kind =
    reply.status === 401 ? "unauthenticated" : (dialect.kindOf(reply.status, code) ?? kindOfStatus(reply.status));
  return new LakeError(kind, {
    op: request.op,
    path: request.path,
    detail: message ?? `HTTP ${reply.status}`,
    retry: retryOf(kind),
    retryAfterMs: retryAfterMs(reply.headers["retry-after"], nowMs),
    status: reply.status,
    code,
    requestId: reply.headers["x-ms-request-id"],
  });
}

function kindOfStatus(status: number): Kind {
  if (status === 403) return "denied";
  if (status === 404) return "not-found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 429 || status === 503) return "throttled";
  if (status === 408 || (status >= 500 && status !== 501 && status !== 505)) return "unavailable";
  return status >= 400 && status < 500 ? "invalid" : "unexpected";
}

// Corrupt means that a checksum of this request's bytes didn't match: the bytes in memory are sent again.
function retryOf(kind: Kind): Retry {
  return kind === "throttled" || kind === "unavailable" || kind === "corrupt" ? "later" : "never";
}

/** Milliseconds of a Retry-After header, given in seconds or as a date; undefined when absent or unreadable. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
