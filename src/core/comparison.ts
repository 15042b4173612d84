import * as z from "zod";
import type { Overwrite } from "./overwrite.ts";

const share = z
  .string()
  .regex(/^\d{1,3}(?:\.\d+)?%$/u, 'expected a whole number, or a share such as "5%"')
  .refine((text) => Number(text.slice(0, -1)) <= 100, "expected at most 100%");

/** The properties of a request that say how both lakes are compared, and what becomes of what only the sink has. */
export const comparison = {
  /**
   * When two files are the same. `lengthAndTime`: equal length and source time. `hash`: besides, equal content: the
   * checksum kept with the file against a fresh read of the source, or both sides read. `always`: never.
   */
  compare: z.enum(["lengthAndTime", "hash", "always"]).default("lengthAndTime"),
  /** Items that only the sink has: told, passed over, or deleted after a run without failures. */
  extra: z.enum(["report", "keep", "delete"]).default("report"),
  /** Files and folders that may be deleted; when there are more, none is. A number, or a share of what the sink holds. */
  maxDeletes: z.union([z.int().min(0), share]).optional(),
  /** Whether items that lakeferry didn't write may be deleted. */
  deleteForeign: z.boolean().default(false),
  /** The whole plan, item by item, and nothing done. */
  dryRun: z.boolean().default(false),
  /** Both lakes compared once more when all is done. */
  audit: z.boolean().default(false),
} as const;

/** See comparison. */
export type Compare = z.infer<typeof comparison.compare>;

type Asked = {
  readonly overwrite: Overwrite;
  readonly mode: "copy" | "access";
  readonly compare: Compare;
  readonly extra: "report" | "keep" | "delete";
  readonly maxDeletes?: number | string | undefined;
  readonly deleteForeign: boolean;
  readonly dryRun: boolean;
  readonly audit: boolean;
};

/** What is wrong with the properties of comparison taken together, by property. */
export function wrongComparison(request: Asked): readonly { readonly property: string; readonly message: string }[] {
  const { overwrite, mode, compare, extra, maxDeletes, deleteForeign, dryRun, audit } = request;
  const isDeleting = extra === "delete";
  return [
    ...(isDeleting && maxDeletes === undefined
      ? [{ property: "maxDeletes", message: 'extra "delete" wants maxDeletes: how many items may go, as 1000 or "1%"' }]
      : []),
    ...(!isDeleting && maxDeletes !== undefined
      ? [{ property: "maxDeletes", message: 'only extra "delete" has something to limit' }]
      : []),
    ...(!isDeleting && deleteForeign
      ? [{ property: "deleteForeign", message: 'only extra "delete" deletes; leave it out' }]
      : []),
    ...(isDeleting && mode === "access"
      ? [{ property: "extra", message: 'mode "access" sets rights and nothing else' }]
      : []),
    ...(compare !== "lengthAndTime" && mode === "access"
      ? [{ property: "compare", message: 'mode "access" copies no file, whatever its content' }]
      : []),
    ...(compare !== "lengthAndTime" && overwrite !== "ifDifferent" && compare !== overwrite
      ? [{ property: "compare", message: `overwrite "${overwrite}" asks for no comparison; leave one of them out` }]
      : []),
    ...(dryRun && audit
      ? [{ property: "audit", message: "a dry run changes nothing that could be audited; post to /api/audits instead" }]
      : []),
  ];
}

/** How many items may be deleted, of so many that the sink holds. */
export function mayDelete(maxDeletes: number | string | undefined, held: number): number {
  if (maxDeletes === undefined) return 0;
  if (typeof maxDeletes === "number") return maxDeletes;
  return Math.floor((Number(maxDeletes.slice(0, -1)) / 100) * held);
}
