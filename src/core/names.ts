import { depthOf, type LakePath } from "./path.ts";

const maxPathChars = 1024;
const maxDepth = 60;
// C0 controls, DEL, U+0081 and the non-characters: the service answers 400 to them.
// oxlint-disable-next-line no-control-regex
const refusedChars = /[\u0000-\u001f\u007f\u0081\ufffe\uffff]/u;

/**
 * Why Gen2 can't hold this path, or undefined when it can. Source: Azure's naming rules (blob and directory names) and
 * the depth limit of hierarchical namespaces. A name that the service would silently change counts as refused.
 */
export function whyGen2Refuses(path: LakePath): string | undefined {
  if (path.length - 1 > maxPathChars) return `the path has ${path.length - 1} characters; Gen2 allows ${maxPathChars}`;
  const depth = depthOf(path);
  if (depth > maxDepth) return `the path is ${depth} names deep; Gen2 allows ${maxDepth}`;
  if (!path.isWellFormed()) return "the name holds half a surrogate pair";
  if (refusedChars.test(path)) return "the name holds a control character or a Unicode non-character";
  if (path.includes("\\")) return "the name holds a backslash, which Gen2 takes for a slash";
  if (/\.(\/|$)/u.test(path)) return "the name ends in a full stop, which Gen2 drops";
  return undefined;
}
