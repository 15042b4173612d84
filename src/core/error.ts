/** What went wrong, in words every part of lakeferry branches on; status codes stay below src/wire. */
export type Kind =
  | "not-found"
  | "denied"
  | "unauthenticated"
  | "throttled"
  | "unavailable"
  | "conflict"
  | "changed"
  | "corrupt"
  | "invalid"
  | "unprocessable"
  | "unexpected";

/** Whether sending again may help: never, later, or it was tried until the patience ran out. */
export type Retry = "never" | "later" | "exhausted";

type Details = {
  readonly op: string;
  readonly path: string;
  readonly detail: string;
  readonly retry?: Retry;
  readonly retryAfterMs?: number | undefined;
  /** The store's own HTTP status, error code and request id, for people and support tickets. */
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
  readonly at?: Side | undefined;
  readonly tries?: number | undefined;
  readonly cause?: unknown;
};

/** Which lake an error is about, or the name itself. */
export type Side = "source" | "sink" | "name";

/** The fields of a LakeError that cross a boundary as a value (activity result, row, report). */
export type Failure = {
  readonly kind: Kind;
  readonly op: string;
  readonly path: string;
  readonly detail: string;
  readonly status?: number;
  readonly code?: string;
  readonly requestId?: string;
  readonly at?: Side;
  /** How often the request was sent that failed in the end. */
  readonly tries?: number;
  /** When it was given up, in ISO 8601. */
  readonly time?: string;
};

/** The only error that crosses a folder of src. Branch on `kind` or `retry`, never on the message. */
export class LakeError extends Error {
  override readonly name = "LakeError";
  readonly kind: Kind;
  readonly retry: Retry;
  readonly op: string;
  readonly path: string;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  readonly at: Side | undefined;
  readonly tries: number | undefined;

  constructor(kind: Kind, details: Details) {
    super(`${kind} at ${details.op} ${details.path}: ${details.detail}`, { cause: details.cause });
    this.kind = kind;
    this.retry = details.retry ?? "never";
    this.op = details.op;
    this.path = details.path;
    this.detail = details.detail;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
    this.at = details.at;
    this.tries = details.tries;
  }

  /** The same failure after the last try, so that no outer loop multiplies the tries. */
  exhausted(tries: number): LakeError {
    return new LakeError(this.kind, {
      ...this.details(),
      detail: `${this.detail} (${tries} tries)`,
      retry: "exhausted",
      tries,
    });
  }

  /** The same failure, which this try of a request has brought. */
  atTry(tries: number): LakeError {
    return this.tries === undefined ? new LakeError(this.kind, { ...this.details(), tries }) : this;
  }

  /** The same failure, of one of the lakes; who said so first is right. */
  of(at: Side): LakeError {
    return this.at === undefined ? new LakeError(this.kind, { ...this.details(), at }) : this;
  }

  private details(): Details {
    const { op, path, detail, retry, retryAfterMs, status, code, requestId, at, tries, cause } = this;
    return { op, path, detail, retry, retryAfterMs, status, code, requestId, at, tries, cause };
  }
}

/** True for LakeError. */
export function isLakeError(error: unknown): error is LakeError {
  return error instanceof LakeError;
}

/** True for a LakeError of this kind. */
export function isKind(error: unknown, kind: Kind): error is LakeError {
  return isLakeError(error) && error.kind === kind;
}

/** True for what a lake doesn't let us do: it knows who asks and says no, or doesn't accept who asks. */
export function isRefused(error: unknown): error is LakeError {
  return isKind(error, "denied") || isKind(error, "unauthenticated");
}

/** True for what is no item's own fault until its lake has answered for something else. */
export function isOfLake(error: unknown): error is LakeError {
  return isLakeError(error) && (error.retry === "exhausted" || error.kind === "unauthenticated");
}

/** Any thrown thing as a failure value; what isn't a LakeError is "unexpected" at the given place. */
export function failureOf(error: unknown, op: string, path: string): Failure {
  if (!isLakeError(error)) return { kind: "unexpected", op, path, detail: messageOf(error) };
  const { kind, detail, status, code, requestId, at, tries } = error;
  return {
    kind,
    op: error.op,
    path,
    detail,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(at === undefined ? {} : { at }),
    ...(tries === undefined ? {} : { tries }),
  };
}

/** The words of any thrown thing. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What was listed as a file is a folder by the time that `op` asks for it. */
export function folderNow(op: string, path: string): LakeError {
  return new LakeError("changed", { op, path, detail: "it was a file and is a folder now; run again" });
}
