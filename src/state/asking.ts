import { type Kind, LakeError, messageOf } from "../core/error.ts";

/** Asks a store once what it keeps things in was made; every failure is a LakeError. */
export type Asking = <T>(op: string, path: string, ask: () => Promise<T>) => Promise<T>;

/** Time for an answer, with all tries of the SDK. */
export const usualPatienceMs = 120_000;

/**
 * Asks a store of a storage SDK; `make` makes its table or container, on first use and again after a failure. An answer
 * that doesn't come within `patienceMs`, the SDK's own tries included, is a failure: on a connection that died without a
 * word the SDK would wait for ever.
 */
export function askingAfter(make: () => Promise<unknown>, store: "table" | "blob", patienceMs: number): Asking {
  let made: Promise<unknown> | undefined;
  return async (op, path, ask) => {
    try {
      made ??= make();
      await within(patienceMs, made);
      return await within(patienceMs, ask());
    } catch (error) {
      made = undefined;
      throw stateError(error, `${store} ${op}`, path);
    }
  };
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no reply within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

// Both of our SDKs' errors carry `statusCode` and `code`.
function stateError(error: unknown, op: string, path: string): LakeError {
  if (error instanceof LakeError) return error;
  const { statusCode: status, code } = fieldsOf(error);
  return new LakeError(kindOf(status), {
    op,
    path,
    detail: messageOf(error),
    status,
    code,
    cause: error,
    // The SDK has tried again already.
    retry: status === undefined || status >= 500 || status === 429 ? "exhausted" : "never",
  });
}

function fieldsOf(error: unknown): { readonly statusCode: number | undefined; readonly code: string | undefined } {
  const { statusCode, code } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return {
    statusCode: typeof statusCode === "number" ? statusCode : undefined,
    code: typeof code === "string" ? code : undefined,
  };
}

function kindOf(status: number | undefined): Kind {
  if (status === undefined) return "unavailable";
  if (status === 404) return "not-found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 401 || status === 403) return "denied";
  if (status === 429 || status === 503) return "throttled";
  if (status >= 500 || status === 408) return "unavailable";
  return "invalid";
}
