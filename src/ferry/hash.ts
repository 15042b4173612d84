import { hash } from "node:crypto";
import type { LakePath } from "../core/path.ts";

/** The part of one listed file in the digest of a lake: a 128-bit hash of its path, length and time, as hex. */
export function digestOf(path: LakePath, file: { readonly bytes: number; readonly modifiedMs: number }): string {
  return hash("md5", `${path}\0${file.bytes}\0${file.modifiedMs}`, "hex");
}
