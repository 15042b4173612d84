import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { startHost } from "../../../local/host/host.ts";
import { openStore } from "../../../local/host/durable/store.ts";
import { common, makeApp, rig, sdk, tempDir, writeFiles } from "./kit.ts";

const hello = `app.get("hello", () => ({ body: "hi" }));`;

async function refusal(code: string, hostJson?: object): Promise<string> {
  return startHost({ appRoot: makeApp(code, hostJson), port: 0 }).then(
    async (host) => {
      await host.close();
      return "accepted";
    },
    (error: Error) => error.message,
  );
}

test("an entry point that throws stops the start and is named", async () => {
  assert.match(await refusal(`throw new Error("no settings")`), /main\.cjs failed: no settings$/);
});

test("the process of a broken app ends with 1 and names the file, and one without arguments with 2", () => {
  const main = join(import.meta.dirname, "../../../local/host/main.ts");
  const appRoot = makeApp(`throw new Error("no settings")`);
  const broken = spawnSync(process.execPath, [main, "--app", appRoot, "--data", tempDir()], { encoding: "utf8" });
  assert.deepEqual([broken.status, broken.stdout], [1, ""]);
  assert.match(broken.stderr, /main\.cjs failed: no settings/);
  assert.equal(spawnSync(process.execPath, [main]).status, 2);
});

test("an app that registers nothing is refused", async () => {
  assert.match(await refusal(""), /registers a function/);
});

test("two functions of one name are refused, whatever their case", async () => {
  assert.match(await refusal(hello + hello), /"hello" is already registered/);
  assert.match(await refusal(`${hello} app.get("Hello", () => ({}));`), /"hello" and "Hello"/);
});

test("names, routes and schedules are checked before anything is served", async () => {
  assert.match(await refusal(`app.get("no good", () => ({}));`), /"no good" is no name/);
  assert.match(
    await refusal(`app.get("a", { route: "x/{y", handler: () => ({}) });`),
    /"a": The route .* cannot be read/,
  );
  assert.match(await refusal(`app.get("a", { route: "x/{y:odd}", handler: () => ({}) });`), /unknown constraint/);
  assert.match(await refusal(`app.get("a", { route: "/x", handler: () => ({}) });`), /cannot be read/);
  const clash = `app.get("a", { route: "x/{y}", handler: () => ({}) }); app.get("b", { route: "X/{z}", handler: () => ({}) });`;
  assert.match(await refusal(clash), /"a" and "b" both want GET/);
  for (const schedule of ["nonsense", "00:05:00", "0 0 0 L * *", "%NOT_SET%", "61 * * * * *"]) {
    const timer = `app.timer("t", { schedule: "${schedule}", handler: () => {} });`;
    assert.notEqual(await refusal(timer), "accepted", schedule);
  }
});

test("triggers, bindings and options that the local host lacks are refused by name", async () => {
  assert.match(
    await refusal(`app.storageQueue("q", { queueName: "x", connection: "c", handler: () => {} });`),
    /queueTrigger is not built/,
  );
  assert.match(await refusal(`app.setup({ enableHttpStream: true }); ${hello}`), /no HTTP streaming/);
  const retry = `retry: { strategy: "fixedDelay", maxRetryCount: 1, delayInterval: 1000 }`;
  assert.match(
    await refusal(`app.timer("t", { schedule: "0 0 * * * *", ${retry}, handler: () => {} });`),
    /retry policy/,
  );
});

test("registration after the start is refused", async () => {
  const code = `app.get("late", () => { try { app.get("later", () => ({})); } catch (error) { return { body: error.message }; } });`;
  const { call } = await rig(code);
  assert.match(await (await call("/api/late")).text(), /only be registered during app startup/);
});

test("main may be a pattern with braces, and every match is run", async () => {
  const dir = tempDir();
  writeFiles(dir, {
    "package.json": `{ "main": "dist/{index.js,functions/*.js}" }`,
    "dist/sdk.js": sdk(""),
    "dist/index.js": `require("./sdk.js").app.get("a", () => ({ body: "a" }));`,
    "dist/functions/b.js": `require("../sdk.js").app.get("b", () => ({ body: "b" }));`,
  });
  const { call } = await rig("", { appRoot: dir });
  assert.deepEqual([await (await call("/api/a")).text(), await (await call("/api/b")).text()], ["a", "b"]);
});

