import * as z from "zod";
import { cutoverRequest } from "../core/cutover.ts";
import { status } from "./report.ts";
import { named, type Operation } from "./operation.ts";

const time = z.iso.datetime();
const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{32}$/u);

/** What a reader of a path map may choose. */
export const pathMapQuery = z.strictObject({
  files: z.enum(["copied"], "expected copied").optional(),
  after: z
    .string()
    .regex(/^\d:[0-9A-Za-z._-]{1,200}:\d{1,15}$/u, "expected what the link to the next page holds")
    .optional(),
});

const seen = named(
  "CutoverRun",
  "What a run of a cut-over has seen of the source; of the last pass, also what it copied and what its audit found different.",
  z.object({
    run: z.string(),
    status,
    startTime: time.exactOptional(),
    endTime: time.exactOptional(),
    sourceTime: time.exactOptional(),
    digest,
    accessDigest: digest,
    files: count,
    folders: count,
    bytes: z.number().min(0),
    failed: count,
    copied: count,
    bornByRule: count,
    differences: z.record(z.string(), count),
    seal: z.string().exactOptional(),
  }),
);

/** One cut-over. */
export const cutover = named(
  "Cutover",
  "The last pass of a migration, and the proof that it was the last: two equal looks, the pass with its audit, an equal look after it.",
  z.object({
    id: z.string(),
    migration: z.string(),
    what: z.string(),
    status: z.enum(["Running", "Signed", "Refused", "Failed", "Cancelled"]),
    step: z.enum(["look1", "look2", "delta", "look3"]).exactOptional(),
    detail: z.string().exactOptional(),
    evidence: z
      .array(
        z.object({
          what: z.enum(["digest", "accessDigest", "files", "folders", "bytes"]),
          before: z.union([z.string(), z.number()]),
          after: z.union([z.string(), z.number()]),
          runs: z.array(z.string()),
        }),
      )
      .exactOptional(),
    samples: z.array(z.string()).exactOptional(),
    quietMinutes: count,
    access: z.enum(["listed", "full"]),
    extra: z.enum(["report", "keep", "delete"]),
    createdTime: time,
    endTime: time.exactOptional(),
    runs: z.object({
      look1: seen.exactOptional(),
      look2: seen.exactOptional(),
      delta: seen.exactOptional(),
      look3: seen.exactOptional(),
    }),
    seal: z.string().meta({ description: "SHA-256 over all that stands before it, of a signed one." }).exactOptional(),
    links: z.record(z.string(), z.string()),
  }),
);

/** All cut-overs. */
export const cutoverList = z.object({
  cutovers: z.array(cutover),
  unreadable: z.array(z.object({ id: z.string(), detail: z.string() })).exactOptional(),
});

named("CutoverRequest", "How to cut over.", cutoverRequest);

const content = { "application/json": cutover };

/** The routes of cut-overs, by the names of their functions. */
export const cutoverOperations = {
  startCutover: {
    method: "post",
    path: "/migrations/{id}/cutover",
    summary: "Cuts a migration over: proves the source frozen, does the last pass, audits it.",
    access: "function",
    body: cutoverRequest,
    answers: {
      202: {
        description: "It is under way; look at it again.",
        headers: { location: "The cut-over", "retry-after": "Seconds" },
        content,
      },
    },
    problems: ["request-invalid", "body-too-large", "not-json", "run-not-found", "command-not-allowed", "conflict"],
  },
  listCutovers: {
    method: "get",
    path: "/cutovers",
    summary: "Lists the cut-overs, newest first.",
    access: "function",
    answers: {
      200: {
        description: "All of them.",
        content: {
          "application/json": cutoverList,
        },
      },
    },
    problems: [],
  },
  getCutover: {
    method: "get",
    path: "/cutovers/{id}",
    summary: "Shows a cut-over; of a signed one this is the report.",
    access: "function",
    answers: { 200: { description: "The cut-over.", content } },
    problems: ["not-found"],
  },
  cancelCutover: {
    method: "post",
    path: "/cutovers/{id}/cancel",
    summary: "Ends a cut-over, and cancels its run.",
    access: "function",
    answers: { 200: { description: "The cut-over.", content } },
    problems: ["not-found", "command-not-allowed"],
  },
  getPathMap: {
    method: "get",
    path: "/cutovers/{id}/pathmap",
    summary: "Old paths and new ones, as CSV.",
    access: "function",
    query: pathMapQuery,
    answers: {
      200: {
        description: "A page of about 4 MiB.",
        headers: { link: 'The next page, as rel="next"; absent on the last one' },
        content: { "text/csv": z.string() },
      },
    },
    problems: ["request-invalid", "not-found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
