import { isKind } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";

/** Whether the source has something at a path. Only its own word counts for "nothing"; whatever else goes wrong is thrown. */
export async function isThere(source: Source, path: LakePath, signal: AbortSignal): Promise<boolean> {
  try {
    await source.stat(path, signal);
    return true;
  } catch (error) {
    if (signal.aborted || !isKind(error, "not-found")) throw error;
    return false;
  }
}
