import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import { LakeError } from "../core/error.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Sink } from "../lake/lake.ts";
import { type Crossing, mustBeFile } from "./copy.ts";
import { listedAs } from "./hash.ts";

type Means = Pick<Crossing, "sink" | "access">;

/** Gives a file that stands at the sink, whoever wrote it, the access and the expiry it is to have; its data stays. */
export async function repairFile(
  { sink, access }: Means,
  from: LakePath,
  to: LakePath,
  entry: Entry,
  standing: Standing,
  signal: AbortSignal,
): Promise<FileOutcome> {
  mustBeFile(from, entry);
  const listing = listedAs(from, entry);
  const there = await lookedAt(sink, to, standing, signal);
  if (there === undefined) return { do: "skipped", because: "absent", ...listing };
  if (there.kind === "folder") throw otherKind(to, "folder");
  const { because, carried } = await access.mend(from, to, entry, there, access.closeness, signal);
  return because === undefined
    ? { do: "skipped", because: "same", ...listing }
    : { do: "access", because, ...listing, carried };
}

/** The same for a folder; one that isn't there is left out with all that is in it. */
export async function repairFolder(
  { sink, access }: Means,
  from: LakePath,
  to: LakePath,
  entry: Entry,
  standing: Standing,
  signal: AbortSignal,
): Promise<FolderOutcome> {
  const there = await lookedAt(sink, to, standing, signal);
  if (there === undefined) return { do: "skipped", because: "absent" };
  if (there.kind === "file") throw otherKind(to, "file");
  const { carried } = await access.mend(from, to, entry, there, "full", signal);
  return { do: "found", carried };
}

async function lookedAt(
  sink: Sink,
  to: LakePath,
  standing: Standing,
  signal: AbortSignal,
): Promise<SinkItem | undefined> {
  if (standing === "unknown") return sink.stat(to, signal);
  return standing === "nothing" ? undefined : standing;
}

function otherKind(path: LakePath, kind: Entry["kind"]): LakeError {
  const detail = `a ${kind} stands at the sink under this name`;
  return new LakeError("conflict", { op: "access", path, detail, at: "sink" });
}
