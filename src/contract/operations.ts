import * as z from "zod";
import { assessmentOperations } from "./assessments.ts";
import { auditOperations } from "./audits.ts";
import { healthOperations } from "./health.ts";
import { cutoverOperations } from "./cutovers.ts";
import { migrationOperations } from "./migrations.ts";
import type { Operation } from "./operation.ts";
import { preflightOperations } from "./preflight.ts";
import { scheduleOperations } from "./schedules.ts";

const contract = {
  getContract: {
    method: "get",
    path: "/openapi.json",
    summary: "This document.",
    access: "function",
    answers: { 200: { description: "OpenAPI 3.1.", content: { "application/json": z.looseObject({}) } } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Operation>>;

/** Every route of the app, by the name of the function that serves it. */
export const operations = {
  ...migrationOperations,
  ...auditOperations,
  ...assessmentOperations,
  ...scheduleOperations,
  ...cutoverOperations,
  ...healthOperations,
  ...preflightOperations,
  ...contract,
} satisfies Readonly<Record<string, Operation>>;

/** The name of a function that serves a route. */
export type OperationName = keyof typeof operations;
