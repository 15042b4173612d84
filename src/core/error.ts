/** What went wrong, in words every part of lakeferry branches on; status codes stay below src/wire. */
export type Kind =
  | "not-found"
  | "denied"
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
  readonly cause?: unknown;
};

/** The fields of a LakeError that cross a boundary as a value (activity result, row, report). */
export type Failure = {
  readonly kind: Kind;
  readonly op: string;
  readonly path: string;
  readonly detail: string;
  readonly status?: number;
  readonly code?: string;
  readonly requestId?: string;
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
  }

  /** The same failure after the last try, so that no outer loop multiplies the tries. */
  exhausted(tries: number): LakeError {
    return new LakeError(this.kind, {
      ...this.details(),
      detail: `${this.detail} (${tries} tries)`,
      retry: "exhausted",
    });
  }

  private details(): Details {
    const { op, path, detail, retry, retryAfterMs, status, code, requestId, cause } = this;
    return { op, path, detail, retry, retryAfterMs, status, code, requestId, cause };
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

/** Any thrown thing as a failure value; what isn't a LakeError is "unexpected" at the given place. */
export function failureOf(error: unknown, op: string, path: string): Failure {
  if (!isLakeError(error)) return { kind: "unexpected", op, path, detail: messageOf(error) };
  const { kind, detail, status, code, requestId } = error;
  return {
    kind,
    op: error.op,
    path,
    detail,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** The words of any thrown thing. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
