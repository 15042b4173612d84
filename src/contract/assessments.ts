import { assessBody } from "../core/assessRequest.ts";
import { migration } from "./migration.ts";
import { acceptedAnswer } from "./migrations.ts";
import { named, type Operation } from "./operation.ts";

named("AssessmentRequest", "What to assess, and what to reckon with; an empty object will do.", assessBody);

/** The routes under /assessments, by the names of their functions. */
export const assessmentOperations = {
  startAssessment: {
    method: "post",
    path: "/assessments",
    summary: "Walks the source alone, and estimates what a migration of it will take.",
    access: "function",
    body: assessBody,
    answers: acceptedAnswer,
    problems: ["request-invalid", "body-too-large", "not-json", "id-taken"],
  },
  getAssessment: {
    method: "get",
    path: "/assessments/{id}",
    summary: "Shows an assessment; its report says what it has found so far.",
    access: "function",
    answers: { 200: { description: "The assessment.", content: { "application/json": migration } } },
    problems: ["run-not-found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
