import * as z from "zod";
import { capsChange } from "../core/caps.ts";
import { migrationRequest } from "../core/request.ts";
import { journalQuery, linesAnswer } from "./journal.ts";
import { accepted, changed, migration, migrationList } from "./migration.ts";
import { named, type Operation } from "./operation.ts";

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
    answers: linesAnswer,
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
    ...onOne(
      "retry",
      "Works on the names that failed, or that a fault rule has skipped, in an ended migration, and on nothing else, under a new id.",
    ),
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
