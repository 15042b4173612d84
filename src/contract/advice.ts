import * as z from "zod";
import { type Advice, bottlenecks, type Evidence, type StoreEvidence } from "../core/advice.ts";
import { amount, count } from "./fields.ts";
import { type Describing, named } from "./operation.ts";

const part = z.number().min(0);

const storeEvidence = z.object({
  caps: part,
  connections: part,
  refusals: part,
  lists: part,
  bytes: part,
  answers: part,
  requests: count,
  refused: count,
  milliseconds: amount,
  listMilliseconds: amount,
  megabytesPerSecond: amount,
}) satisfies Describing<StoreEvidence>;

const evidence = z.object({
  source: storeEvidence,
  sink: storeEvidence,
  eventLoop: part,
  listingAlone: part,
  waitingForSlots: part,
  waitingForMemory: part,
  processors: amount,
}) satisfies Describing<Evidence>;

/** What bounds a migration. */
export const advice = named(
  "Advice",
  "What bounds a migration, by what its lanes have waited for, and what to change. Parts are between 0 and 1.",
  z.object({
    bottleneck: z.enum(bottlenecks),
    because: z.string(),
    change: z.array(z.string()).meta({ description: "Only what would help; empty where nothing would." }),
    evidence,
  }) satisfies Describing<Advice>,
);
