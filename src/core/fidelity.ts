import { z } from "zod";
import type { PreservedAccess } from "./access.ts";
import { accessTiers } from "./tier.ts";

const preservable = ["ACL", "Owner", "Group", "LastModified", "Expiry"] as const;

/** What a run may carry over beside data, names and folders; the first three are ADF's words. */
export type Preserved = (typeof preservable)[number];

const tier = z.enum(accessTiers);
const share = z
  .string()
  .regex(/^\d{1,3}(?:\.\d+)?%$/u, 'expected a share such as "5%"')
  .transform((text) => ({ percent: Number(text.slice(0, -1)) }))
  .refine(({ percent }) => percent <= 100, "expected at most 100%");

/**
 * The properties of a request that say how faithful a migration is, and what it bears. Names and defaults are ADF's
 * where it has the notion.
 */
export const fidelity = {
  /** All of it unless said otherwise. */
  preserve: z
    .array(z.enum(preservable))
    .refine((all) => new Set(all).size === all.length, "expected each word once")
    .default([...preservable]),
  /** Whether the sink's root gets the source root's access when it stood there before. */
  preserveRoot: z.boolean().default(false),
  /** `listing`: owner, group, mode and whether there is an ACL, which costs no request. `full`: the ACLs too. */
  compareAccess: z.enum(["listing", "full"]).default("listing"),
  /** Absent: the account's default. Ages in days since the source's last change. */
  accessTier: z
    .union([
      tier,
      z
        .array(z.strictObject({ olderThanDays: z.number().min(0), tier }))
        .min(1)
        .refine(
          (all) => new Set(all.map(({ olderThanDays }) => olderThanDays)).size === all.length,
          "expected each age once",
        ),
    ])
    .optional(),
  names: z.enum(["fail", "skip", "rename"]).default("fail"),
  overwrite: z.enum(["ifDifferent", "ifNewer", "always", "never"]).default("ifDifferent"),
  /** `wire`: checksums on the way. `readBack`: the sink is read and hashed again; all of it, or a share of the files. */
  validateDataConsistency: z
    .union([
      z.literal("wire").transform(() => ({ readBackPercent: 0 })),
      z.literal("readBack").transform(() => ({ readBackPercent: 100 })),
      z.strictObject({ readBack: share }).transform(({ readBack }) => ({ readBackPercent: readBack.percent })),
    ])
    .prefault("wire"),
  skipErrorFile: z
    .strictObject({
      fileMissing: z.boolean().default(true),
      fileForbidden: z.boolean().default(false),
      dataInconsistency: z.boolean().default(false),
      invalidFileName: z.boolean().default(false),
    })
    .prefault({}),
  /** Failed files and folders that end the run when there are more; a number, or a share of those listed. */
  maxFailures: z.union([z.int().min(0), share]).optional(),
} as const;

/** The parts of an item's access that are preserved. */
export function preservedAccess(preserve: readonly Preserved[]): ReadonlySet<PreservedAccess> {
  return new Set(preserve.filter((what) => what === "ACL" || what === "Owner" || what === "Group"));
}

/**
 * Whether a file is in the sample that is read back. `digest` is its own, in hex, so every try of the file agrees and a
 * larger share holds a smaller one's files.
 */
export function isReadBack(readBackPercent: number, digest: string): boolean {
  return Number.parseInt(digest.slice(0, 8), 16) < (readBackPercent / 100) * 2 ** 32;
}
