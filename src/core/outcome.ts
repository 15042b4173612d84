import type { Failure } from "./error.ts";
import { emptyTally, type SkipReason, type Tally } from "./tally.ts";

/** What became of one file. `bytes` is its length in the listing, `read` what crossed the wire for it. */
export type FileOutcome =
  | { readonly do: "copied"; readonly bytes: number; readonly read: number; readonly digest: string }
  | { readonly do: "skipped"; readonly because: SkipReason; readonly bytes: number; readonly digest: string }
  | { readonly do: "failed"; readonly failure: Failure; readonly bytes: number; readonly digest: string };

/** What became of one folder itself; its content is counted on its own. */
export type FolderOutcome =
  | { readonly do: "made" | "found" }
  | { readonly do: "skipped"; readonly because: SkipReason }
  | { readonly do: "failed"; readonly failure: Failure };

/** One file as a tally. */
export function tallyOfFile(outcome: FileOutcome): Tally {
  const listed = { ...emptyTally, filesListed: 1, bytesListed: outcome.bytes, digest: outcome.digest };
  switch (outcome.do) {
    case "copied":
      return { ...listed, filesCopied: 1, bytesCopied: outcome.bytes, bytesRead: outcome.read };
    case "skipped":
      return { ...listed, filesSkipped: { [outcome.because]: 1 } };
    case "failed":
      return { ...listed, filesFailed: { [outcome.failure.kind]: 1 } };
  }
}

/** One folder as a tally. */
export function tallyOfFolder(outcome: FolderOutcome): Tally {
  const listed = { ...emptyTally, foldersListed: 1 };
  switch (outcome.do) {
    case "made":
      return { ...listed, foldersMade: 1 };
    case "found":
      return { ...listed, foldersFound: 1 };
    case "skipped":
      return { ...listed, foldersSkipped: { [outcome.because]: 1 } };
    case "failed":
      return { ...listed, foldersFailed: { [outcome.failure.kind]: 1 } };
  }
}
