import type { SinkEntry } from "./entry.ts";
import type { LakePath } from "./path.ts";
import type { KeepReason, Tally } from "./tally.ts";

/** How much is in what only the sink has: a folder itself and all that is under it. */
export type Mass = { readonly files: number; readonly folders: number; readonly bytes: number };

/** What became of an item that only the sink has. */
export type ExtraOutcome =
  /** Told, and no more; what is in a folder is known where somebody has to know. */
  | { readonly do: "extra"; readonly mass: Mass }
  /** The same, found by an audit; `isLater`: the source's may have been deleted after the cut-off. */
  | { readonly do: "surplus"; readonly mass: Mass; readonly isLater: boolean }
  /** Deleted; or what a dry run would have deleted. Of a folder only itself: what was in it has been told item by item. */
  | { readonly do: "deleted" | "planned"; readonly mass: Mass }
  /** Not deleted. */
  | { readonly do: "kept"; readonly because: KeepReason; readonly mass: Mass };

/** An extra item, and what became of it; `under` is the folder of the sink that it is in, where that isn't the one told of. */
export type Extra = { readonly item: SinkEntry; readonly outcome: ExtraOutcome; readonly under?: LakePath };

/** An item by itself. */
export function massOf({ kind, bytes }: Pick<SinkEntry, "kind" | "bytes">): Mass {
  return kind === "file" ? { files: 1, folders: 0, bytes } : { files: 0, folders: 1, bytes: 0 };
}

/** Two masses together. */
export function addMasses(a: Mass, b: Mass): Mass {
  return { files: a.files + b.files, folders: a.folders + b.folders, bytes: a.bytes + b.bytes };
}

/** Nothing. */
export const noMass: Mass = { files: 0, folders: 0, bytes: 0 };

/** What an extra item adds to a tally. */
export function tallyOfExtra({ outcome }: Extra): Partial<Tally> {
  const { files, folders, bytes } = outcome.mass;
  switch (outcome.do) {
    case "extra":
      return { extraFiles: files, extraFolders: folders, extraBytes: bytes };
    case "deleted":
      return { filesDeleted: files, foldersDeleted: folders, bytesDeleted: bytes };
    case "surplus":
      if (outcome.isLater) return { later: files + folders };
      return { differences: { extra: files + folders } };
    case "planned":
      return { deletesPlanned: files + folders };
    case "kept":
      return { kept: { [outcome.because]: 1 } };
  }
}