test("an ES module is loaded as one", async () => {
  const dir = tempDir();
  writeFiles(dir, {
    "package.json": `{ "main": "main.mjs" }`,
    "sdk.cjs": sdk(""),
    "main.mjs": `import sdk from "./sdk.cjs"; sdk.app.get("esm", () => ({ body: import.meta.url.slice(-8) }));`,
  });
  assert.equal(await (await (await rig("", { appRoot: dir })).call("/api/esm")).text(), "main.mjs");
});

test("app settings come from the options, then local.settings.json, then its sample", async () => {
  const code = `app.get("env", () => ({ jsonBody: [process.env.A_ONE, process.env.A_TWO, process.env.FUNCTIONS_WORKER_RUNTIME] }));`;
  const dir = makeApp(code);
  writeFiles(dir, { "local.settings.sample.json": `{ "Values": { "A_ONE": "sample", "A_TWO": "sample" } }` });
  const { call, host } = await rig("", { appRoot: dir, settings: { A_ONE: "option" } });
  assert.deepEqual(await (await call("/api/env")).json(), ["option", "sample", "node"]);
  await host.close();
  assert.equal(process.env["A_ONE"], undefined);
});

test("the hub's name is filled in from a setting, and a bad one is refused", async () => {
  const hostJson = { extensions: { durableTask: { hubName: "%HUB%" } } };
  const appRoot = makeApp(common, hostJson);
  await assert.rejects(startHost({ appRoot, port: 0 }), /names the app setting HUB, which is not set/);
  await assert.rejects(startHost({ appRoot, port: 0, settings: { HUB: "no-dash" } }), /hubName "no-dash"/);
});

test("a host.json that cannot be understood is refused with the place", async () => {
  assert.match(await refusal(hello, { functionTimeout: "soon" }), /host\.json: functionTimeout "soon"/);
  const zero = { extensions: { durableTask: { maxConcurrentActivityFunctions: 0 } } };
  assert.match(await refusal(hello, zero), /host\.json: .*maxConcurrentActivityFunctions/s);
});

test("a port that is taken is refused in plain words", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await assert.rejects(startHost({ appRoot: makeApp(hello), port }), /Port \d+ is in use by another program/);
  other.close();
});

test("a task hub of a newer version is refused", async () => {
  const dataDir = tempDir();
  const file = join(dataDir, "TestHubName.sqlite");
  const store = openStore(file);
  store.change("pragma user_version = 99");
  store.close();
  await assert.rejects(
    startHost({ appRoot: makeApp(hello), port: 0, dataDir }),
    /has version 99; this host knows versions up to 2/,
  );
});

test("hooks run around the app and every invocation, and may change both", async () => {
  const seen: string[] = [];
  Object.assign(globalThis, { hookSeen: seen });
  const { call, host, notes } = await rig(`
    const seen = globalThis.hookSeen;
    app.hook.appStart((context) => { seen.push("start"); context.hookData.x = 1; });
    app.hook.appTerminate((context) => { seen.push("terminate " + context.hookData.x); });
    app.hook.preInvocation((context) => { seen.push("pre"); context.inputs = [context.inputs[0], "given"]; });
    app.hook.postInvocation((context) => { seen.push("post"); context.result = { body: context.result.body + "!" }; });
    app.hook.log((context) => { context.message = context.message + " (heard)"; });
    app.get("hooked", (request, given, context) => { context.log("a word"); return { body: String(given) }; });
  `);
  assert.equal(await (await call("/api/hooked")).text(), "given!");
  await host.close();
  assert.deepEqual(seen, ["start", "pre", "post", "terminate 1"]);
  assert.ok(notes.some((note) => note.event === "app.log" && note["message"] === "a word (heard)"));
});
