import { percentDecode } from "../kit/query.ts";

/** Where a request's path points: the lake path ("/" or "/a/b"), and whether it came by the extension prefix. */
export type Target = { readonly path: string; readonly isExtension: boolean };

/** A path that the service's front end answers with a bare 400, or that is no Gen1 address at all. */
export type BadTarget = { readonly flaw: "address" | "encoding" | "character" | "dots" };

/**
 * Reads the raw path of a request. Percent-decoded once; `%2F` separates, repeated and trailing slashes don't count.
 *   /webhdfs/v1/a/b   /webhdfs/v1/%2Fa%2Fb   /webhdfs/v1%2Fa%2Fb   /WebHdfsExt//a/b/   →  /a/b
 *   /webhdfs/v1       /webhdfs/v1/           /webhdfs/v1/.                             →  /
 */
export function targetOf(rawPath: string): Target | BadTarget {
  const prefix = addressPrefix.exec(rawPath)?.[0];
  if (prefix === undefined) return { flaw: "address" };
  const decoded = percentDecode(rawPath.slice(prefix.length));
  if (decoded === undefined) return { flaw: "encoding" };
  const path = cleanPath(decoded);
  return typeof path === "string" ? { path, isExtension: prefix.toLowerCase() === extensionPrefix } : path;
}

/** Reads a decoded path as `destination` and `sources` carry it, with or without the first slash. */
export function cleanPath(decoded: string): string | BadTarget {
  if (hasControl(decoded)) return { flaw: "character" };
  const segments = decoded.split("/").filter((segment) => segment !== "");
  if (segments.length === 1 && segments[0] === ".") return "/";
  // Nothing is resolved: a name that means another place to the machine's file system must not reach it.
  if (segments.some((segment) => segment === "." || segment === "..")) return { flaw: "dots" };
  return `/${segments.join("/")}`;
}

/** The path of a folder's child. */
export function childOf(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** The folder a path lies in; the root lies in itself. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** The last segment; empty for the root. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is `folder` or lies under it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

/** Every folder above a path, from the root down; none for the root. */
export function foldersAbove(path: string): readonly string[] {
  if (path === "/") return [];
  const segments = path.split("/").slice(1, -1);
  return ["/", ...segments.map((_, index) => `/${segments.slice(0, index + 1).join("/")}`)];
}

const extensionPrefix = "/webhdfsext";
const addressPrefix = /^\/(?:webhdfs\/v1|webhdfsext)(?=$|\/|%2f)/i;

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}
