import * as z from "zod";
import { priceFile } from "./prices.ts";
import { type MigrationRequest, migrationRequest } from "./request.ts";

const rate = z.number("expected a rate above 0").positive("expected a rate above 0").max(1_000_000);

/** What an assessment reckons with, beside what it sees. */
const reckoning = z.object({
  /** What each lake gives as a whole, and what one lane can do. */
  limits: z
    .strictObject({
      requestsPerSecond: rate.default(2000),
      megabytesPerSecond: rate.default(1000),
      laneRequestsPerSecond: rate.default(250),
      laneMegabytesPerSecond: rate.default(60),
    })
    .prefault({}),
  /** A whole price file; the samples unless said otherwise. */
  prices: priceFile.optional(),
  /** Object id of the identity that will write: a file of its own may inherit all it needs. */
  writer: z.string().min(1).max(200).optional(),
});

/** See reckoning. */
export type Reckoning = z.infer<typeof reckoning>;

// Of a migration's request, what also means something where nothing is copied.
const { id, name, labels, parallelism, filesPerLane, window, stopAfter, maxFailures, preserve, source } =
  migrationRequest.shape;
const { blockSizeInMB, folderPath } = migrationRequest.shape.sink.unwrap().shape;
const kept = z.strictObject({
  id,
  name,
  labels,
  parallelism,
  filesPerLane,
  window,
  stopAfter,
  maxFailures,
  preserve,
  source,
  /** Where it would go; nobody is asked there. */
  sink: z.strictObject({ folderPath, blockSizeInMB }).prefault({}),
});

/** The file system of a request of which nothing goes anywhere. */
const nowhere = "nowhere";

/** What POST /api/assessments takes, as the API's contract describes it. */
export const assessBody = z.strictObject({ ...kept.shape, ...reckoning.shape });

/** The same, taken apart: a request that is walked, and what is reckoned with. */
export const assessRequest = z
  .looseObject({})
  .transform((body, context): { request: MigrationRequest; assess: Reckoning } => {
    const checked = assessBody.safeParse(body);
    const own = Object.keys(reckoning.shape);
    const asked = Object.fromEntries(Object.entries(body).filter(([property]) => !own.includes(property)));
    // What goes wrong in the body itself is told once.
    const parsed = migrationRequest.safeParse(
      checked.success ? { ...asked, sink: { ...checked.data.sink, fileSystem: nowhere } } : {},
    );
    for (const issue of (checked.success ? parsed : checked).error?.issues ?? []) {
      context.issues.push({ ...issue, input: body } as z.core.$ZodRawIssue);
    }
    if (checked.success && checked.data.source.fileListStore === "sink") {
      const message = "an assessment asks the sink for nothing: expected a list at the source";
      context.issues.push({ code: "custom", input: body, path: ["source", "fileListStore"], message });
    }
    if (checked.success && checked.data.stopAfter?.bytes !== undefined) {
      const message = "an assessment reads no file: expected minutes or files";
      context.issues.push({ code: "custom", input: body, path: ["stopAfter", "bytes"], message });
    }
    if (!checked.success || !parsed.success) return z.NEVER;
    const { limits, prices, writer } = checked.data;
    return {
      request: parsed.data,
      assess: { limits, ...(prices === undefined ? {} : { prices }), ...(writer === undefined ? {} : { writer }) },
    };
  });
