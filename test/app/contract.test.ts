// The API's contract: one document, made from the schemas that check requests, for every route there is.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Validator } from "@seriousme/openapi-schema-validator";
import { emptyRegistry, installCore } from "../../local/host/core-api.ts";
import { loadApp } from "../../local/host/load.ts";
import { openApi } from "../../src/contract/openapi.ts";
import { operations } from "../../src/contract/operations.ts";
import { problems } from "../../src/contract/problems.ts";
import { version } from "../../src/contract/version.ts";
import { migrationRequest } from "../../src/core/request.ts";
import { checkerOf } from "../kit/contract.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const document = openApi("http://127.0.0.1:7071/api") as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> };
};

// The HTTP functions that the bundle registers, as "POST migrations/{id}/pause name".
async function registered(): Promise<readonly string[]> {
  const registry = emptyRegistry();
  const undo = installCore(root.replace(/\/$/u, ""), registry, () => undefined);
  const [before, info] = [process.env["AzureWebJobsStorage"], console.info];
  process.env["AzureWebJobsStorage"] = "UseDevelopmentStorage=true";
  console.info = () => undefined;
  try {
    await loadApp(root.replace(/\/$/u, ""), registry);
  } finally {
    undo();
    console.info = info;
    if (before === undefined) delete process.env["AzureWebJobsStorage"];
    else process.env["AzureWebJobsStorage"] = before;
  }
  return registry.registrations.flatMap(({ metadata }) => {
    const trigger = Object.values(metadata.bindings).find(({ type }) => type === "httpTrigger");
    if (trigger === undefined) return [];
    const { methods, route } = trigger as unknown as { readonly methods: readonly string[]; readonly route: string };
    return methods.map((method) => `${method} ${route} ${metadata.name}`);
  });
}

test("the document is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors, undefined, 1));
});

test("every HTTP function has its route in the document, and every route its function", async () => {
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId }]) => `${method.toUpperCase()} ${path.slice(1)} ${operationId}`),
  );
  const there = await registered();
  assert.deepEqual(
    there.toSorted(),
    described.toSorted(),
    "register routes with functions/serve.ts; docs/api.md says how",
  );
  assert.equal(there.length, Object.keys(operations).length);
});

test("what a request may hold is in the document, and what is refused by name is not", () => {
  const { properties = {} } = document.components.schemas["MigrationRequest"] ?? {};
  assert.ok("sink" in properties && "parallelism" in properties);
  assert.ok(!("dataIntegrationUnits" in properties));
});

test("the document has the version of the package", () => {
  assert.equal(version, (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version);
});

test("the page about the API lists every route and every problem, as they are", () => {
  const page = readFileSync(join(root, "docs/api.md"), "utf8");
  const cells = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  for (const [code, { status, when }] of Object.entries(problems)) {
    const [row] = cells.filter((line) => line[1] === `\`${code}\``);
    assert.deepEqual(row?.slice(2, 4), [String(status), when], code);
  }
  for (const { method, path } of Object.values(operations)) {
    assert.ok(page.includes(`\`${method.toUpperCase()} /api${path}\``), `${method} ${path}`);
  }
});

test("what is taken fits what is described", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, "api");
  const sink = { fileSystem: "lake" };
  const bodies = {
    MigrationRequest: { sink, parallelism: 8, source: { folderPath: "/a" } },
    AuditRequest: { sink, cutOffTime: "2026-11-26T00:00:00Z" },
    ScheduleRequest: { cron: "0 0 2 * * *", request: { sink } },
    CutoverRequest: { quietMinutes: 0 },
  };
  for (const [name, body] of Object.entries(bodies)) {
    const check = ajv.getSchema(`api#/components/schemas/${name}`) ?? assert.fail(name);
    assert.ok(check(body), `${name}: ${ajv.errorsText(check.errors)}`);
    assert.ok(!check({ ...body, color: "blue" }), `${name} takes anything`);
  }
});

test("requests in the documentation are requests that are taken", () => {
  const files = [join(root, "README.md"), ...globSync(join(root, "docs/**/*.md"))];
  const examples = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^```json\n(.*?)^```$/gmsu)].map(([, text = ""]) => ({
      file,
      body: JSON.parse(text) as { readonly sink?: { readonly fileSystem?: string } },
    })),
  );
  const requests = examples.filter(({ body }) => body.sink?.fileSystem !== undefined);
  assert.ok(requests.length > 0);
  for (const { file, body } of requests) {
    const parsed = migrationRequest.safeParse(body);
    assert.ok(parsed.success, `${file}: ${JSON.stringify(body)}: ${parsed.error?.message}`);
  }
});

test("an answer that isn't as promised is noticed: route, status, type, body, and properties nobody described", () => {
  const check = checkerOf(document);
  const seen = { method: "GET", path: "/migrations", status: 200, type: "application/json; charset=utf-8" };
  const list = { migrations: [], total: 0 };
  check({ ...seen, text: JSON.stringify(list) });
  const line = { outcome: "copied", type: "file", path: "/a" };
  const page = { ...seen, path: "/migrations/r/journal", type: "application/x-ndjson" };
  check({ ...page, text: `${JSON.stringify(line)}\n` });
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ path: "/migration" }, /no such route/u],
    [{ method: "PUT" }, /no such route/u],
    [{ status: 204 }, /no such status/u],
    [{ type: "text/html" }, /no "text\/html"/u],
    [{ text: "{}" }, /required property/u],
    [{ text: JSON.stringify({ ...list, more: 1 }) }, /additional properties/u],
    [
      { ...page, text: `${JSON.stringify(line)}\n${JSON.stringify({ ...line, outcome: "lost" })}\n` },
      /allowed values/u,
    ],
  ];
  for (const [change, said] of wrong) {
    assert.throws(() => check({ ...seen, text: JSON.stringify(list), ...change }), said);
  }
});
