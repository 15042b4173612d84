import * as z from "zod";
import { auditBody } from "../core/auditRequest.ts";
import { linesAnswer } from "./journal.ts";
import { migration } from "./migration.ts";
import { acceptedAnswer } from "./migrations.ts";
import { named, type Operation } from "./operation.ts";

named("AuditRequest", "What to compare; only sink.fileSystem is required.", auditBody);

/** What a reader of differences may choose. */
export const differencesQuery = z.strictObject({
  format: z.enum(["jsonl", "csv"], "expected jsonl or csv").default("jsonl"),
  after: z.string().optional(),
});

/** The routes under /audits, by the names of their functions. */
export const auditOperations = {
  startAudit: {
    method: "post",
    path: "/audits",
    summary: "Compares two lakes, and changes nothing.",
    access: "function",
    body: auditBody,
    answers: acceptedAnswer,
    problems: ["request-invalid", "body-too-large", "not-json", "id-taken"],
  },
  getAudit: {
    method: "get",
    path: "/audits/{id}",
    summary: "Shows an audit; its report says how many differences there are.",
    access: "function",
    answers: { 200: { description: "The audit.", content: { "application/json": migration } } },
    problems: ["run-not-found"],
  },
  getDifferences: {
    method: "get",
    path: "/audits/{id}/differences",
    summary: "Reads a page of the differences: `sign` is rclone's = - + * or !.",
    access: "function",
    query: differencesQuery,
    answers: linesAnswer,
    problems: ["request-invalid", "run-not-found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
