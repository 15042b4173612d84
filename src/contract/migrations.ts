import { z } from "zod";
import type { Estimated } from "../core/beside.ts";
import { capsChange, type RunCaps } from "../core/caps.ts";
import type { Assessment, Estimate } from "../core/estimate.ts";
import type { Failure } from "../core/error.ts";
import { journalOutcomes } from "../core/journal.ts";
import type { Report } from "../core/report.ts";
import { migrationRequest } from "../core/request.ts";
import type { RunStatus } from "../core/run.ts";
import { type Describing, named, type Operation } from "./operation.ts";
import { statuses } from "./status.ts";

const count = z.int().min(0);
const amount = z.number().min(0);
const time = z.iso.datetime();
const counts = z.record(z.string(), count);

/** Where a migration stands. */
export const status = named(
  "Status",
  "Queued, Running, Pausing, Paused and Cancelling are live; the others are ends. A Stopped one can be resumed.",
  z.enum(statuses) satisfies z.ZodType<RunStatus>,
);

// What a failure may tell beside its kind.
const ofStore = {
  status: z.int().exactOptional(),
  code: z.string().exactOptional(),
  requestId: z.string().exactOptional(),
  at: z.enum(["source", "sink", "name"]).exactOptional(),
  tries: count.exactOptional(),
  time: z.string().exactOptional(),
};

/** Why something failed. */
export const failure = named(
  "Failure",
  "Why a name, or a whole migration, failed; `status`, `code` and `requestId` are the store's own.",
  z.object({
    kind: z.enum([
      "not-found",
      "denied",
      "throttled",
      "unavailable",
      "conflict",
      "changed",
      "corrupt",
      "invalid",
      "unprocessable",
      "unexpected",
    ]),
    op: z.string(),
    path: z.string(),
    detail: z.string(),
    ...ofStore,
  }) satisfies Describing<Failure>,
);

const folders = z.array(z.object({ path: z.string(), entries: count, bytes: amount }));
const found = z.object({ items: count, paths: z.array(z.string()) });
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

const assessment = named(
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
    audit: z.object({ checked: count, differences: count, by: counts }).exactOptional(),
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
    findings: z.partialRecord(
      z.enum(["tooManyEntries", "names", "nobody", "nameless"]),
      z.object({ items: count, paths: z.array(z.string()) }),
    ),
    requests: z.object({ source: count, sink: count, byOperation: counts }),
    throttlingErrors: count,
    usedParallelCopies: count,
    dataConsistencyVerification: z.object({
      VerificationResult: z.enum(["Verified", "NotVerified"]),
      InconsistentData: z.enum(["Found", "Skipped", "None"]),
      checksums: z.partialRecord(z.enum(["md5", "crc64", "none"]), count),
      readBack: z.object({ files: count }),
      notProven: z.string(),
    }),
    workingDuration: z.object({ listing: amount, reading: amount, writing: amount, waiting: amount }),
    digest: z.string().regex(/^[0-9a-f]{32}$/u),
    journal: z
      .object({ blobs: count, bytes: count, lines: count, seal: z.string().regex(/^[0-9a-f]{64}$/u) })
      .exactOptional(),
    expected: z.object({ files: count, bytes: amount }).exactOptional(),
    remainingSeconds: amount.exactOptional(),
    error: failure.exactOptional(),
  }) satisfies Describing<Report>,
);

const sideCaps = z.object({
  maxRequestsPerSecond: amount.exactOptional(),
  maxMegabytesPerSecond: amount.exactOptional(),
  maxConcurrentConnections: count.exactOptional(),
});

const caps = named(
  "Caps",
  "What holds for a migration as a whole, on all its lanes.",
  z.object({ source: sideCaps, sink: sideCaps }) satisfies Describing<RunCaps>,
);

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

const wave = z.object({
  number: count,
  lanes: count,
  why: z.string(),
  packets: count,
  startTime: time,
  deadline: time,
});

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

const rates = { filesPerSecond: amount, megabytesPerSecond: amount, requestsPerSecond: amount };

const lane = named(
  "Lane",
  "What a lane was mostly doing between its last two saves.",
  z.object({
    lane: count,
    doing: z.enum(["starting", "idle", "listing", "reading", "writing", "waiting"]),
    since: time.exactOptional(),
    path: z.string().exactOptional(),
    atOnce: z.object({ listing: amount, reading: amount, writing: amount, waiting: amount }).exactOptional(),
    filesPerSecond: amount.exactOptional(),
    megabytesPerSecond: amount.exactOptional(),
    requestsPerSecond: amount.exactOptional(),
    known: z.object({ files: count, bytes: amount }).exactOptional(),
    time: time.exactOptional(),
  }),
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
    wave: wave.exactOptional(),
    waves: z.array(wave).exactOptional(),
    lanes: z.array(lane).exactOptional(),
    rates: z.object(rates).exactOptional(),
    pending: z.object({ packets: count, waiting: count, knownFiles: count, knownBytes: amount }).exactOptional(),
    failures: z.array(failure).meta({ description: "The first 20; the journal has them all." }),
    orchestration: z.object({ instanceId: z.string(), epoch: count }),
    links,
  }),
);

