import * as z from "zod";
import type { Estimated } from "../core/beside.ts";
import { migrationRequest } from "../core/request.ts";
import { failure } from "./failure.ts";
import { amount, count, time } from "./fields.ts";
import { caps, liveFields } from "./live.ts";
import { named } from "./operation.ts";
import { report, status } from "./report.ts";

/** What a change of caps is answered. */
export const changed = z.object({ id: z.string(), status, caps });

const links = z.record(z.string(), z.string());

/** What a start or a command is answered. */
export const accepted = named(
  "Accepted",
  "A migration that was told something, and where to look at it.",
  z.object({ id: z.string(), status, links }),
);

const rest = named(
  "Rest",
  "Why a migration rests by its own request: outside of its window until then, or at the end of its stopAfter.",
  z.object({
    because: z.enum(["window", "stopAfter"]),
    until: time.exactOptional(),
    reached: z.enum(["minutes", "files", "bytes"]).exactOptional(),
  }),
);

const summaryFields = {
  id: z.string(),
  name: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  status,
  job: z.enum(["copy", "audit", "look", "assess"]).exactOptional(),
  phase: z.enum(["copy", "audit", "delete", "look", "assess"]).exactOptional(),
  schedule: z.string().exactOptional(),
  cutover: z.string().exactOptional(),
  retryOf: z.string().exactOptional(),
  rest: rest.exactOptional(),
  what: z.string(),
  createdTime: time,
  startTime: time.exactOptional(),
  endTime: time.exactOptional(),
  error: failure.exactOptional(),
};

/** One line of the list. */
export const summary = named("MigrationSummary", "A migration in a list.", z.object(summaryFields));

/** All migrations. */
export const migrationList = named(
  "MigrationList",
  "The newest 200, newest first, and how many there are.",
  z.object({
    migrations: z.array(summary),
    total: count,
    unreadable: z.array(z.object({ id: z.string(), detail: z.string() })).exactOptional(),
  }),
);

const beside = z.object({ estimated: amount, actual: count });

const estimated = named(
  "Estimated",
  "Requests as the assessment that the migration's request names had estimated them, and as they came to be.",
  z.object({
    assessment: z.string(),
    source: beside,
    sink: beside,
    byOperation: z.record(z.string(), beside),
  }) satisfies z.ZodType<Estimated>,
);

/** One migration with all there is to see. */
export const migration = named(
  "Migration",
  "A migration: what was asked for, what it has done, and, while it is live, what it is doing.",
  z.object({
    ...summaryFields,
    request: migrationRequest,
    caps,
    report,
    seal: z
      .string()
      .regex(/^[0-9a-f]{64}$/u)
      .exactOptional()
      .meta({
        description: "SHA-256 of the report as it stands here, which holds the journal's own; of an ended one.",
      }),
    estimated: estimated.exactOptional(),
    ...liveFields,
    failures: z.array(failure).meta({ description: "The first 20; the journal has them all." }),
    orchestration: z.object({ instanceId: z.string(), epoch: count }),
    links,
  }),
);
