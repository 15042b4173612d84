import * as z from "zod";
import { type ProblemCode, problems, problemType } from "./problems.ts";

/** One route: what it takes and what it answers. */
export type Operation = {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Below /api, with its parameters in braces. */
  readonly path: `/${string}`;
  readonly summary: string;
  /** Which key it wants on Azure. */
  readonly access: "anonymous" | "function" | "admin";
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Success>>;
  /** What may go wrong, beside what may go wrong everywhere. */
  readonly problems: readonly ProblemCode[];
};

/** An answer that is no problem. */
export type Success = {
  readonly description: string;
  /** Headers by name, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Schemas by media type; of JSON Lines the schema is that of one line. Absent: no body. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
};

/** Schemas that the document names under `components`, by their ids. */
export const components = z.registry<{ readonly id: string; readonly description?: string }>();

/** A schema of all that a type holds: one more property of the type, also an optional one, has to be described. */
export type Describing<T> = z.ZodType<T> & { readonly shape: { readonly [K in keyof T]-?: z.ZodType } };

/** Names a schema in the document. */
export function named<T extends z.ZodType>(id: string, description: string, schema: T): T {
  components.add(schema, { id, description });
  return schema;
}

/** Any problem, as application/problem+json (RFC 9457). */
export const problemSchema = named(
  "Problem",
  "What went wrong. Branch on `code`; `title` and `detail` are for people.",
  z.object({
    type: z.enum(codes().map(problemType)),
    code: z.enum(codes()),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .meta({ description: "What is wrong field by field, as `source.listAfter`." })
      .exactOptional(),
  }),
);

function codes(): ProblemCode[] {
  return Object.keys(problems) as ProblemCode[];
}
