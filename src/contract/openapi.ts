import * as z from "zod";
import { components, type Operation, problemSchema, type Success } from "./operation.ts";
import { operations } from "./operations.ts";
import { type ProblemCode, problems } from "./problems.ts";
import { version } from "./version.ts";

/** Anything in the document. */
type Json = { readonly [key: string]: unknown };

/** What any route may answer. */
const anywhere: readonly ProblemCode[] = [
  "not-signed-in",
  "not-permitted",
  "unexpected",
  "state-unavailable",
  "app-stopped",
];

/** What any route may answer that changes something. */
const changing: readonly ProblemCode[] = ["origin-refused", "not-json"];

/** The OpenAPI 3.1 document of the API that stands under `url`, made from the schemas that check requests. */
export function openApi(url: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    (paths[operation.path] ??= {})[operation.method] = operationOf(name, operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "lakeferry",
      version,
      description: "Moves a data lake, and proves that it did. Readers ignore properties that they don't know.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url }],
    security: [{ header: [] }, { query: [] }],
    paths,
    components: {
      schemas: schemasOf(),
      securitySchemes: {
        header: { type: "apiKey", in: "header", name: "x-functions-key" },
        query: { type: "apiKey", in: "query", name: "code" },
      },
    },
  };
}

function operationOf(name: string, operation: Operation): Json {
  const { path, summary, access, query, body } = operation;
  const parameters = [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))];
  return {
    operationId: name,
    tags: [path.split("/")[1]?.replace(".json", "") ?? ""],
    summary,
    ...(access === "anonymous" ? { security: [] } : {}),
    ...(access === "admin" ? { description: "Wants the app's admin key." } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } } }),
    responses: { ...successes(operation), ...refusals(operation) },
  };
}

function successes({ answers }: Operation): Json {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]));
}

function responseOf({ description, headers, content }: Success): Json {
  return {
    description,
    ...(headers === undefined
      ? {}
      : { headers: mapped(headers, (text) => ({ description: text, schema: { type: "string" } })) }),
    ...(content === undefined ? {} : { content: mapped(content, mediaOf) }),
  };
}

// OpenAPI 3.1 has no word for the schema of one line among many.
function mediaOf(schema: z.ZodType, mediaType: string): Json {
  if (mediaType !== "application/x-ndjson") return { schema: schemaOf(schema) };
  return { schema: { type: "string" }, "x-line-schema": schemaOf(schema) };
}

function refusals({ problems: own, access, method }: Operation): Json {
  const schema = schemaOf(problemSchema);
  if (access === "anonymous")
    return {
      503: { description: "`degraded` or `stopped`.", content: { "text/plain": { schema: { type: "string" } } } },
    };
  const codes = new Set([...own, ...anywhere, ...(method === "get" ? [] : changing)]);
  const byStatus = Object.groupBy(codes, (code) => problems[code].status);
  return {
    ...mapped(byStatus as Readonly<Record<string, ProblemCode[]>>, (codes) => ({
      description: codes.map((code) => `\`${code}\`: ${problems[code].when}`).join("; "),
      content: { "application/problem+json": { schema } },
    })),
    401: {
      description: `The function key is missing or wrong, which the Functions host answers, without a body. \`not-signed-in\`: ${problems["not-signed-in"].when}`,
    },
  };
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

function schemasOf(): Json {
  const { schemas } = z.toJSONSchema(components, {
    io: "input",
    uri,
    override: tidy,
  });
  return mapped(schemas as Readonly<Record<string, Json>>, ({ $id: _, $schema: __, ...schema }) => schema);
}

function schemaOf(schema: z.ZodType): Json {
  const id = components.get(schema)?.id;
  if (id !== undefined) return { $ref: uri(id) };
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, { io: "input", metadata: components });
  return JSON.parse(JSON.stringify(rest).replaceAll('"#/$defs/', `"${uri("")}`)) as Json;
}

const uri = (id: string) => `#/components/schemas/${id}`;

// Properties that are known only to say why they are refused are no part of what may be sent, and a default that lacks
// what it needs is none: it only serves to say what is missing.
function tidy({ jsonSchema: schema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property !== "object") continue;
    const given = property.default;
    if (JSON.stringify(property.not) === "{}") {
      delete schema.properties?.[name];
    } else if (typeof given === "object" && property.required?.some((key) => !Object.hasOwn(given ?? {}, key))) {
      delete property.default;
      schema.required = [...(schema.required ?? []), name];
    }
  }
}

function mapped<T>(from: Readonly<Record<string, T>>, change: (value: T, key: string) => unknown): Json {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value, key)]));
}
