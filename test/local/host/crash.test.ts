import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { type Status, common, makeApp, tempDir, writeFiles } from "./kit.ts";

const main = join(import.meta.dirname, "../../../local/host/main.ts");

/** The app kills its own process, once, at each moment that the file `deaths` of its folder lists. */
const deadly = `${common}
  const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
  const { join } = require("node:path");
  const note = (text) => appendFileSync(join(__dirname, "notes"), text + "\\n");
  function moment(name) {
    const file = join(__dirname, "deaths");
    const deaths = JSON.parse(readFileSync(file, "utf8"));
    if (!deaths.includes(name)) return;
    writeFileSync(file, JSON.stringify(deaths.filter((death) => death !== name)));
    note("died at " + name);
    process.kill(process.pid, "SIGKILL");
  }
  df.app.activity("step", { handler: async (n) => {
    moment("before activity " + n);
    note("ran " + n);
    moment("after activity " + n);
    return n;
  } });
  df.app.orchestration("walk", function* (context) {
    const { df } = context;
    const { wave, sum } = df.getInput();
    moment("first turn of wave " + wave);
    const results = yield df.Task.all([1, 2, 3].map((lane) => df.callActivity("step", wave * 10 + lane)));
    moment("turn with results of wave " + wave);
    yield df.createTimer(new Date(df.currentUtcDateTime.getTime() + 1));
    const total = results.reduce((left, right) => left + right, sum);
    if (wave === 3) return total;
    moment("continue as new after wave " + wave);
    df.continueAsNew({ wave: wave + 1, sum: total });
  });
  df.app.activity("patient", { handler: async (ms) => {
    note("waiting");
    await new Promise((resolve) => setTimeout(resolve, ms));
    note("waited");
    return "waited";
  } });
  df.app.orchestration("waiting", function* (context) { return yield context.df.callActivity("patient", context.df.getInput()); });
  app.hook.appTerminate(() => note("terminated"));
`;

type Running = { readonly child: ChildProcess; readonly url: string | undefined; readonly exit: Promise<unknown[]> };

/** Starts the host as a process; the url is undefined when it died before it was ready. */
async function start(appRoot: string, dataDir: string): Promise<Running> {
  const child = spawn(process.execPath, [main, "--app", appRoot, "--data", dataDir, "--log", join(dataDir, "log")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, "line"), exit.then(() => undefined)]);
  const text = line?.[0] as string | undefined;
  return { child, url: text === undefined ? undefined : (JSON.parse(text) as { url: string }).url, exit };
}

async function post(url: string, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

/** Asks until the instance has ended, or the process has. */
async function watch({ url, exit }: Running, id: string): Promise<Status | undefined> {
  let isGone = false;
  void exit.then(() => (isGone = true));
  while (!isGone && url !== undefined) {
    try {
      const { result } = (await post(url, "/api/client/getStatus", [id])) as { result?: Status };
      if (result?.runtimeStatus === "Completed") return result;
    } catch {
      await exit;
    }
  }
  return undefined;
}

function notesOf(appRoot: string): string[] {
  return readFileSync(join(appRoot, "notes"), "utf8").trim().split("\n");
}

test("an orchestration goes on exactly where it was after every kill -9", async () => {
  const appRoot = makeApp(deadly);
  const dataDir = tempDir();
  const deaths = [
    "first turn of wave 1",
    "before activity 12",
    "after activity 13",
    "turn with results of wave 1",
    "continue as new after wave 1",
    "first turn of wave 2",
  ];
  writeFiles(appRoot, { deaths: JSON.stringify(deaths), notes: "" });
  let done: Status | undefined;
  let starts = 0;
  for (; done === undefined && starts < 20; starts++) {
    const running = await start(appRoot, dataDir);
    if (starts === 0 && running.url !== undefined) {
      await post(running.url, "/api/start/walk/w", { wave: 1, sum: 0 }).catch(() => {});
    }
    done = await watch(running, "w");
    running.child.kill("SIGKILL");
    await running.exit;
  }
  const expected = [11, 12, 13, 21, 22, 23, 31, 32, 33];
  assert.equal(
    done?.output,
    expected.reduce((sum, n) => sum + n, 0),
  );
  assert.equal(starts, deaths.length + 1);
  const notes = notesOf(appRoot);
  assert.deepEqual(notes.filter((line) => line.startsWith("died")).length, deaths.length);
  for (const n of expected) assert.ok(notes.includes(`ran ${n}`), `activity ${n} must have run`);
});

test("SIGTERM tells the app first, lets a running activity end and exits with 0", async () => {
  const appRoot = makeApp(deadly);
  const dataDir = tempDir();
  writeFiles(appRoot, { deaths: "[]", notes: "" });
  const { child, url, exit } = await start(appRoot, dataDir);
  await post(url ?? "", "/api/start/waiting/w", 300);
  while (!notesOf(appRoot).includes("waiting")) await new Promise(setImmediate);
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
  assert.deepEqual(notesOf(appRoot), ["waiting", "terminated", "waited"]);
  const again = await start(appRoot, dataDir);
  assert.equal((await watch(again, "w"))?.output, "waited");
  again.child.kill("SIGKILL");
  await again.exit;
  assert.equal(notesOf(appRoot).filter((line) => line === "waiting").length, 1);
});
