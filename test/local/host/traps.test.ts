import assert from "node:assert/strict";
import { test } from "node:test";
import { common, handClock, rig } from "./kit.ts";

const app = `${common}
  const seen = globalThis.trapCalls = [];
  df.app.activity("work", { handler: (n) => { seen.push(n); return n * 10; } });
  df.app.activity("failOnce", { handler: (key) => {
    seen.push(key);
    if (seen.filter((one) => one === key).length === 1) throw new Error("first time");
    return key;
  } });
  const soon = (context, ms) => new Date(context.df.currentUtcDateTime.getTime() + ms);
  const once = new df.RetryOptions(10, 2);

  function* window(context, start) {
    const { items, width } = context.df.getInput();
    const results = [];
    const open = [];
    let next = 0;
    while (results.length < items) {
      while (open.length < width && next < items) open.push({ n: next, task: start(context, next++) });
      const ended = yield context.df.Task.any(open.map(({ task }) => task));
      const at = open.findIndex(({ task }) => task === ended);
      const [{ n }] = open.splice(at, 1);
      results.push([n, ended.result]);
    }
    return results.filter(([n, result]) => result !== n * 10).length;
  }
  df.app.orchestration("slidingWindow", (context) => window(context, (context, n) => context.df.callActivity("work", n)));
  df.app.orchestration("tenfold", function* (context) { return context.df.getInput() * 10; });
  df.app.orchestration("slidingLanes", (context) => window(context, (context, n) => context.df.callSubOrchestrator("tenfold", n)));

  df.app.orchestration("allRejectThenGo", function* (context) {
    const { df } = context;
    try {
      yield df.Task.all([df.callActivity("fail", "x"), df.callActivityWithRetry("failOnce", once, "a" + df.instanceId)]);
    } catch {}
    return [yield df.callActivity("work", 1), yield df.callActivity("work", 2), yield df.callActivity("work", 3)];
  });
  df.app.orchestration("retryTimeout", function* (context) {
    const options = new df.RetryOptions(10, 5);
    options.retryTimeoutInMilliseconds = 1;
    yield context.df.callActivityWithRetry("fail", options, "x");
  });
  df.app.orchestration("oneTimerTwice", function* (context) {
    const { df } = context;
    const timer = df.createTimer(soon(context, 60000));
    for (const n of [1, 2, 3]) yield df.Task.any([timer, df.callActivity("work", n)]);
    timer.cancel();
    return "done";
  });

  df.app.orchestration("retryInAllOk", function* (context) {
    const { df } = context;
    const tasks = ["p", "q"].map((key) => df.callActivityWithRetry("failOnce", once, key + df.instanceId));
    return (yield df.Task.all(tasks)).map((key) => key[0]).concat(yield df.callActivity("work", 1));
  });
  df.app.orchestration("waves", function* (context) {
    const { df } = context;
    const results = [];
    for (let wave = 0; wave < 3; wave++) {
      results.push(...yield df.Task.all([0, 1, 2, 3].map((lane) => df.callActivity("work", wave * 4 + lane))));
    }
    return results;
  });
  df.app.orchestration("lane", function* (context) {
    const results = [];
    for (const n of context.df.getInput()) {
      try { results.push(yield context.df.callActivityWithRetry(n === 0 ? "fail" : "work", once, n)); } catch { results.push("no"); }
    }
    return results;
  });
  df.app.orchestration("lanes", function* (context) {
    return yield context.df.Task.all([[0, 1], [2, 0, 3]].map((lane) => context.df.callSubOrchestrator("lane", lane)));
  });
  df.app.orchestration("cancelThenDrain", function* (context) {
    const { df } = context;
    const all = df.Task.all([1, 2].map((n) => df.callActivity("work", n)));
    const first = yield df.Task.any([all, df.waitForExternalEvent("cancel")]);
    const drained = first === all ? all.result : yield all;
    return [drained, yield df.callActivity("work", 3)];
  });
  df.app.orchestration("allRejectThenEach", function* (context) {
    const { df } = context;
    const tasks = [df.callActivity("work", 1), df.callActivity("fail", "x"), df.callActivity("work", 2)];
    const results = [];
    try { yield df.Task.all(tasks); } catch {
      for (const task of tasks) { try { results.push(yield task); } catch { results.push("no"); } }
    }
    return [...results, yield df.callActivity("work", 4)];
  });
  df.app.orchestration("anyThenGo", function* (context) {
    const { df } = context;
    const timer = df.createTimer(soon(context, 60000));
    const first = yield df.Task.any([df.callActivity("work", 1), timer]);
    timer.cancel();
    return [first.result, yield df.callActivity("work", 2), yield df.callActivity("work", 3)];
  });
`;

