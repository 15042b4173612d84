import { isLakeError, type Kind } from "../core/error.ts";
import type { Layer } from "./send.ts";

/** One operation as its caller saw it: after all tries. */
export type WireEvent = {
  readonly store: string;
  readonly op: string;
  readonly path: string;
  readonly ms: number;
  readonly kind: Kind | "stopped";
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
};

/** Reports each operation that failed in the end. Stands outermost, so it sees what the caller sees. */
export function trace(store: string, nowMs: () => number, report: (event: WireEvent) => void): Layer {
  return (next) => (request) => {
    const startMs = nowMs();
    return next(request).catch((error: unknown) => {
      const { op, path } = request;
      const ms = nowMs() - startMs;
      report(
        isLakeError(error)
          ? { store, op, path, ms, kind: error.kind, code: error.code, requestId: error.requestId }
          : { store, op, path, ms, kind: "stopped" },
      );
      throw error;
    });
  };
}
