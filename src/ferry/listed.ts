import type { Entry } from "../core/entry.ts";
import { failureOf, isKind, LakeError } from "../core/error.ts";
import { listedPath, type ListItem } from "../core/nameList.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import { listedAs } from "./hash.ts";
import type { Deferred, ListedOutcome, Visitor } from "./visitor.ts";

/** Folders above listed items that a walk remembers to be there. */
const maxRemembered = 10_000;

/** What it takes to deal with an entry of a list. */
export type ListedMeans = {
  /** What people call the list. */
  readonly name: string;
  readonly root: LakePath;
  readonly stat: (path: LakePath, signal: AbortSignal) => Promise<Entry>;
  /** What becomes of a name that can't be looked at. */
  readonly failed: (error: unknown, path: LakePath, signal: AbortSignal) => Promise<FileOutcome | "postponed">;
};

/**
 * Deals with entries of a list: files are brought over, folders prepared to be walked. Folders above them are made first,
 * with their access; they aren't in the list, and nobody counts them. What can't be a path fails with the entry's number.
 */
export function openListed(means: ListedMeans): Visitor["listed"] {
  const { root, name } = means;
  const made = new Map<LakePath, Promise<Parent>>();

  function above(folder: LakePath, by: By, signal: AbortSignal): Promise<Parent> {
    if (folder === root) return Promise.resolve(there);
    const known = made.get(folder);
    if (known !== undefined) return known;
    const making = make(folder, by, signal);
    made.set(folder, making);
    // What went wrong is tried again by the next one that needs it.
    const forget = () => void made.delete(folder);
    making.then((outcome) => (isThere(outcome) ? undefined : forget()), forget);
    for (const oldest of made.keys()) {
      if (made.size <= maxRemembered) break;
      made.delete(oldest);
    }
    return making;
  }

  async function make(folder: LakePath, by: By, signal: AbortSignal): Promise<Parent> {
    const parent = await above(splitPath(folder).folder, by, signal);
    return isThere(parent) ? by.folder(folder, undefined, false, "unknown", signal) : parent;
  }

  function named(item: ListItem, error: LakeError): LakeError {
    const { op, path, detail, cause } = error;
    return new LakeError(error.kind, { op, path, detail: `${item.at} of ${name}: ${detail}`, cause });
  }

  async function look(item: ListItem, path: LakePath, signal: AbortSignal): Promise<Entry> {
    try {
      return await means.stat(path, signal);
    } catch (error) {
      if (!isKind(error, "not-found")) throw error;
      const detail = "nothing stands there";
      throw named(item, new LakeError("not-found", { op: "list", path, detail, cause: error }));
    }
  }

  return async (item, by, signal): Promise<ListedOutcome | "postponed"> => {
    let path: LakePath;
    try {
      path = listedPath(item, root);
    } catch (error) {
      if (!isKind(error, "invalid")) throw error;
      const failure = failureOf(named(item, error), "list", item.text);
      return {
        path: item.text as LakePath,
        file: { do: "failed", failure, ...listedAs(item.text as LakePath, undefined) },
      };
    }
    try {
      const entry = await look(item, path, signal);
      const parent = path === root ? there : await above(splitPath(path).folder, by, signal);
      if (parent === "postponed") return parent;
      if (!isThere(parent)) {
        const error = unmade(path, parent);
        if (entry.kind === "file") throw error;
        return { path, folder: { do: "failed", failure: failureOf(error, "list", path) } };
      }
      if (entry.kind === "folder") {
        const folder = path === root ? there : await by.folder(path, entry, true, "unknown", signal);
        return folder === "postponed" ? folder : { path, folder };
      }
      const file = await by.file(path, entry, "unknown", signal);
      return typeof file === "string" ? "postponed" : { path, file };
    } catch (error) {
      const file = await means.failed(error, path, signal);
      return file === "postponed" ? file : { path, file };
    }
  };
}

type By = Pick<Visitor, "file" | "folder">;

const there: FolderOutcome = { do: "found" };

type Parent = FolderOutcome | Deferred | "postponed";

function isThere(outcome: Parent): boolean {
  return outcome !== "postponed" && (outcome.do === "made" || outcome.do === "found");
}

function unmade(path: LakePath, outcome: FolderOutcome | Deferred): LakeError {
  const failure = "failure" in outcome ? outcome.failure : undefined;
  const detail = `the folder above it can't be made: ${failure?.detail ?? "it is gone"}`;
  return new LakeError(failure?.kind ?? "changed", { op: "list", path, ...failure, detail });
}
