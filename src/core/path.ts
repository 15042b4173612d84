import { LakeError } from "./error.ts";

/** An absolute path, "/"-separated, with exactly the characters the lake gave; the root is "/". */
export type LakePath = string & { readonly brand: "LakePath" };

/** The root of a lake. */
export const rootPath = "/" as LakePath;

/**
 * Reads a person's path: a leading slash may be missing, a trailing one is dropped, nothing else changes.
 * Throws LakeError "invalid" for empty, "." or ".." segments.
 */
export function pathFrom(text: string): LakePath {
  const trimmed = text.replace(/^\//u, "").replace(/\/$/u, "");
  if (trimmed === "") return rootPath;
  for (const segment of trimmed.split("/")) {
    if (segment === "" || segment === "." || segment === "..") {
      throw new LakeError("invalid", {
        op: "path",
        path: text,
        detail: `a path holds no ${segment === "" ? "empty" : `"${segment}"`} segment`,
      });
    }
  }
  return `/${trimmed}` as LakePath;
}

/** The path of a child; the name is taken as it is. */
export function childPath(folder: LakePath, name: string): LakePath {
  return (folder === rootPath ? `/${name}` : `${folder}/${name}`) as LakePath;
}

/** The folder a path stands in, and its last name. The root has no name. */
export function splitPath(path: LakePath): { readonly folder: LakePath; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: (slash <= 0 ? "/" : path.slice(0, slash)) as LakePath, name: path.slice(slash + 1) };
}

/** True when `path` is `folder` or stands anywhere under it. */
export function isWithin(path: LakePath, folder: LakePath): boolean {
  return folder === rootPath || path === folder || path.startsWith(`${folder}/`);
}

/** Moves a path from one root to another: rebase("/a/b", "/a", "/x") is "/x/b". */
export function rebasePath(path: LakePath, from: LakePath, to: LakePath): LakePath {
  const rest = from === rootPath ? path : path.slice(from.length);
  if (rest === "" || rest === "/") return to;
  return (to === rootPath ? rest : to + rest) as LakePath;
}

/** How many names a path holds; the root has none. */
export function depthOf(path: LakePath): number {
  return path === rootPath ? 0 : path.split("/").length - 1;
}

/** Folders as encoded before: a page's names share theirs. */
const encodedFolders = new Map<string, string>();
const mostEncodedFolders = 64;

/**
 * The path for a request line: every segment percent-encoded, slashes kept.
 * Throws LakeError "invalid" for lone surrogates, which no URL can carry.
 */
export function encodePath(path: LakePath): string {
  const slash = path.lastIndexOf("/");
  const folder = path.slice(0, slash);
  try {
    let encoded = encodedFolders.get(folder);
    if (encoded === undefined) {
      encoded = folder.split("/").map(encodeSegment).join("/");
      if (encodedFolders.size >= mostEncodedFolders) encodedFolders.clear();
      encodedFolders.set(folder, encoded);
    }
    return `${encoded}/${encodeSegment(path.slice(slash + 1))}`;
  } catch (cause) {
    throw new LakeError("invalid", { op: "path", path, detail: "the name holds half a surrogate pair", cause });
  }
}

// Encoded like any other character, so that "." and ".." survive proxies and URL parsers as names.
function encodeSegment(segment: string): string {
  return segment === "." || segment === ".." ? segment.replaceAll(".", "%2E") : encodeURIComponent(segment);
}
