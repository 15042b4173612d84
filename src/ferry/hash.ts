import { hash } from "node:crypto";
import type { Access } from "../core/access.ts";
import { printAcl } from "../core/acl.ts";
import { emptyDigest } from "../core/digest.ts";
import type { Entry } from "../core/entry.ts";
import type { Listed } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";

/** The part of one listed file in the digest of a lake: a 128-bit hash of its path, length and time, as hex. */
export function digestOf(path: LakePath, file: { readonly bytes: number; readonly modifiedMs: number }): string {
  return hash("md5", `${path}\0${file.bytes}\0${file.modifiedMs}`, "hex");
}

/** The part of one item in the digest of a lake's access: as its listing tells it, and all of it where it was asked for. */
export function accessDigestOf(path: LakePath, entry: Entry, access: Access | undefined): string {
  const { owner, group, permission, hasAcl, expiresMs = "" } = entry;
  const whole =
    access === undefined ? "" : JSON.stringify([access.owner, access.group, access.isSticky, sorted(access)]);
  return hash("md5", `${path}\0${owner}\0${group}\0${permission}\0${hasAcl}\0${expiresMs}\0${whole}`, "hex");
}

// A store may tell the same entries in another order.
function sorted({ acl }: Access): readonly string[] {
  return printAcl(acl).split(",").toSorted();
}

/** What tells one version of a file from another. */
type Version = Pick<Entry, "bytes" | "modifiedMs">;

/** A file as it was listed, for its outcome; one that nobody could look at counts with no bytes. */
export function listedAs(path: LakePath, entry: Version): Listed & Version;
export function listedAs(path: LakePath, entry: Version | undefined): Listed;
export function listedAs(path: LakePath, entry: Version | undefined): Listed {
  if (entry === undefined) return { bytes: 0, digest: digestOf(path, { bytes: 0, modifiedMs: 0 }) };
  const { bytes, modifiedMs } = entry;
  return { bytes, modifiedMs, digest: digestOf(path, entry) };
}

/** Adds nothing to the digest of a lake. */
export const digestOfNothing = emptyDigest;
