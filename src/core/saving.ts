/** A save may take this share of the time between two saves. */
const mostShare = 0.1;
const longestMs = 60_000;

/**
 * How long to wait until the next save: `baseMs` while the state store is quick; longer when it is slow, doubled when it
 * refused requests as too many, and back again step by step.
 */
export function nextSaveMs(
  baseMs: number,
  lastMs: number,
  save: { readonly tookMs: number; readonly wasThrottled: boolean },
): number {
  const wanted = save.wasThrottled ? lastMs * 2 : Math.max(lastMs / 2, save.tookMs / mostShare);
  return Math.max(baseMs, Math.min(longestMs, wanted));
}
