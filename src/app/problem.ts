import type * as z from "zod";
import { type ProblemCode, problems, problemType } from "../contract/problems.ts";
import { failureOf, isLakeError } from "../core/error.ts";
import type { WrongProperty } from "../core/windowVariables.ts";
import { wrongIn } from "../core/wrong.ts";

/** An answer of the HTTP API, before it becomes the host's response type. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  readonly body: unknown;
};

/** One field of a request that is wrong, by its path as "source.listAfter", and what was expected. */
export type FieldError = WrongProperty;

/** RFC 9457 problem details; status and title are those of the code. */
export function problem(code: ProblemCode, detail: string, errors?: readonly FieldError[]): Answer {
  const { status, title } = problems[code];
  return {
    status,
    headers: { "content-type": "application/problem+json" },
    body: { type: problemType(code), code, title, status, detail, ...(errors === undefined ? {} : { errors }) },
  };
}

/** What a schema has against a request, as 400. */
export function badRequest(error: z.ZodError): Answer {
  return wrongFields(wrongIn(error));
}

/** What is wrong with a request, field by field, as 400. */
export function wrongFields(errors: readonly FieldError[]): Answer {
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return problem("request-invalid", detail, errors);
}

// 404 and 409 by kind, 503 when the state can't be reached. Never 400: what a caller does wrong is found before the state is
// asked, and "invalid" is then the state's own trouble.
function problemOf(error: unknown): Answer {
  const { kind, detail } = failureOf(error, "request", "/");
  if (!isLakeError(error)) return problem("unexpected", detail);
  switch (kind) {
    case "not-found":
      return problem(error.op === "run" ? "run-not-found" : "not-found", detail);
    case "conflict":
      return problem("conflict", detail);
    case "throttled":
    case "unavailable":
    case "denied":
    case "unauthenticated":
      return problem("state-unavailable", detail);
    case "invalid":
    case "changed":
    case "corrupt":
    case "unprocessable":
    case "unexpected":
      return problem("unexpected", detail);
  }
}

/** Answers, with what is thrown meanwhile as a problem. */
export async function answering(answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    return problemOf(error);
  }
}
