import * as z from "zod";
import { capProperties } from "./caps.ts";
import { maxLanes } from "./lanes.ts";
import { comparison, wrongComparison } from "./comparison.ts";
import { isLakeError, messageOf } from "./error.ts";
import { fidelity, inVain } from "./fidelity.ts";
import { whyGen2Refuses } from "./names.ts";
import { type LakePath, pathFrom } from "./path.ts";
import { isEmptyInterval, uniteIntervals } from "./range.ts";
import { runIdPattern } from "./run.ts";
import { checkSelection, listProperties, selectionProperties } from "./selectionRequest.ts";
import { stopAfterRequest } from "./stopAfter.ts";
import { windowRequest } from "./window.ts";

const later = (what: string) => `not yet supported: ${what}`;

// Properties people know from ADF, or from the documentation of later versions, each with the reason it is refused.
const refusedAnywhere: Readonly<Record<string, string>> = {
  dataIntegrationUnits: "lakeferry finds the number of lanes by itself; there is nothing to set",
  parallelCopies: "lakeferry finds the number of parallel copies by itself; there is nothing to set",
  enableStaging: "lakeferry copies directly; there is no staging store",
  stagingSettings: "lakeferry copies directly; there is no staging store",
  logSettings: "lakeferry keeps its own record of each run; there is nothing to set",
  logStorageSettings: "lakeferry keeps its own record of each run; there is nothing to set",
  translator: "lakeferry copies bytes as they are; there are no columns to translate",
  enableSkipIncompatibleRow: "lakeferry copies bytes as they are; there are no rows",
  redirectIncompatibleRowSettings: "lakeferry copies bytes as they are; there are no rows",
};
const refusedInSource: Readonly<Record<string, string>> = {
  deleteFilesAfterCompletion: "lakeferry never changes the source",
  enablePartitionDiscovery: "lakeferry copies bytes as they are; there are no columns to add",
  partitionRootPath: "lakeferry copies bytes as they are; there are no columns to add",
  additionalColumns: "lakeferry copies bytes as they are; there are no columns to add",
  disableMetricsCollection: "there is nothing to disable",
};
const refusedInSink: Readonly<Record<string, string>> = {
  copyBehavior: "the hierarchy is always preserved; flattening or merging would lose the proof of what was copied",
  expiryDateTime: "ADF has it for a Gen1 sink only",
  metadata: later("own metadata"),
};

const connection = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/u, "expected the name of a connection, a letter and then letters, digits or _");
const wellFormed = (text: string) => text.isWellFormed();
const halfPair = "expected whole characters; this holds half a surrogate pair";
const pathThat = (refuses: (path: LakePath) => string | undefined) =>
  z
    .string()
    .max(8000)
    .refine(wellFormed, halfPair)
    .superRefine((text, context) => {
      try {
        const why = refuses(pathFrom(text));
        if (why !== undefined) context.addIssue({ code: "custom", message: why });
      } catch (error) {
        context.addIssue({ code: "custom", message: isLakeError(error) ? error.detail : messageOf(error) });
      }
    });
const sourcePath = pathThat(() => undefined);
const sinkPath = pathThat(whyGen2Refuses);
const bound = z.string().min(1).max(1024).refine(wellFormed, halfPair);
const fewLanes = `expected "auto" or 1 to ${maxLanes} lanes`;
const mostFiles = 256;
const fewFiles = `expected "auto" or 1 to ${mostFiles} files in flight for each lane`;
const interval = z.strictObject({ listAfter: bound.optional(), listBefore: bound.optional() });

const source = refusing(
  refusedInSource,
  z.strictObject({
    connection: connection.default("LakeSource"),
    folderPath: sourcePath.default("/"),
    fileName: bound.optional(),
    recursive: z.boolean().default(true),
    listAfter: bound.optional(),
    listBefore: bound.optional(),
    ranges: z.array(interval).min(1).max(1000).optional(),
    ...selectionProperties,
    fileListPath: sourcePath.optional(),
    ...listProperties,
    ...capProperties,
  }),
).prefault({});
const sink = refusing(
  refusedInSink,
  z.strictObject({
    connection: connection.default("LakeSink"),
    fileSystem: z
      .string()
      .regex(
        /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/u,
        "expected 3 to 63 lower-case letters, digits or single hyphens",
      ),
    folderPath: sinkPath.default("/"),
    blockSizeInMB: z.int().min(1).max(100).optional(),
    ...capProperties,
  }),
  // A request without a sink is told what a sink needs.
).prefault({} as { readonly fileSystem: string });

/**
 * What POST /api/migrations takes. Property names are Azure Data Factory's where it has the notion: listAfter is
 * exclusive, listBefore inclusive, blockSizeInMB is in MiB. Unknown properties and those of other tools are refused.
 */
