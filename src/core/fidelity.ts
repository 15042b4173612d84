import * as z from "zod";
import type { PreservedAccess } from "./access.ts";
import type { FailureLimit } from "./faultRules.ts";
import { type Overwrite, overwrites } from "./overwrite.ts";
import { nameRules } from "./rename.ts";
import { accessTiers, type TierRule } from "./tier.ts";
import type { WrongProperty } from "./windowVariables.ts";

const preservable = ["ACL", "Owner", "Group", "LastModified", "Expiry"] as const;

/** What a run may carry over beside data, names and folders; the first three are ADF's words. */
export type Preserved = (typeof preservable)[number];

const tier = z.enum(accessTiers);
// Kept as it was written, so that a request that was checked can be checked again.
const share = (expected: string) =>
  z.string().refine((text) => /^\d{1,3}(?:\.\d+)?%$/u.test(text) && percentOf(text) <= 100, expected);
const howMany = 'expected a number of items from 0, or a share such as "5%"';
const howProven = 'expected "wire", "readBack", or a sample such as { "readBack": "5%" }';

/**
 * The properties of a request that say how faithful a migration is, and what it bears. Names and defaults are ADF's
 * where it has the notion.
 */
export const fidelity = {
  /** `access`: what stands at the sink is given its access and its expiry, and no data is touched. */
  mode: z.enum(["copy", "access"]).default("copy"),
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
  names: z.enum(nameRules).default("fail"),
  overwrite: z.enum(overwrites).default("ifDifferent"),
  /**
   * `wire`: checksums on the way. `readBack`: the sink is read again, and the source a second time; all files that are
   * copied, or a share of them.
   */
  validateDataConsistency: z
    .union([z.enum(["wire", "readBack"]), z.strictObject({ readBack: share(howProven) })], howProven)
    .default("wire"),
  skipErrorFile: z
    .strictObject({
      fileMissing: z.boolean().default(true),
      fileForbidden: z.boolean().default(false),
      dataInconsistency: z.boolean().default(false),
      invalidFileName: z.boolean().default(false),
    })
    .prefault({}),
  /** Failed files and folders that end the run when there are more; a number, or a share of those listed. */
  maxFailures: z.union([z.int(howMany).min(0, howMany), share(howMany)], howMany).optional(),
} as const;

/** What proves the files that a run copies. */
export type Consistency = z.infer<typeof fidelity.validateDataConsistency>;

/** Whether a file is read back; `digest` is its own, in hex, so every try of it agrees and a larger sample holds a smaller one's files. */
export function isReadBack(asked: Consistency, digest: string): boolean {
  return typeof asked === "string" ? asked === "readBack" : isSampled(percentOf(asked.readBack), digest);
}

/** The failures that a run bears. */
export function limitOf(asked: number | string | undefined): FailureLimit | undefined {
  return typeof asked === "string" ? { percent: percentOf(asked) } : asked;
}

function percentOf(text: string): number {
  return Number(text.slice(0, -1));
}

/** The parts of an item's access that are preserved. */
export function preservedAccess(preserve: readonly Preserved[]): ReadonlySet<PreservedAccess> {
  return new Set(preserve.filter((what) => what === "ACL" || what === "Owner" || what === "Group"));
}

function isSampled(percent: number, digest: string): boolean {
  return Number.parseInt(digest.slice(0, 8), 16) < (percent / 100) * 2 ** 32;
}

type Asked = {
  readonly mode: "copy" | "access";
  readonly overwrite: Overwrite;
  readonly preserve: readonly Preserved[];
  readonly preserveRoot: boolean;
  readonly compareAccess: "listing" | "full";
  readonly accessTier?: TierRule | undefined;
  readonly validateDataConsistency: Consistency;
  readonly stopAfter?: { readonly bytes?: number | undefined } | undefined;
  readonly sink: { readonly blockSizeInMB?: number | undefined };
};

/** What a request asks for in vain, by property. */
export function inVain(request: Asked): readonly WrongProperty[] {
  const wrong = inVainForPreserve(request);
  const { mode, accessTier, validateDataConsistency } = request;
  if (mode === "access") return [...wrong, ...inVainForAccess(request)];
  const tiers = typeof accessTier === "string" ? [accessTier] : (accessTier ?? []).map(({ tier }) => tier);
  if (validateDataConsistency === "wire" || !tiers.includes("Archive")) return wrong;
  const message = 'an archived file can\'t be read back: expected "wire", or another accessTier';
  return [...wrong, { field: "validateDataConsistency", message }];
}

function inVainForPreserve({ preserve, preserveRoot, compareAccess }: Asked): readonly WrongProperty[] {
  const wrong: WrongProperty[] = [];
  if (preserveRoot && preservedAccess(preserve).size === 0) {
    const message = "expected ACL, Owner or Group in preserve: a root has nothing else to be preserved";
    wrong.push({ field: "preserveRoot", message });
  }
  if (compareAccess === "full" && !preserve.includes("ACL")) {
    const message = 'expected ACL in preserve: only ACLs are not in the listings that "listing" compares';
    wrong.push({ field: "compareAccess", message });
  }
  return wrong;
}

function inVainForAccess({ preserve, accessTier, validateDataConsistency, overwrite, stopAfter, sink }: Asked) {
  const reasons: Readonly<Record<string, string | false>> = {
    preserve:
      preserve.every((what) => what === "LastModified") &&
      'expected ACL, Owner, Group or Expiry: mode "access" sets nothing else',
    accessTier: accessTier !== undefined && 'a file takes its tier with its data, which mode "access" never touches',
    validateDataConsistency:
      validateDataConsistency !== "wire" && 'mode "access" copies no data that could be read back',
    overwrite: overwrite !== "ifDifferent" && 'mode "access" overwrites no file',
    "stopAfter.bytes": stopAfter?.bytes !== undefined && 'mode "access" reads no file',
    "sink.blockSizeInMB": sink.blockSizeInMB !== undefined && 'mode "access" sends no blocks',
  };
  return Object.entries(reasons).flatMap(([field, message]) => (message === false ? [] : [{ field, message }]));
}
