import { isLakeError, LakeError, messageOf } from "./error.ts";
import { isWithin, type LakePath, pathFrom, rootPath } from "./path.ts";

/**
 * A part of a list of names: from one place to another. Places are the list's own words, and a list that was changed has
 * another version; what was left of the old one can't be told any more.
 */
export type ListRange = { readonly version: string; readonly from: string; readonly to: string };

/** One entry of a list, the place where it begins, and the place behind it. */
export type ListItem = {
  readonly text: string;
  /** Where people find it, as "line 17". */
  readonly at: string;
  readonly from: string;
  readonly to: string;
  /** Why it can't be a name, whatever the root. */
  readonly problem?: string;
};

/** Entries that were read at once, and the place behind the last of them. */
export type Portion = { readonly items: readonly ListItem[]; readonly to: string };

/** A list of files and folders, read in portions: however long it is, memory holds a few of them. */
export type NameList = {
  /** What people call it. */
  readonly name: string;
  /** All of it, as it is now; LakeError when there is no such list, or it isn't one. */
  readonly whole: (signal?: AbortSignal) => Promise<ListRange>;
  /**
   * The first entries of a range, as many as fit well into memory; it always gets on. "changed" when the list has another
   * version by now.
   */
  readonly read: (range: ListRange, signal?: AbortSignal) => Promise<Portion>;
};

const inlinePortion = 1000;

/** A list that stands in the request. */
export function inlineList(names: readonly string[]): NameList {
  return {
    name: "fileList",
    whole: async () => ({ version: "", from: "0", to: String(names.length) }),
    read: async ({ from, to }) => {
      const [start, end] = [Number(from), Math.min(Number(from) + inlinePortion, Number(to))];
      return { items: names.slice(start, end).map((text, index) => inlineItem(text, start + index)), to: String(end) };
    },
  };
}

function inlineItem(text: string, index: number): ListItem {
  return { text, at: `entry ${index + 1}`, from: String(index), to: String(index + 1) };
}

/**
 * The path an entry names: one with a slash in front is the lake's own, any other stands under the root. Throws LakeError
 * "invalid" for what can't be a path, or lies elsewhere.
 */
export function listedPath({ text, problem }: ListItem, root: LakePath): LakePath {
  const refuse = (detail: string) => new LakeError("invalid", { op: "list", path: text, detail });
  if (problem !== undefined) throw refuse(problem);
  let path: LakePath;
  try {
    // What `find .` writes.
    path = pathFrom(
      text.startsWith("/") || root === rootPath ? text.replace(/^\.\//u, "") : `${root}/${text.replace(/^\.\//u, "")}`,
    );
  } catch (error) {
    throw refuse(isLakeError(error) ? error.detail : messageOf(error));
  }
  if (!isWithin(path, root)) throw refuse(`it lies outside of folderPath ${root}`);
  return path;
}
