import * as z from "zod";
import { type MigrationRequest, migrationRequest } from "./request.ts";

// Properties of a migration that say what an audit never does.
const inVain = [
  "assessment",
  "mode",
  "overwrite",
  "validateDataConsistency",
  "extra",
  "maxDeletes",
  "deleteForeign",
  "dryRun",
  "audit",
  "accessTier",
  "preserveRoot",
  "compareAccess",
];

const cutOff = z.object({
  /** What was changed after that counts for nothing; the instant of the request unless said otherwise. */
  cutOffTime: z.iso.datetime({ offset: true, error: 'expected a time such as "2026-11-26T00:00:00Z"' }).optional(),
});

/** What POST /api/audits takes: a migration's request, but for what only makes sense when something is done. */
export const auditRequest = z
  .looseObject({})
  .transform((body, context): { request: MigrationRequest; cutOffMs?: number } => {
    const { cutOffTime, ...rest } = body;
    const fail = (path: readonly string[], message: string) =>
      context.issues.push({ code: "custom", input: body, path: [...path], message });
    for (const property of inVain) {
      if (Object.hasOwn(body, property)) {
        const always = property === "compareAccess" ? "always compares access in full" : "compares and does nothing";
        fail([property], `an audit ${always}; leave it out`);
      }
    }
    const at = cutOff.safeParse(cutOffTime === undefined ? {} : { cutOffTime });
    const kept = Object.fromEntries(Object.entries(rest).filter(([property]) => !inVain.includes(property)));
    const parsed = migrationRequest.safeParse(kept);
    for (const result of [at, parsed]) {
      for (const issue of result.error?.issues ?? [])
        context.issues.push({ ...issue, input: body } as z.core.$ZodRawIssue);
    }
    if (!parsed.success) return z.NEVER;
    const { sink, stopAfter, compare } = parsed.data;
    if (sink.blockSizeInMB !== undefined) fail(["sink", "blockSizeInMB"], "an audit sends no blocks; leave it out");
    if (stopAfter?.bytes !== undefined && compare !== "hash") {
      fail(["stopAfter", "bytes"], 'only an audit with "compare": "hash" reads files; expected minutes or files');
    }
    const time = at.data?.cutOffTime;
    // oxlint-disable-next-line no-restricted-globals -- a format, not the clock
    return { request: parsed.data, ...(time === undefined ? {} : { cutOffMs: Date.parse(time) }) };
  });

/** The same as the API's contract describes it. */
export const auditBody = z.strictObject({
  ...Object.fromEntries(Object.entries(migrationRequest.shape).filter(([property]) => !inVain.includes(property))),
  sink: migrationRequest.shape.sink.unwrap().omit({ blockSizeInMB: true }),
  ...cutOff.shape,
});
