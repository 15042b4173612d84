// The pages about Azure speak of what is there, and of all of it.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { failure } from "../../src/contract/failure.ts";
import { problems } from "../../src/contract/problems.ts";
import { templateFrom } from "./template.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");

test("every problem and every kind of failure has what to do about it", () => {
  const page = read("docs/azure/troubleshooting.md");
  for (const code of [...Object.keys(problems), ...failure.shape.kind.options]) {
    assert.match(page, new RegExp(`^\\| \`${code}\` `, "mu"), code);
  }
});

test("every setting of the host has its reason", () => {
  const page = read("docs/azure/deploy.md");
  const { extensions, functionTimeout, telemetryMode } = JSON.parse(read("host.json")) as {
    readonly extensions: { readonly durableTask: Readonly<Record<string, unknown>> };
    readonly functionTimeout: string;
    readonly telemetryMode: string;
  };
  assert.deepEqual([functionTimeout, telemetryMode], ["00:30:00", "OpenTelemetry"]);
  const { storageProvider, tracing, ...own } = extensions.durableTask;
  const names = [...Object.keys(own), ...Object.keys(storageProvider as object), ...Object.keys(tracing as object)];
  const ofItself = ["type", "connectionName", "version"];
  for (const name of names.filter((one) => !ofItself.includes(one))) assert.ok(page.includes(`\`${name}\``), name);
});

test("parameters, settings and pages that the documentation names are there", () => {
  const main = templateFrom("infra/main.bicep", read("infra/main.bicep"));
  const elevated = templateFrom("infra/elevated.bicep", read("infra/elevated.bicep"));
  const pages = globSync("docs/azure/*.md", { cwd: root });
  assert.ok(pages.length >= 10);
  for (const page of pages) {
    const text = read(page);
    for (const [, link = ""] of text.matchAll(/\]\(([\w-]+\.md)\)/gu))
      assert.ok(pages.includes(`docs/azure/${link}`), link);
    for (const [, name = ""] of text.matchAll(
      /`((?:is[A-Z]|lake[A-Z]|source[A-Z]|always|maximum|slicesPer|easyAuthC|allowedC|nodeV|instanceM|integration|endpointS)\w+)(?:=\w+)?`/gu,
    )) {
      assert.ok(main.params.has(name) || elevated.params.has(name), `${page}: ${name}`);
    }
  }
});

test("azd finds the template and the package where they are", () => {
  const yaml = read("azure.yaml");
  const told = (key: string) => new RegExp(`^ *${key}: (.+)$`, "mu").exec(yaml)?.[1];
  assert.deepEqual([told("path"), told("module"), told("project")], ["infra", "main", "dist/package"]);
  // The function app carries the tag by which azd knows it.
  const service = /^services:\n {2}(\w+):/mu.exec(yaml)?.[1] ?? "";
  assert.match(read("infra/application.bicep"), new RegExp(`'azd-service-name': '${service}'`, "u"));
  assert.match(read("scripts/package.ts"), /join\(values\.out, "package"\)/u);
});

test("the files that a publishing tool sends from the checkout are those of the package", async () => {
  const rules = read(".funcignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const isSent = (path: string) =>
    rules.reduce((sent, rule) => (matches(rule, path) ? rule.startsWith("!") : sent), true);
  const matches = (rule: string, path: string) => {
    const pattern = rule.replace(/^!/u, "");
    return pattern === "*" ? !path.includes("/") : pattern === "dist/*" ? path.startsWith("dist/") : pattern === path;
  };
  const sent = ["host.json", "package.json", "dist", "dist/lakeferry.cjs"];
  const kept = [
    "local.settings.json",
    "src",
    "node_modules",
    "infra",
    "dist/lakeferry.cjs.map",
    "dist/local",
    ".git",
    "README.md",
  ];
  assert.deepEqual(
    sent.filter((path) => !isSent(path)),
    [],
  );
  assert.deepEqual(kept.filter(isSent), []);
});
