import assert from "node:assert/strict";
import { test } from "node:test";
import { common, handClock, rig } from "./kit.ts";

const app = `${common}
  df.app.orchestration("two", function* (context) {
    const first = yield context.df.callActivity("echo", { n: 1 });
    const rest = yield context.df.Task.all([2, 3].map((n) => context.df.callActivity("echo", n)));
    return [first, ...rest];
  });
  df.app.orchestration("parent", function* (context) {
    const { df } = context;
    const named = yield df.callSubOrchestrator("child", 1, df.instanceId + "-named");
    const unnamed = yield df.callSubOrchestrator("child", 2);
    return [named, unnamed];
  });
  df.app.orchestration("child", function* (context) {
    return { got: yield context.df.callActivity("echo", context.df.getInput()), parent: context.df.parentInstanceId };
  });
  df.app.orchestration("caught", function* (context) {
    try { yield context.df.callActivity("fail", "luck"); } catch (error) { return error.message.split(" \\n ")[0]; }
  });
  df.app.orchestration("uncaught", function* (context) { yield context.df.callActivity("fail", "luck"); });
  df.app.orchestration("failedChild", function* (context) {
    try { yield context.df.callSubOrchestrator("uncaught"); } catch (error) { return error.message.includes("no luck"); }
  });
  df.app.orchestration("rounds", function* (context) {
    const { round, sum } = context.df.getInput();
    if (round === 60) return sum;
    const add = yield context.df.callActivity("echo", round);
    context.df.setCustomStatus({ round });
    context.df.continueAsNew({ round: round + 1, sum: sum + add });
  });
  df.app.orchestration("listens", function* (context) {
    const first = yield context.df.waitForExternalEvent("go");
    return [first, yield context.df.waitForExternalEvent("go")];
  });
  df.app.orchestration("carries", function* (context) {
    const kept = context.df.getInput();
    if (kept.length === 3) return kept;
    const one = yield context.df.waitForExternalEvent("item");
    context.df.continueAsNew([...kept, one]);
  });
  df.app.orchestration("sleeps", function* (context) {
    const start = context.df.currentUtcDateTime.getTime();
    yield context.df.createTimer(new Date(start + context.df.getInput()));
    return context.df.currentUtcDateTime.getTime() - start;
  });
  df.app.orchestration("dangles", function* (context) {
    const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 5000));
    const first = yield context.df.Task.any([timer, context.df.callActivity("echo", "quick")]);
    return first.result;
  });
  df.app.orchestration("stepwise", function* (context) {
    for (let step = 0; step < 3; step++) yield context.df.waitForExternalEvent("step");
    return "walked";
  });
  df.app.orchestration("missing", function* (context) { yield context.df.callActivity("nobody"); });
  df.app.orchestration("missingChild", function* (context) { yield context.df.callSubOrchestrator("echo"); });
  df.app.orchestration("entity", function* (context) { yield context.df.callEntity(new df.EntityId("a", "b"), "op"); });
  df.app.orchestration("http", function* (context) { yield context.df.callHttp({ method: "GET", url: "http://127.0.0.1" }); });
  df.app.orchestration("talkative", function* (context) {
    context.df.setCustomStatus("x".repeat(context.df.getInput()));
    return "said";
  });
  df.app.orchestration("fickle", function* (context) {
    const names = ["echo", "fail"];
    globalThis.fickleRuns = (globalThis.fickleRuns ?? 0) + 1;
    const name = globalThis.fickleRuns === 1 ? "echo" : "other";
    yield context.df.callActivity(name, 1);
    return "never";
  });
  df.app.activity("other", { handler: () => "other" });
  df.app.orchestration("wide", function* (context) {
    const tasks = Array.from({ length: 200 }, (_, n) => context.df.callActivity("echo", n));
    return (yield context.df.Task.all(tasks)).length;
  });
  df.app.orchestration("twins", function* (context) {
    const child = () => context.df.callSubOrchestrator("listens", undefined, "twin-child");
    yield context.df.Task.all([child(), child()]);
  });
`;

const clock = handClock();
const hostJson = { extensions: { durableTask: { maxConcurrentActivityFunctions: 200 } } };
const { run, host, status, call, notes } = await rig(app, { clock, hostJson });

async function ask(verb: string, ...args: readonly unknown[]): Promise<void> {
  const answer = await call(`/api/client/${verb}`, { method: "POST", body: JSON.stringify(args) });
  assert.equal(((await answer.json()) as { error?: string }).error, undefined);
  await host.idle();
}

test("an orchestration calls activities one after the other and all at once", async () => {
  const { runtimeStatus, output } = await run("two");
  assert.deepEqual([runtimeStatus, output], ["Completed", [{ n: 1 }, 2, 3]]);
});

test("a parent gets the results of named and unnamed children", async () => {
  const { output, instanceId } = await run("parent");
  assert.deepEqual(
    output,
    [1, 2].map((got) => ({ got, parent: instanceId })),
  );
  assert.equal((await status(`${instanceId}-named`)).runtimeStatus, "Completed");
});

test("an activity's error reaches the orchestrator with the function's name", async () => {
  assert.equal((await run("caught")).output, "Activity function 'fail' failed: no luck");
});

test("an error that nobody catches fails the instance", async () => {
  const { runtimeStatus, output } = await run("uncaught");
  assert.equal(runtimeStatus, "Failed");
  assert.match(String(output), /^Orchestrator function 'uncaught' failed: Activity function 'fail' failed: no luck/);
});

test("a child's failure is an error in the parent", async () => {
  assert.equal((await run("failedChild")).output, true);
});

