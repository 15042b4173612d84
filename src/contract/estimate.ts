import * as z from "zod";
import type { Assessment, Estimate } from "../core/estimate.ts";
import { amount, count, counts, found } from "./fields.ts";
import { type Describing, named } from "./operation.ts";

const folders = z.array(z.object({ path: z.string(), entries: count, bytes: amount }));
const sliceFields = { files: count, bytes: amount };
const assumedCaps = { maxRequestsPerSecond: amount, maxMegabytesPerSecond: amount };

const estimate = named(
  "Estimate",
  "What a first migration into an empty file system will take; `recommended` are properties for its request.",
  z.object({
    requests: z.object({ source: count, sink: count, byOperation: counts }),
    limits: z.object({
      requestsPerSecond: amount,
      megabytesPerSecond: amount,
      laneRequestsPerSecond: amount,
      laneMegabytesPerSecond: amount,
    }),
    lanes: count,
    hours: amount,
    bound: z.enum(["requests", "bytes"]),
    cost: z.object({
      currency: z.string(),
      pricesOf: z.string(),
      note: z.string(),
      isSample: z.boolean(),
      sourceRequests: amount,
      sinkRequests: amount,
      transfer: amount,
      app: amount,
      total: amount,
      storagePerMonth: amount,
    }),
    recommended: z.object({
      parallelism: count,
      source: z.object(assumedCaps),
      sink: z.object({ ...assumedCaps, blockSizeInMB: count }),
    }),
  }) satisfies Describing<Estimate>,
);

/** What an assessment has found. */
export const assessment = named(
  "Assessment",
  "What an assessment has found so far. A folder's numbers are of what lies in it itself.",
  z.object({
    sizes: z.array(z.object({ below: amount, ...sliceFields })),
    months: z.array(z.object({ month: z.string(), ...sliceFields })),
    widestFolders: folders,
    largestFolders: folders,
    depth: count,
    largestFile: amount,
    expiring: count,
    withAcl: count,
    refusedNames: found,
    aclsOverLimit: found,
    unreadable: count,
    estimate,
  }) satisfies Describing<Assessment>,
);
