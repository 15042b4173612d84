import type { Entry } from "../core/entry.ts";
import type { Look } from "../core/run.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";
import { accessDigestOf, listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import { seeing } from "./seeing.ts";
import type { Visitor } from "./visitor.ts";

/**
 * The visitor of a look, on top of another one that deals with what goes wrong: each item goes into the digests, and nothing
 * else is done. Files that were written to since another look have lines of their own.
 */
export function looking(
  visitor: Visitor,
  { look, source, ledger, recursive }: { look: Look; source: Source; ledger: Ledger; recursive: boolean },
): Visitor {
  async function accessOf(path: LakePath, entry: Entry, signal: AbortSignal): Promise<string> {
    // A folder's default entries and an item's named ones are in no listing.
    const isAsked = look.access === "full" && (entry.kind === "folder" || entry.hasAcl);
    return accessDigestOf(path, entry, isAsked ? await source.getAccess(path, "ids", signal) : undefined);
  }

  return seeing(
    visitor,
    { source, ledger, recursive },
    {
      file: async (path, entry, signal) => {
        const isWritten = look.sinceMs !== undefined && entry.modifiedMs >= look.sinceMs;
        const accessDigest = await accessOf(path, entry, signal);
        return { do: "skipped", because: isWritten ? "written" : "same", ...listedAs(path, entry), accessDigest };
      },
      folder: async (path, entry, signal) => ({ do: "found", accessDigest: await accessOf(path, entry, signal) }),
    },
  );
}
