import { hash } from "node:crypto";
import { emptyDigest } from "../core/digest.ts";
import type { Entry } from "../core/entry.ts";
import type { Listed } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";

/** The part of one listed file in the digest of a lake: a 128-bit hash of its path, length and time, as hex. */
export function digestOf(path: LakePath, file: { readonly bytes: number; readonly modifiedMs: number }): string {
  return hash("md5", `${path}\0${file.bytes}\0${file.modifiedMs}`, "hex");
}

/** A file as it was listed, for its outcome; one that nobody could look at counts with no bytes. */
export function listedAs(path: LakePath, entry: Pick<Entry, "bytes" | "modifiedMs"> | undefined): Listed {
  if (entry === undefined) return { bytes: 0, digest: digestOf(path, { bytes: 0, modifiedMs: 0 }) };
  const { bytes, modifiedMs } = entry;
  return { bytes, modifiedMs, digest: digestOf(path, entry) };
}

/** Adds nothing to the digest of a lake. */
export const digestOfNothing = emptyDigest;
