import type { Failure } from "./error.ts";

/** ADF's rules for files that can't be copied: with a rule on, such a file is skipped and said, not failed. */
export const faultRules = ["fileMissing", "fileForbidden", "dataInconsistency", "invalidFileName"] as const;

/** One of faultRules. */
export type FaultRule = (typeof faultRules)[number];

/** Which rules are on. */
export type FaultRules = Readonly<Record<FaultRule, boolean>>;

/**
 * The rule that a failure falls under, whether it is on or not.
 *   at the source, not there any more        fileMissing
 *   at the source, not allowed               fileForbidden
 *   other bytes arrived, or it changed       dataInconsistency
 *   the sink takes no such name              invalidFileName
 *   anything else, and the sink's own no's   none: always a failure
 */
export function ruleFor({ kind, at }: Pick<Failure, "kind" | "at">): FaultRule | undefined {
  if (at === "name") return kind === "invalid" ? "invalidFileName" : undefined;
  if (kind === "corrupt" || kind === "changed") return "dataInconsistency";
  if (at !== "source") return undefined;
  if (kind === "not-found") return "fileMissing";
  return kind === "denied" ? "fileForbidden" : undefined;
}

/** How many failures a run bears: a number of items, or a share of those listed so far. */
export type FailureLimit = number | { readonly percent: number };

/** Whether a run has gone wrong. A share counts of at least 100 items, so that the first failure of many doesn't stop it. */
export function isTooMany(limit: FailureLimit | undefined, failed: number, listed: number): boolean {
  if (limit === undefined) return false;
  if (typeof limit === "number") return failed > limit;
  return failed * 100 > limit.percent * Math.max(listed, 100);
}
