import assert from "node:assert/strict";
import { test } from "node:test";
import { common, rig } from "./kit.ts";

const app = `${common}
  const kinds = globalThis.inputKinds = [];
  df.app.activity("kind", { handler: (input) => { kinds.push(input); return typeof input; } });
  df.app.activity("nothing", { handler: () => undefined });
  df.app.activity("throwsText", { handler: () => { throw "just text"; } });
  df.app.activity("throwsObject", { handler: () => { throw { code: 7 }; } });
  df.app.activity("big", { handler: () => 10n });
  df.app.orchestration("inputs", function* (context) {
    const kinds = [];
    for (const input of ["123", 123, "text", { a: [1] }, null, undefined, true]) kinds.push(yield context.df.callActivity("kind", input));
    return kinds;
  });
  df.app.orchestration("stamped", function* (context) {
    const { Timestamp, timestamp } = context.df.getInput();
    return [Timestamp instanceof Date, typeof timestamp];
  });
  df.app.orchestration("input", function* (context) { return context.df.getInput(); });
  df.app.orchestration("emptyResult", function* (context) { return [yield context.df.callActivity("nothing")]; });
  df.app.orchestration("messageOf", function* (context) {
    try { yield context.df.callActivity(context.df.getInput()); } catch (error) { return error.message; }
  });
  df.app.orchestration("empty", function* (context) { yield context.df.Task.all([]); });
  df.app.orchestration("yieldsNothing", function* (context) { yield context.df.continueAsNew(1); });
  df.app.orchestration("unstarted", function* (context) { context.df.callActivity("kind", "never"); return "done"; });
  df.app.orchestration("fails", function* () { throw "just text"; });
  df.app.orchestration("waits", function* (context) {
    const event = context.df.waitForExternalEvent("x");
    const first = yield context.df.Task.any([event, context.df.callActivity("echo", 1)]);
    return first.result;
  });
  df.app.orchestration("time", function* (context) {
    const before = context.df.currentUtcDateTime;
    yield context.df.callActivity("echo", 1);
    return [before <= context.df.currentUtcDateTime, context.df.newGuid("a") !== context.df.newGuid("a"), context.df.isReplaying];
  });
`;

const { run, call, host } = await rig(app);

test("management links point to this host, and a check-status response to the request's origin", async () => {
  const post = async (verb: string, args: unknown): Promise<{ result: Record<string, string> }> => {
    const answer = await call(`/api/client/${verb}`, { method: "POST", body: JSON.stringify(args) });
    return (await answer.json()) as { result: Record<string, string> };
  };
  const { result: links } = await post("createHttpManagementPayload", ["abc"]);
  for (const [name, link] of Object.entries(links)) if (name !== "id") assert.ok(link.startsWith(host.url), link);
  const { result: other } = await post("createCheckStatusResponse", [{ url: "http://localhost:9/x" }, "abc"]);
  assert.ok(other["statusQueryGetUri"]?.startsWith("http://localhost:9/runtime/webhooks/durabletask/instances/abc"));
});

test("every string field called Timestamp reaches an orchestrator as a Date", async () => {
  const stamp = "2026-01-01T00:00:00Z";
  assert.deepEqual((await run("stamped", { Timestamp: stamp, timestamp: stamp })).output, [true, "string"]);
});

test("an activity's input keeps its type", async () => {
  const { output } = await run("inputs");
  assert.deepEqual(output, ["string", "number", "string", "object", "undefined", "undefined", "boolean"]);
  const { inputKinds } = globalThis as { inputKinds?: unknown[] };
  assert.deepEqual(inputKinds?.slice(0, 4), ["123", 123, "text", { a: [1] }]);
});

test("an orchestration's input keeps its type, and none is null", async () => {
  assert.equal((await run("input", "123")).output, "123");
  assert.deepEqual((await run("input", { a: "ü" })).output, { a: "ü" });
  assert.equal((await run("input")).output, null);
});

test("an activity that returns nothing gives null", async () => {
  assert.deepEqual((await run("emptyResult")).output, [null]);
});

test("an activity's stack trace is part of the error that the orchestrator sees", async () => {
  assert.match(
    String((await run("messageOf", "fail")).output),
    /^Activity function 'fail' failed: .* \n Error: .*\n +at /s,
  );
});

test("thrown text and objects fail an activity like errors do", async () => {
  assert.match(String((await run("messageOf", "throwsText")).output), /failed: just text/);
  assert.match(String((await run("messageOf", "throwsObject")).output), /failed: {"code":7}/);
});

test("a result that JSON cannot hold fails the activity", async () => {
  assert.match(String((await run("messageOf", "big")).output), /BigInt/);
});

test("an orchestrator that throws text fails", async () => {
  assert.equal((await run("fails")).runtimeStatus, "Failed");
});

test("Task.all of nothing fails the instance", async () => {
  assert.match(String((await run("empty")).output), /at least one Task/);
});

test("yielding what is not a task is a violation of the programming model", async () => {
  assert.match(String((await run("yieldsNothing")).output), /programming constraint violation/);
});

test("a task that is never yielded is never started", async () => {
  assert.equal((await run("unstarted")).output, "done");
  assert.equal((globalThis as { inputKinds?: unknown[] }).inputKinds?.includes("never"), false);
});

test("a wait for an event that never comes does not hold an ending", async () => {
  assert.equal((await run("waits")).output, 1);
});

test("an orchestration's time goes forward with its turns and its ids differ", async () => {
  assert.deepEqual((await run("time")).output, [true, true, false]);
});
