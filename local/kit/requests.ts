import type { Operation, WireRequest } from "./wire.ts";

/** What an emulator has been asked so far. */
export type Requests = {
  readonly total: number;
  readonly byOp: Readonly<Record<string, number>>;
  /** By status; `reset` counts replies that a fault kept back. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** The last requests, oldest first, when a log was asked for. */
  readonly log?: readonly LoggedRequest[];
};

/** One line of the log; a signature in the target is blanked. */
export type LoggedRequest = {
  readonly op: string;
  readonly method: string;
  readonly path: string;
  readonly target: string;
  readonly status: number | "reset";
};

/** Counts requests and keeps the last `logLimit` of them. */
export type RequestCounter = {
  count(request: WireRequest, operation: Operation, status: number | "reset"): void;
  read(): Requests;
  reset(): void;
};

/** A counter at zero. */
export function requestCounter(logLimit: number): RequestCounter {
  const byOp = new Map<string, number>();
  const byStatus = new Map<string, number>();
  const log: LoggedRequest[] = [];
  let total = 0;
  return {
    count(request, { op, path }, status) {
      total++;
      addOne(byOp, op);
      addOne(byStatus, String(status));
      if (logLimit === 0) return;
      log.push({ op, method: request.method, path, target: withoutSignature(request.target), status });
      // Dropped in blocks, since shift() on a long array moves all of it.
      if (log.length >= 2 * logLimit) log.splice(0, log.length - logLimit);
    },
    read: () => ({
      total,
      byOp: Object.fromEntries(byOp),
      byStatus: Object.fromEntries(byStatus),
      ...(logLimit === 0 ? {} : { log: log.slice(-logLimit) }),
    }),
    reset() {
      byOp.clear();
      byStatus.clear();
      log.length = 0;
      total = 0;
    },
  };
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function withoutSignature(target: string): string {
  return target.replace(/([?&]sig=)[^&]*/i, "$1-");
}