/** See JournalLine. */
export const journalLine = named(
  "JournalLine",
  "What became of one name. Files found unchanged share a line of type `files` per folder.",
  z.object({
    outcome: z.enum(journalOutcomes),
    type: z.enum(["file", "files", "folder", "range", "listing"]),
    path: z.string(),
    sinkPath: z.string().exactOptional(),
    because: z.string().exactOptional(),
    bytes: amount.exactOptional(),
    md5: z.string().exactOptional(),
    crc64: z.string().exactOptional(),
    readBack: z.literal(true).exactOptional(),
    modifiedTime: z.string().exactOptional(),
    access: z.enum(["created", "set", "predicted", "readBack", "mispredicted"]).exactOptional(),
    expiry: z.literal("set").exactOptional(),
    findings: z.string().exactOptional(),
    milliseconds: amount.exactOptional(),
    requests: count.exactOptional(),
    first: z.string().exactOptional(),
    last: z.string().exactOptional(),
    files: count.exactOptional(),
    digest: z.string().exactOptional(),
    foreign: z.boolean().exactOptional(),
    plan: z.enum(["copy", "access", "make", "delete"]).exactOptional(),
    sign: z.enum(["=", "-", "+", "*", "!"]).exactOptional(),
    etag: z.string().exactOptional(),
    op: z.string().exactOptional(),
    ...ofStore,
    detail: z.string().exactOptional(),
  }),
);

/** What a reader of a journal may choose. */
export const journalQuery = z.strictObject({
  outcome: z.enum(journalOutcomes, `expected one of ${journalOutcomes.join(", ")}`).optional(),
  format: z.enum(["jsonl", "csv"], "expected jsonl or csv").default("jsonl"),
  after: z
    .string()
    .regex(/^[0-9A-Za-z._-]{1,200}:\d{1,15}$/u, "expected what the link to the next page holds")
    .optional(),
});

named("MigrationRequest", "What to migrate; only sink.fileSystem is required.", migrationRequest);

/** The answer of a run that was begun. */
export const acceptedAnswer = {
  202: {
    description: "It will be done; look at the migration again after Retry-After.",
    headers: { location: "The migration", "retry-after": "Seconds" },
    content: { "application/json": accepted },
  },
} as const;

const onOne = (command: string, summary: string): Operation => ({
  method: "post",
  path: `/migrations/{id}/${command}`,
  summary,
  access: "function",
  answers: acceptedAnswer,
  problems: ["run-not-found", "command-not-allowed"],
});

/** The routes under /migrations, by the names of their functions. */
export const migrationOperations = {
  startMigration: {
    method: "post",
    path: "/migrations",
    summary: "Starts a migration.",
    access: "function",
    body: migrationRequest,
    answers: acceptedAnswer,
    problems: ["request-invalid", "body-too-large", "not-json", "id-taken", "root-overlap"],
  },
  listMigrations: {
    method: "get",
    path: "/migrations",
    summary: "Lists the migrations, newest first.",
    access: "function",
    answers: { 200: { description: "The list.", content: { "application/json": migrationList } } },
    problems: [],
  },
  getMigration: {
    method: "get",
    path: "/migrations/{id}",
    summary: "Shows a migration.",
    access: "function",
    answers: { 200: { description: "The migration.", content: { "application/json": migration } } },
    problems: ["run-not-found"],
  },
  changeMigration: {
    method: "patch",
    path: "/migrations/{id}",
    summary: "Replaces caps of a live migration; null takes one away.",
    access: "function",
    body: capsChange,
    answers: {
      200: {
        description: "The caps as they are now; lanes heed them within seconds.",
        content: { "application/json": changed },
      },
    },
    problems: ["request-invalid", "body-too-large", "not-json", "run-not-found", "command-not-allowed"],
  },
  getJournal: {
    method: "get",
    path: "/migrations/{id}/journal",
    summary: "Reads a page of what became of every name.",
    access: "function",
    query: journalQuery,
    answers: {
      200: {
        description: "A page of about 4 MiB.",
        headers: { link: 'The next page, as rel="next"; absent on the last one' },
        content: { "application/x-ndjson": journalLine, "text/csv": z.string() },
      },
    },
    problems: ["request-invalid", "run-not-found"],
  },
  pauseMigration: onOne("pause", "Pauses a migration."),
  resumeMigration: {
    ...onOne("resume", "Goes on with a paused or stopped migration."),
    problems: ["run-not-found", "command-not-allowed", "root-overlap"],
  },
  cancelMigration: onOne("cancel", "Ends a migration where it is."),
  rerunMigration: {
    ...onOne("rerun", "Starts the request of an ended migration again, under a new id."),
    problems: ["run-not-found", "command-not-allowed", "request-invalid", "root-overlap"],
  },
  retryMigration: {
    ...onOne("retry", "Works on the names that failed in an ended migration, and on nothing else, under a new id."),
    problems: ["run-not-found", "command-not-allowed", "request-invalid", "root-overlap"],
  },
  orchestrationLinks: {
    method: "get",
    path: "/migrations/{id}/orchestration",
    summary: "Durable Functions' own management links, which carry a system key.",
    access: "admin",
    answers: { 200: { description: "The links.", content: { "application/json": z.record(z.string(), z.string()) } } },
    problems: ["run-not-found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
