/** Azure's access tiers, from the dearest to keep to the dearest to read. */
export const accessTiers = ["Hot", "Cool", "Cold", "Archive"] as const;
export type AccessTier = (typeof accessTiers)[number];

/** One tier for all files, or by how old a file is: of the ages it has reached, the highest counts. */
export type TierRule = AccessTier | readonly { readonly olderThanDays: number; readonly tier: AccessTier }[];

/**
 * The tier of a file last changed at `modifiedMs`; undefined for the account's default. `nowMs` is one instant for the
 * whole run, so that every try of a file gives it the same tier.
 */
export function tierOf(rule: TierRule | undefined, modifiedMs: number, nowMs: number): AccessTier | undefined {
  if (rule === undefined || typeof rule === "string") return rule;
  const days = (nowMs - modifiedMs) / dayMs;
  const reached = rule.filter(({ olderThanDays }) => days > olderThanDays);
  return reached.toSorted((a, b) => b.olderThanDays - a.olderThanDays)[0]?.tier;
}

const dayMs = 24 * 3600 * 1000;
