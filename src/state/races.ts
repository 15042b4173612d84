import { isKind } from "../core/error.ts";
import type { Rows } from "./rows.ts";

/** True when the store has no time: the same step may be tried again. */
export function isBusy(error: unknown): boolean {
  return isKind(error, "unavailable") || isKind(error, "throttled");
}

/** True when somebody else was faster. */
export function isRace(error: unknown): boolean {
  return isKind(error, "conflict") || isKind(error, "not-found");
}

/** Removes a row of this version; a doubled execution may have been faster. */
export async function removeOnce(rows: Rows, partitionKey: string, rowKey: string, etag: string): Promise<void> {
  try {
    await rows.remove(partitionKey, rowKey, etag);
  } catch (error) {
    if (!isRace(error)) throw error;
  }
}
