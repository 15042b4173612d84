import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { trapsIn } from "../local/host/orchestrator-traps.ts";

const root = join(import.meta.dirname, "../..");

test("no orchestrator falls into a trap of Durable Functions", () => {
  for (const file of globSync("src/flow/**/*.ts", { cwd: root })) {
    assert.deepEqual(trapsIn(readFileSync(join(root, file), "utf8")), [], file);
  }
});

test("every trap is seen", () => {
  const planted = [
    "yield df.Task.any([a, b])",
    "yield Task\n  .any(open)",
    "options.retryTimeoutInMilliseconds = 5",
    "yield df.callSubOrchestrator('lane', 1)",
    "yield df.callSubOrchestratorWithRetry('lane', once, 1)",
    "const now = Date.now()",
    "const now = new Date( )",
    "if (Math.random() < 0.5) return",
    "const id = randomUUID()",
    "const text = await read()",
    "export async function flow() {}",
    "yield new Promise(() => {})",
    "fetch('http://127.0.0.1')",
    "import { readFileSync } from 'node:fs'",
    "const hub = process.env.HUB",
    "setTimeout(go, 5)",
    "df.signalEntity(id, 'add')",
    "type Row = { Timestamp: string }",
    "const tasks = lanes.map((lane) => df.callActivityWithRetry('x', once, lane));\nyield df.Task.all(tasks)",
  ];
  for (const text of planted) assert.notDeepEqual(trapsIn(text), [], text);
});

test("right patterns and words in comments are no traps", () => {
  const fine = `
    // Task.any would drift here; Date.now() too.
    /* async, await */
    export function* flow(df: Durable): Generator<Task> {
      const deadline = new Date(df.currentUtcDateTime.getTime() + 1000);
      try { yield df.Task.all(lanes.map((lane) => df.callActivity("ferryPacket", { lane, deadline }))); } catch {}
      yield df.createTimer(deadline);
      df.continueAsNew({ wave: wave + 1 });
    }`;
  assert.deepEqual(trapsIn(fine), []);
  assert.deepEqual(trapsIn("yield df.callActivityWithRetry('x', once, 1)"), []);
});
