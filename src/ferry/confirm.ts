import type { Entry } from "../core/entry.ts";
import { isKind } from "../core/error.ts";
import type { Copied, FileOutcome, Sent } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Crossing, Parted } from "./copy.ts";
import { mustHold } from "./own.ts";
import { bringFile } from "./readBack.ts";
import { changedAgain } from "./readWhole.ts";

/** True when the source still has the version that was sent. */
export function isUnchanged({ bytes, modifiedMs }: Copied, now: Entry): boolean {
  return now.kind === "file" && now.bytes === bytes && now.modifiedMs === modifiedMs;
}

/**
 * Looks at the source of one file again, after it was sent. One that is another by now is copied once more; the second
 * time it is a failure of kind "changed". A source that is gone leaves what was sent as it is, and says so.
 */
export async function confirmSent(
  crossing: Crossing,
  from: LakePath,
  to: LakePath,
  { copied }: Sent,
  signal: AbortSignal,
): Promise<FileOutcome | Parted> {
  const now = await statOrGone(crossing, from, signal);
  if (now === undefined) return { ...copied, isGone: true };
  if (isUnchanged(copied, now)) return copied;
  await mustHold(crossing);
  const again = await bringFile(crossing, from, to, now, "unknown", signal);
  if (again.do !== "sent") return again;
  const both: Copied = { ...again.copied, read: copied.read + again.copied.read };
  const then = await statOrGone(crossing, from, signal);
  if (then === undefined) return { ...both, isGone: true };
  if (isUnchanged(both, then)) return both;
  throw changedAgain(from);
}

// Only the source's own word for it counts.
async function statOrGone({ source }: Crossing, path: LakePath, signal: AbortSignal): Promise<Entry | undefined> {
  try {
    return await source.stat(path, signal);
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    throw error;
  }
}
