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

/** What has to be known of an execution before what its run has written is called in question. */
type Holder = {
  /** Whether this execution is still the one that the work belongs to. */
  readonly isHeld: () => Promise<boolean>;
};

/** What this run has written may be counted by whoever has taken the work over: then nobody else may doubt it, or write it again. */
export async function mustHold({ isHeld }: Holder): Promise<void> {
  if (!(await isHeld())) throw new Error("the packet was taken over");
}

/**
 * Takes away what a run has written of this version and doesn't believe, so that no later run takes it for the source's.
 * Nothing is taken from under whoever has the work by now.
 */
export async function takeAway(
  { run, sink, ...holder }: Holder & { readonly run: string; readonly sink: Sink },
  to: LakePath,
  version: Version,
  signal: AbortSignal,
): Promise<void> {
  await mustHold(holder);
  const there = await sink.stat(to, signal);
  if (there !== undefined && isOurs(run, version, there)) await sink.remove(to, there.etag, signal);
}
