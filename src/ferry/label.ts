import type { LakePath } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { tierOf } from "../core/tier.ts";
import { wayOf } from "../core/way.ts";
import type { FileLabel, FolderLabel } from "../lake/lake.ts";

/** What a run writes beside content, in the same request. */
export type Labels = {
  readonly file: (path: LakePath, bytes: number, modifiedMs: number) => FileLabel;
  readonly folder: (path: LakePath, modifiedMs: number) => Omit<FolderLabel, "access">;
};

/** The labels of a run. Ages count from the instant it was created, so that every try of a file gives it the same tier. */
export function labelsOf(run: string, request: MigrationRequest, createdMs: number): Labels {
  const { preserve, accessTier } = request;
  const { nameOf } = wayOf(request);
  const time = (modifiedMs: number) => (preserve.includes("LastModified") ? { mtimeMs: modifiedMs } : {});
  const named = (path: LakePath) => {
    const name = nameOf(path);
    return name === undefined ? {} : { name };
  };
  return {
    file: (path, bytes, modifiedMs) => {
      const tier = tierOf(accessTier, modifiedMs, createdMs);
      return {
        run,
        bytes,
        modifiedMs,
        ...named(path),
        ...time(modifiedMs),
        ...(tier === undefined ? {} : { accessTier: tier }),
      };
    },
    folder: (path, modifiedMs) => ({ run, bytes: 0, modifiedMs, ...named(path), ...time(modifiedMs) }),
  };
}
