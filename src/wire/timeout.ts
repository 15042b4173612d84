import type { Layer } from "./send.ts";

const bytesPerMs = 1024;

/**
 * Gives each attempt `baseMs`, plus a second for each MiB sent or expected back. Stands inside retry, so that every attempt
 * has its own time; it runs out where the request is sent.
 */
export function timeout(baseMs: number): Layer {
  return (next) => (request) => {
    const bytes = (request.body?.byteLength ?? 0) + (request.expectedBytes ?? 0);
    return next({ ...request, timeoutMs: baseMs + Math.ceil(bytes / bytesPerMs) });
  };
}