const clock = handClock();
const { run, host, status, call } = await rig(app, { clock });
const calls = (globalThis as { trapCalls?: unknown[] }).trapCalls ?? [];

/** Runs to the end, giving the retries' timers the time they want. */
async function runOn(name: string, input?: unknown): ReturnType<typeof run> {
  let last = await run(name, input);
  for (let round = 0; round < 12 && last.runtimeStatus === "Running"; round++) {
    clock.forward(100);
    await host.idle();
    last = await status(last.instanceId);
  }
  return last;
}

test("a sliding window with Task.any completes with wrong results and extra activities", async () => {
  const before = calls.length;
  const { runtimeStatus, output } = await runOn("slidingWindow", { items: 4, width: 2 });
  assert.deepEqual([runtimeStatus, output], ["Completed", 2]);
  assert.equal(calls.length - before, 7);
});

test("a wider sliding window gives nearly only wrong results", async () => {
  const { runtimeStatus, output } = await runOn("slidingWindow", { items: 60, width: 5 });
  assert.deepEqual([runtimeStatus, output], ["Completed", 55]);
});

test("a sliding window over sub-orchestrations drifts just the same", async () => {
  const { runtimeStatus, output } = await runOn("slidingLanes", { items: 6, width: 2 });
  assert.equal(runtimeStatus, "Completed");
  assert.ok(Number(output) > 0);
});

test("after a Task.all that rejects while a retryable sibling is open, later results are wrong", async () => {
  const { runtimeStatus, output } = await runOn("allRejectThenGo");
  assert.equal(runtimeStatus, "Completed");
  assert.notDeepEqual(output, [10, 20, 30]);
});

test("exceeding retryTimeoutInMilliseconds leaves the instance running for ever", async () => {
  const { runtimeStatus } = await runOn("retryTimeout");
  assert.equal(runtimeStatus, "Running");
});

test("a timer in several Task.any is created anew each time and cannot be cancelled in the end", async () => {
  const { instanceId } = await run("oneTimerTwice");
  clock.forward(60_000);
  await host.idle();
  const { output, historyEvents } = await status(instanceId);
  assert.equal(output, "Orchestrator function 'oneTimerTwice' failed: Cannot cancel a completed task.");
  assert.equal(historyEvents.filter(({ EventType }) => EventType === "TimerFired").length, 3);
});

test("retries inside one Task.all whose members all end well give right results", async () => {
  assert.deepEqual((await runOn("retryInAllOk")).output, ["p", "q", 10]);
});

test("waves of Task.all give right results", async () => {
  const { output } = await runOn("waves");
  assert.deepEqual(
    output,
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => n * 10),
  );
});

test("lanes of sub-orchestrations with caught retries give right results", async () => {
  assert.deepEqual((await runOn("lanes")).output, [
    ["no", 10],
    [20, "no", 30],
  ]);
});

test("Task.any of a whole wave and an event, then the same wave again, gives right results", async () => {
  assert.deepEqual((await runOn("cancelThenDrain")).output, [[10, 20], 30]);
});

test("Task.any of a wave and an event that comes first still drains the wave", async () => {
  const started = await call("/api/start/cancelThenDrain/early", { method: "POST", body: "" });
  assert.equal(started.status, 200);
  await call("/api/client/raiseEvent", { method: "POST", body: JSON.stringify(["early", "cancel", 1]) });
  await host.idle();
  assert.deepEqual((await status("early")).output, [[10, 20], 30]);
});

test("Task.all of plain activities that rejects, then each one alone, gives right results", async () => {
  assert.deepEqual((await runOn("allRejectThenEach")).output, [10, "no", 20, 40]);
});

test("Task.any once, then new tasks, gives right results", async () => {
  assert.deepEqual((await runOn("anyThenGo")).output, [10, 20, 30]);
});
