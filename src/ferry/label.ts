import type { MigrationRequest } from "../core/request.ts";
import { tierOf } from "../core/tier.ts";
import type { FileLabel, FolderLabel } from "../lake/lake.ts";

/** What a run writes beside content, in the same request. */
export type Labels = {
  readonly file: (bytes: number, modifiedMs: number) => FileLabel;
  readonly folder: (modifiedMs: number) => Omit<FolderLabel, "access">;
};

/** The labels of a run. Ages count from the instant it was created, so that every try of a file gives it the same tier. */
export function labelsOf(run: string, { preserve, accessTier }: MigrationRequest, createdMs: number): Labels {
  const time = (modifiedMs: number) => (preserve.includes("LastModified") ? { mtimeMs: modifiedMs } : {});
  return {
    file: (bytes, modifiedMs) => {
      const tier = tierOf(accessTier, modifiedMs, createdMs);
      return { run, bytes, modifiedMs, ...time(modifiedMs), ...(tier === undefined ? {} : { accessTier: tier }) };
    },
    folder: (modifiedMs) => ({ run, bytes: 0, modifiedMs, ...time(modifiedMs) }),
  };
}
