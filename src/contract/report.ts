import * as z from "zod";
import type { Report } from "../core/report.ts";
import type { RunStatus } from "../core/run.ts";
import { advice } from "./advice.ts";
import { assessment } from "./estimate.ts";
import { failure } from "./failure.ts";
import { amount, count, counts, found } from "./fields.ts";
import { type Describing, named } from "./operation.ts";
import { statuses } from "./status.ts";

/** Where a migration stands. */
export const status = named(
  "Status",
  "Queued, Running, Pausing, Paused and Cancelling are live; the others are ends. A Stopped one can be resumed.",
  z.enum(statuses) satisfies z.ZodType<RunStatus>,
);

/** What a migration has done. */
export const report = named(
  "Report",
  "What a migration has done so far. Amounts of data are bytes, copyDuration is seconds, throughput KiB/s.",
  z.object({
    id: z.string(),
    status,
    filesRead: count,
    filesWritten: count,
    filesSkipped: count,
    filesFailed: count,
    filesAccessSet: count,
    dataRead: amount,
    dataWritten: amount,
    copyDuration: amount,
    throughput: amount,
    filesPerSecond: amount,
    filesListed: count,
    dataListed: amount,
    foldersWritten: count,
    foldersFound: count,
    foldersSkipped: count,
    foldersFailed: count,
    rangesFailed: count,
    extraFiles: count,
    extraFolders: count,
    extraBytes: amount,
    planned: z.object({ files: count, bytes: amount, folders: count, deletes: count }).exactOptional(),
    deleted: z.object({ files: count, folders: count, bytes: amount, keptBecause: counts }).exactOptional(),
    audit: z.object({ checked: count, differences: count, by: counts, later: count }).exactOptional(),
    assessment: assessment.exactOptional(),
    contentCompared: z.object({ stored: count, read: count }),
    joinedByHash: count,
    askedByName: count,
    skippedBecause: counts,
    failedBecause: counts,
    access: z.object({
      created: count.exactOptional(),
      set: count.exactOptional(),
      predicted: count.exactOptional(),
      readBack: count.exactOptional(),
      mispredicted: count.exactOptional(),
      prediction: z.enum(["on", "off"]),
    }),
    expiriesSet: count,
    findings: z.partialRecord(z.enum(["tooManyEntries", "names", "nobody", "nameless"]), found),
    requests: z.object({ source: count, sink: count, byOperation: counts }),
    throttlingErrors: count,
    throttlingErrorsBy: z.object({ source: count, sink: count }),
    usedParallelCopies: count,
    usedDataIntegrationUnits: count,
    dataConsistencyVerification: z.object({
      VerificationResult: z.enum(["Verified", "NotVerified"]),
      InconsistentData: z.enum(["Found", "Skipped", "None"]),
      checksums: z.partialRecord(z.enum(["md5", "crc64", "none"]), count),
      readBack: z.object({ files: count }),
      notProven: z.string(),
    }),
    workingDuration: z.object({ listing: amount, reading: amount, writing: amount, waiting: amount }),
    advice: advice.exactOptional(),
    perfRecommendation: z.array(z.object({ Tip: z.string(), RuleName: z.string() })),
    digest: z.string().regex(/^[0-9a-f]{32}$/u),
    journal: z
      .object({ blobs: count, bytes: count, lines: count, seal: z.string().regex(/^[0-9a-f]{64}$/u) })
      .exactOptional(),
    expected: z.object({ files: count, bytes: amount }).exactOptional(),
    remainingSeconds: amount.exactOptional(),
    error: failure.exactOptional(),
  }) satisfies Describing<Report>,
);