export const migrationRequest = refusing(
  {},
  z
    .strictObject({
      id: z.string().regex(runIdPattern, "expected 1 to 64 letters, digits, '.', '_' or '-'").optional(),
      name: z.string().max(200).optional(),
      /** Lanes at most; "auto" follows the slots that the plan gives. */
      parallelism: z
        .union([z.literal("auto"), z.int(fewLanes).min(1, fewLanes).max(maxLanes, fewLanes)], fewLanes)
        .default("auto"),
      /** Files in flight of one lane; "auto" takes what its process has. */
      filesPerLane: z
        .union([z.literal("auto"), z.int(fewFiles).min(1, fewFiles).max(mostFiles, fewFiles)], fewFiles)
        .default("auto"),
      /** The hours in which the run works; outside of them it rests. */
      window: windowRequest.optional(),
      /** How much work the run does until it stops by itself. */
      stopAfter: stopAfterRequest.optional(),
      /** What becomes of a name that Gen2 can't hold. */
      names: fidelity.names,
      overwrite: fidelity.overwrite,
      validateDataConsistency: fidelity.validateDataConsistency,
      skipErrorFile: fidelity.skipErrorFile,
      maxFailures: fidelity.maxFailures,
      /** The assessment that the report puts beside what came to be. */
      assessment: z.string().regex(runIdPattern, "expected the id of an assessment").optional(),
      labels: z.record(z.string().min(1).max(64), z.string().max(256)).optional(),
      mode: fidelity.mode,
      ...comparison,
      preserve: fidelity.preserve,
      preserveRoot: fidelity.preserveRoot,
      compareAccess: fidelity.compareAccess,
      accessTier: fidelity.accessTier,
      source,
      sink,
    })
    .superRefine((request, context) => {
      const { fileName, listAfter, listBefore, ranges } = request.source;
      const fail = (property: string, message: string) =>
        context.addIssue({ code: "custom", path: ["source", ...property.split(".")], message });
      const hasOwnRange = listAfter !== undefined || listBefore !== undefined;
      if (hasOwnRange && ranges !== undefined)
        fail("ranges", "expected either ranges or listAfter/listBefore, not both");
      checkSelection(request, context);
      for (const { field, message } of inVain(request)) {
        context.addIssue({ code: "custom", path: field.split("."), message });
      }
      if (fileName?.includes("/") === true)
        fail("fileName", "expected a name without '/'; the folder goes to folderPath");
      for (const [index, { listAfter: after, listBefore: upTo }] of rangesOf(request.source).entries()) {
        if (isEmptyInterval({ ...(after === undefined ? {} : { after }), ...(upTo === undefined ? {} : { upTo }) })) {
          fail(
            ranges === undefined ? "listBefore" : `ranges.${index}.listBefore`,
            `the interval (${after}, ${upTo}] is empty: expected a listBefore after listAfter`,
          );
        }
      }
      for (const { property, message } of wrongComparison(request)) {
        context.addIssue({ code: "custom", path: [property], message });
      }
      if (Object.keys(request.labels ?? {}).length > 20) {
        context.addIssue({ code: "custom", path: ["labels"], message: "expected at most 20 labels" });
      }
    }),
);

/** A request as it was checked: defaults filled in. */
export type MigrationRequest = z.infer<typeof migrationRequest>;

/** A request that an earlier lakeferry has stored: what it didn't know of has its default. */
export function completed(stored: MigrationRequest): MigrationRequest {
  return filled(stored, defaults);
}

const defaults = migrationRequest.parse({ sink: { fileSystem: "any" } });

function filled<T extends object>(stored: Partial<T>, by: T): T {
  const properties = Object.entries(by).map(([key, value]: [string, unknown]) => {
    const own: unknown = stored[key as keyof T];
    return [key, isRecord(own) && isRecord(value) ? filled(own, value) : (own ?? value)];
  });
  return { ...stored, ...(Object.fromEntries(properties) as T) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name intervals a request selects under its folder, united and ascending; one open interval when it names none. */
export function intervalsOf(request: MigrationRequest): ReturnType<typeof uniteIntervals> {
  return uniteIntervals(
    rangesOf(request.source).map(({ listAfter, listBefore }) => ({
      ...(listAfter === undefined ? {} : { after: listAfter }),
      ...(listBefore === undefined ? {} : { upTo: listBefore }),
    })),
  );
}

type Bounds = { readonly listAfter?: string | undefined; readonly listBefore?: string | undefined };

function rangesOf(from: Bounds & { readonly ranges?: readonly Bounds[] | undefined }): readonly Bounds[] {
  return from.ranges ?? [{ listAfter: from.listAfter, listBefore: from.listBefore }];
}

// Refuses known properties by name and reason, where the strict schema would only call them unknown.
function refusing<T extends z.ZodObject>(reasons: Readonly<Record<string, string>>, schema: T): T {
  const never = Object.entries({ ...refusedAnywhere, ...reasons }).map(([property, reason]) => [
    property,
    z.never(reason).optional(),
  ]);
  return schema.safeExtend(Object.fromEntries(never) as Record<string, z.ZodOptional<z.ZodNever>>) as unknown as T;
}
