import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Answer } from "../../src/app/problem.ts";
import { openApi } from "../../src/contract/openapi.ts";
import { type OperationName, operations } from "../../src/contract/operations.ts";

/** An answer as it came over HTTP, or would; the path is the one below /api. */
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly text: string;
};

type Json = { [key: string]: unknown };
type Media = { readonly schema?: object; readonly "x-line-schema"?: object };
type Documented = {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
};

/**
 * Fails on an answer that the document doesn't promise: an unknown route, status or media type, a body that doesn't fit,
 * and a property that isn't described, which readers would have to ignore.
 */
export function checkerOf(served: object): (seen: Seen) => void {
  const document = closed(structuredClone(served)) as { readonly paths: Record<string, Record<string, Documented>> };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, "api");
  const routes = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/gu, "[^/]+")}$`, "u"),
  }));
  return ({ method, path, status, type, text }) => {
    const where = `${method} ${path} answered ${status}`;
    const route = routes.find(({ pattern }) => pattern.test(path))?.path;
    const operation = route === undefined ? undefined : document.paths[route]?.[method.toLowerCase()];
    assert.ok(route !== undefined && operation !== undefined, `${where}: no such route in the contract`);
    const response = operation.responses[status];
    assert.ok(response !== undefined, `${where}: the contract has no such status there: ${text.slice(0, 500)}`);
    if (response.content === undefined) return;
    const mediaType = type.split(";")[0]?.trim() ?? "";
    const media = response.content[mediaType];
    assert.ok(media !== undefined, `${where}: the contract has no "${mediaType}" there`);
    const at = ["paths", route, method.toLowerCase(), "responses", String(status), "content", mediaType];
    const valid = (key: keyof Media, value: unknown) => {
      const pointer = [...at, key].map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
      const check = ajv.getSchema(`api#/${pointer.join("/")}`) ?? assert.fail(`${where}: no schema`);
      assert.ok(check(value), `${where}, not as promised: ${ajv.errorsText(check.errors)}\n${JSON.stringify(value)}`);
    };
    if (mediaType.endsWith("json") && mediaType !== "application/x-ndjson") return valid("schema", JSON.parse(text));
    if (media["x-line-schema"] === undefined) return;
    for (const line of text.split("\n")) if (line !== "") valid("x-line-schema", JSON.parse(line));
  };
}

const here = checkerOf(openApi("http://127.0.0.1/api"));

/** The same for an answer that never became HTTP. */
export function assertPromised(name: OperationName, { status, headers, body }: Answer): void {
  const { method, path } = operations[name];
  const type = headers?.["content-type"] ?? "application/json";
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  here({ method, path: path.replaceAll(/\{\w+\}/gu, "x"), status, type, text });
}

/** `fetch` for tests: every answer of an app's API is checked against the document that this app serves. */
export function checkedFetch(plain: typeof fetch): typeof fetch {
  const checkers = new Map<string, Promise<(seen: Seen) => void>>();
  return async (input, init) => {
    const request = new Request(input, init);
    const reply = await plain(input, init);
    const { origin, pathname } = new URL(request.url);
    if (!pathname.startsWith("/api/")) return reply;
    const checker =
      checkers.get(origin) ??
      plain(`${origin}/api/openapi.json`).then(async (served) => checkerOf((await served.json()) as object));
    // Of a host that has gone away meanwhile the next one is asked again.
    checkers.set(origin, checker);
    checker.catch(() => checkers.delete(origin));
    const [check, text] = await Promise.all([checker, reply.clone().text()]);
    const type = reply.headers.get("content-type") ?? "";
    check({ method: request.method, path: pathname.slice("/api".length), status: reply.status, type, text });
    return reply;
  };
}

// Readers ignore what they don't know, so the document leaves objects open; here nothing goes unseen.
function closed(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const object: Json = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = object["type"] === "object" && "properties" in object && !("additionalProperties" in object);
  return isOpen && Object.keys(object["properties"] as object).length > 0
    ? { ...object, additionalProperties: false }
    : object;
}
