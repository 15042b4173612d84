/** How patiently one request is sent again. */
export type Backoff = {
  readonly tries: number;
  /** The upper end of the first wait; doubles with each try. */
  readonly firstMs: number;
  readonly maxMs: number;
};

/**
 * Milliseconds to wait before try `attempt` + 1: full jitter under an exponential ceiling, never less than the
 * server's Retry-After, which is itself bounded so that a broken server can't park us.
 */
export function delayMs(backoff: Backoff, attempt: number, roll: number, retryAfterMs: number | undefined): number {
  const ceiling = Math.min(backoff.maxMs, backoff.firstMs * 2 ** (attempt - 1));
  const asked = Math.min(retryAfterMs ?? 0, 10 * backoff.maxMs);
  return Math.max(Math.round(roll * ceiling), asked);
}
