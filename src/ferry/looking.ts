import type { Entry } from "../core/entry.ts";
import type { Look } from "../core/run.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";
import { accessDigestOf, listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import type { Visitor } from "./walk.ts";

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

  return {
    ...visitor,
    file: async (path, listed, _there, signal) => {
      await ledger.room(signal);
      try {
        const entry = listed ?? (await source.stat(path, signal));
        if (entry.kind === "folder") return "folder";
        const isWritten = look.sinceMs !== undefined && entry.modifiedMs >= look.sinceMs;
        const accessDigest = await accessOf(path, entry, signal);
        return { do: "skipped", because: isWritten ? "written" : "same", ...listedAs(path, entry), accessDigest };
      } catch (error) {
        const outcome = await visitor.unlisted(path, error, signal);
        if (outcome === "postponed" || (outcome.do !== "failed" && outcome.do !== "skipped")) return "postponed";
        return { ...outcome, ...listedAs(path, listed) };
      }
    },
    folder: async (path, listed, _mayBeOurs, _there, signal) => {
      if (!recursive) return { do: "skipped", because: "not-recursive" };
      try {
        const entry = listed ?? (await source.stat(path, signal));
        return { do: "found", accessDigest: await accessOf(path, entry, signal) };
      } catch (error) {
        return visitor.unlisted(path, error, signal);
      }
    },
  };
}
