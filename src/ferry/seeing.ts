import type { Entry } from "../core/entry.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";
import { listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import type { Visitor } from "./visitor.ts";

/** What there is to say of an item of the source; may ask the source for more. */
export type See = {
  readonly file: (path: LakePath, entry: Entry, signal: AbortSignal) => Promise<FileOutcome>;
  readonly folder: (path: LakePath, entry: Entry, signal: AbortSignal) => Promise<FolderOutcome>;
};

/** The visitor of a walk that only sees the source, on top of another one that deals with what goes wrong: the sink is never asked. */
export function seeing(
  visitor: Visitor,
  { source, ledger, recursive }: { source: Source; ledger: Ledger; recursive: boolean },
  see: See,
): Visitor {
  return {
    ...visitor,
    file: async (path, listed, _there, signal) => {
      await ledger.room(signal);
      try {
        const entry = listed ?? (await source.stat(path, signal));
        return entry.kind === "folder" ? "folder" : await see.file(path, entry, signal);
      } catch (error) {
        const outcome = await visitor.unlisted(path, error, signal);
        if (outcome === "postponed" || (outcome.do !== "failed" && outcome.do !== "skipped")) return "postponed";
        return { ...outcome, ...listedAs(path, listed) };
      }
    },
    folder: async (path, listed, _mayBeOurs, _there, signal) => {
      if (!recursive) return { do: "skipped", because: "not-recursive" };
      try {
        return await see.folder(path, listed ?? (await source.stat(path, signal)), signal);
      } catch (error) {
        return visitor.unlisted(path, error, signal);
      }
    },
  };
}
