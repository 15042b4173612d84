import type { Entry, SinkItem } from "../core/entry.ts";
import type { LakePath } from "../core/path.ts";
import type { Sink } from "../lake/lake.ts";

type Version = Pick<Entry, "bytes" | "modifiedMs">;

/** True for what a run has written of this version of the source. */
export function isOurs(run: string, version: Version, there: SinkItem): boolean {
  return (
    there.kind === "file" &&
    there.bytes === version.bytes &&
    there.origin?.run === run &&
    there.origin.bytes === version.bytes &&
    there.origin.modifiedMs === version.modifiedMs
  );
}

/** What a run has written and doesn't believe: it is replaced under every rule, as no version of the source has such a time. */
export function doubted(run: string, there: SinkItem | undefined): SinkItem | undefined {
  if (there?.origin?.run !== run) return there;
  return { ...there, origin: { ...there.origin, modifiedMs: Number.NaN } };
}

/** Takes away what a run has written of this version and doesn't believe, so that no later run takes it for the source's. */
export async function takeAway(
  { run, sink }: { readonly run: string; readonly sink: Sink },
  to: LakePath,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  const there = await sink.stat(to, signal);
  if (there !== undefined && isOurs(run, version, there)) await sink.remove(to, there.etag, signal);
}