test("continueAsNew goes on for sixty rounds with a short history and the last custom status", async () => {
  const { output, customStatus, historyEvents } = await run("rounds", { round: 0, sum: 0 });
  assert.equal(output, 1770);
  assert.deepEqual(customStatus, { round: 59 });
  assert.equal(historyEvents.length, 2);
});

test("events that come before anyone waits are kept in their order", async () => {
  await call("/api/start/listens/early", { method: "POST", body: "" });
  await ask("raiseEvent", "early", "go", 1);
  await ask("raiseEvent", "early", "go", { n: 2 });
  assert.deepEqual((await status("early")).output, [1, { n: 2 }]);
});

test("an event whose name differs in case is taken by the extension but not by the worker, so the wait goes on", async () => {
  await call("/api/start/listens/cased", { method: "POST", body: "" });
  await ask("raiseEvent", "cased", "GO", 1);
  assert.equal((await status("cased")).runtimeStatus, "Running");
});

test("events that one round has not read are there in the next", async () => {
  await call("/api/start/carries/carrier", { method: "POST", body: "[]" });
  await Promise.all(["a", "b", "c"].map((item) => ask("raiseEvent", "carrier", "item", item)));
  await host.idle();
  const { output } = await status("carrier");
  assert.deepEqual((output as string[]).toSorted(), ["a", "b", "c"]);
});

test("a durable timer fires when its time has come and not before", async () => {
  const { instanceId, runtimeStatus } = await run("sleeps", 5000);
  assert.equal(runtimeStatus, "Running");
  clock.forward(4999);
  await host.idle();
  assert.equal((await status(instanceId)).runtimeStatus, "Running");
  clock.forward(1);
  await host.idle();
  assert.equal((await status(instanceId)).output, 5000);
});

test("a timer of eight days is a chain of hops", async () => {
  const days = 24 * 3_600_000;
  const { instanceId } = await run("sleeps", 8 * days);
  for (const hop of [3, 5]) {
    clock.forward(hop * days);
    await host.idle();
  }
  const { output, historyEvents } = await status(instanceId);
  assert.equal(output, 8 * days);
  assert.equal(historyEvents.filter(({ EventType }) => EventType === "TimerFired").length, 2);
});

test("an orchestrator that has returned stays running until its open timers have fired", async () => {
  const { instanceId, runtimeStatus } = await run("dangles");
  assert.equal(runtimeStatus, "Running");
  clock.forward(5000);
  await host.idle();
  assert.deepEqual((await status(instanceId)).output, "quick");
});

test("a suspended instance takes nothing up until it is resumed", async () => {
  await call("/api/start/stepwise/walker", { method: "POST", body: "" });
  await ask("raiseEvent", "walker", "step", 1);
  await ask("suspend", "walker", "a break");
  assert.equal((await status("walker")).runtimeStatus, "Suspended");
  await ask("raiseEvent", "walker", "step", 2);
  await ask("raiseEvent", "walker", "step", 3);
  assert.equal((await status("walker")).runtimeStatus, "Suspended");
  await ask("resume", "walker", "on");
  const { runtimeStatus, output } = await status("walker");
  assert.deepEqual([runtimeStatus, output], ["Completed", "walked"]);
});

test("terminate ends an instance with its reason, suspended or not", async () => {
  for (const id of ["ended-1", "ended-2"]) await call(`/api/start/stepwise/${id}`, { method: "POST", body: "" });
  await ask("suspend", "ended-2", "first");
  for (const id of ["ended-1", "ended-2"]) {
    await ask("terminate", id, "enough");
    const { runtimeStatus, output } = await status(id);
    assert.deepEqual([runtimeStatus, output], ["Terminated", "enough"]);
  }
});

test("functions of the wrong kind or none at all fail the instance by name", async () => {
  const activity =
    "Orchestrator function 'missing' failed: The function 'nobody' doesn't exist, is disabled, or is not an activity function.";
  assert.equal((await run("missing")).output, activity);
  assert.match(
    String((await run("missingChild")).output),
    /'echo' doesn't exist, is disabled, or is not an orchestrator/,
  );
});

test("what the local host has not built says so", async () => {
  assert.match(String((await run("entity")).output), /Entities are not built in the local host/);
  assert.match(String((await run("http")).output), /callHttp is not built in the local host/);
});

test("a custom status over 16 KB fails the instance", async () => {
  assert.equal((await run("talkative", 8_000)).runtimeStatus, "Completed");
  assert.match(String((await run("talkative", 8_200)).output), /must not exceed 16 KB/);
});

test("an orchestrator that asks for something else in its second turn is non-deterministic", async () => {
  const { runtimeStatus, output } = await run("fickle");
  assert.equal(runtimeStatus, "Failed");
  assert.match(String(output), /^Non-Deterministic workflow detected: .*'echo'.* has an activity task 'other' there/);
});

test("no turn takes more than 32 messages", async () => {
  const { output } = await run("wide");
  assert.equal(output, 200);
  const turns = notes.filter((note) => note.event === "turn.done" && note["function"] === "wide");
  const messages = turns.map((turn) => Number(turn["messages"]));
  assert.equal(Math.max(...messages), 32);
  assert.equal(
    messages.reduce((sum, count) => sum + count, 0),
    201,
  );
});

test("a second child with the id of a living one fails", async () => {
  const { instanceId } = await run("twins");
  await ask("terminate", "twin-child", "over");
  assert.match(String((await status(instanceId)).output), /twin-child is alive already/);
});
