import { LakeError } from "../core/error.ts";
import type { Layer } from "./send.ts";

const bytesPerMs = 1024;

/**
 * Gives up an attempt after `baseMs`, plus a second for each MiB sent or expected back. Stands inside retry, so that
 * every attempt has its own time; the failure says "unavailable, later".
 */
export function timeout(baseMs: number): Layer {
  return (next) => async (request) => {
    const bytes = (request.body?.byteLength ?? 0) + (request.expectedBytes ?? 0);
    const afterMs = baseMs + Math.ceil(bytes / bytesPerMs);
    const attempt = new AbortController();
    const stop = () => attempt.abort(request.signal?.reason);
    request.signal?.addEventListener("abort", stop, { once: true });
    if (request.signal?.aborted === true) stop();
    const timer = setTimeout(() => {
      const { op, path } = request;
      attempt.abort(
        new LakeError("unavailable", { op, path, detail: `no reply within ${afterMs} ms`, retry: "later" }),
      );
    }, afterMs);
    try {
      return await next({ ...request, signal: attempt.signal });
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", stop);
    }
  };
}
