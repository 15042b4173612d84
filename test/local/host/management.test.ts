import assert from "node:assert/strict";
import { test } from "node:test";
import { common, handClock, rig } from "./kit.ts";

const app = `${common}
  df.app.orchestration("quick", function* (context) { return context.df.getInput(); });
  df.app.orchestration("bad", function* () { throw new Error("bad"); });
  df.app.orchestration("waits", function* (context) { return yield context.df.waitForExternalEvent("go"); });
`;
const clock = handClock();
const { host, call, run, status } = await rig(app, {
  clock,
  hostJson: { extensions: { durableTask: { hubName: "ManageHub" } } },
});

type Reply = { readonly result?: unknown; readonly error?: string };

async function client(verb: string, ...args: readonly unknown[]): Promise<Reply> {
  const answer = await call(`/api/client/${verb}`, { method: "POST", body: JSON.stringify(args) });
  const reply = (await answer.json()) as Reply;
  await host.idle();
  return reply;
}

async function links(id: string): Promise<Record<string, string>> {
  return (await client("createHttpManagementPayload", id)).result as Record<string, string>;
}

async function hook(link: string | undefined, method = "GET", extra = ""): Promise<Response> {
  assert.ok(link);
  return fetch(link + extra, { method });
}

test("a live id is refused with 409 and an ended one starts afresh", async () => {
  assert.equal((await client("startNew", "waits", { instanceId: "one" })).result, "one");
  assert.match((await client("startNew", "waits", { instanceId: "one" })).error ?? "", /status code: 409/);
  await client("raiseEvent", "one", "go", 1);
  assert.equal((await client("startNew", "quick", { instanceId: "one", input: 2 })).result, "one");
  const { output, historyEvents } = await status("one");
  assert.deepEqual([output, historyEvents.length], [2, 2]);
});

test("ids with forbidden characters, functions that do not exist and input that is no JSON are refused with 400", async () => {
  const long = "x".repeat(101);
  for (const instanceId of ["@a", "a%23b", "a%3Fb", long]) {
    assert.match((await client("startNew", "quick", { instanceId })).error ?? "", /status code: 400/, instanceId);
  }
  assert.match((await client("startNew", "echo")).error ?? "", /400.*'echo' doesn't exist/);
  const { statusQueryGetUri = "" } = await links("x");
  const create = statusQueryGetUri.replace("/instances/x", "/orchestrators/quick");
  assert.equal((await fetch(create, { method: "POST", body: "{" })).status, 400);
});

test("a start answers 202 with links, and 200 with the output when told to wait", async () => {
  const { statusQueryGetUri = "" } = await links("x");
  const create = statusQueryGetUri.replace("/instances/x", "/orchestrators/quick/waited");
  const started = await fetch(create, { method: "POST", body: "5" });
  assert.equal(started.status, 202);
  assert.equal(
    started.headers.get("location"),
    ((await started.json()) as Record<string, string>)["statusQueryGetUri"],
  );
  await host.idle();
  assert.equal((await fetch(started.headers.get("location") ?? "")).status, 200);
});

test("status is 202 with a location while an instance lives, 200 when it has ended, 404 when there is none", async () => {
  await client("startNew", "waits", { instanceId: "two" });
  const { statusQueryGetUri } = await links("two");
  const living = await hook(statusQueryGetUri);
  assert.deepEqual([living.status, living.headers.get("location")], [202, statusQueryGetUri]);
  await client("raiseEvent", "two", "go", "x");
  const ended = await hook(statusQueryGetUri);
  const body = (await ended.json()) as Record<string, unknown>;
  assert.deepEqual([ended.status, body["output"], body["createdTime"]], [200, "x", "2026-11-23T10:00:00Z"]);
  assert.equal((await hook((await links("nobody"))["statusQueryGetUri"])).status, 404);
  assert.match((await client("getStatus", "nobody")).error ?? "", /404/);
});

test("a failed instance answers 500 only when asked to", async () => {
  const { instanceId } = await run("bad");
  const { statusQueryGetUri } = await links(instanceId);
  assert.equal((await hook(statusQueryGetUri)).status, 200);
  assert.equal((await hook(statusQueryGetUri, "GET", "&returnInternalServerErrorOnFailure=true")).status, 500);
});

test("operations on an ended instance answer 410, which the client takes as done", async () => {
  const { instanceId } = await run("quick", 1);
  const all = await links(instanceId);
  for (const name of ["terminatePostUri", "suspendPostUri", "resumePostUri"]) {
    assert.equal((await hook(all[name], "POST")).status, 410, name);
  }
  for (const verb of ["terminate", "suspend", "resume"]) {
    assert.equal((await client(verb, instanceId, "why")).error, undefined);
    assert.match((await client(verb, "nobody", "why")).error ?? "", /No instance with ID 'nobody'/);
  }
  assert.equal((await hook(all["rewindPostUri"], "POST")).status, 501);
});

test("events want JSON", async () => {
  await client("startNew", "waits", { instanceId: "three" });
  const { sendEventPostUri = "" } = await links("three");
  const send = (type: string, body: string): Promise<Response> =>
    fetch(sendEventPostUri.replace("{eventName}", "go"), { method: "POST", body, headers: { "content-type": type } });
  assert.equal((await send("text/plain", "1")).status, 400);
  assert.equal((await send("application/json", "{")).status, 400);
  assert.equal((await send("application/json", "1")).status, 202);
});

test("restart runs the same input again under a new id", async () => {
  const { instanceId } = await run("quick", { again: true });
  const answer = await hook((await links(instanceId))["restartPostUri"], "POST");
  const { id } = (await answer.json()) as { id: string };
  await host.idle();
  assert.notEqual(id, instanceId);
  assert.deepEqual((await status(id)).output, { again: true });
});

test("lists come in pages and by filter, and the last page carries no token", async () => {
  for (let n = 0; n < 5; n++) await client("startNew", "quick", { instanceId: `page-${n}`, input: n });
  const { statusQueryGetUri = "" } = await links("");
  const list = `${statusQueryGetUri}&instanceIdPrefix=page-&top=2`;
  const ids: string[] = [];
  let token: string | null = "";
  let pages = 0;
  for (; token !== null; pages++) {
    const page: Response = await fetch(list, { headers: { "x-ms-continuation-token": token } });
    ids.push(...((await page.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId));
    token = page.headers.get("x-ms-continuation-token");
  }
  assert.deepEqual([ids, pages], [[0, 1, 2, 3, 4].map((n) => `page-${n}`), 3]);
  const all = (await client("getStatusAll")).result as { runtimeStatus: string }[];
  const failed = all.filter(({ runtimeStatus }) => runtimeStatus === "Failed");
  assert.deepEqual((await client("getStatusBy", { runtimeStatus: ["Failed"] })).result, failed);
});

test("only ended instances can be purged, one or by filter", async () => {
  await client("startNew", "waits", { instanceId: "alive" });
  const { instanceId } = await run("quick", 1);
  assert.deepEqual((await client("purgeInstanceHistory", instanceId)).result, { instancesDeleted: 1 });
  assert.deepEqual((await client("purgeInstanceHistory", "alive")).result, { instancesDeleted: 0 });
  const { statusQueryGetUri } = await links("");
  assert.equal((await hook(statusQueryGetUri, "DELETE")).status, 400);
  const from = "&createdTimeFrom=2020-01-01T00:00:00Z";
  assert.equal((await hook(statusQueryGetUri, "DELETE", `${from}&runtimeStatus=Running`)).status, 400);
  assert.equal((await hook(statusQueryGetUri, "DELETE", `${from}&runtimeStatus=Completed,Failed`)).status, 200);
  assert.equal((await hook(statusQueryGetUri, "DELETE", `${from}&runtimeStatus=Completed,Failed`)).status, 404);
  assert.equal((await status("alive")).runtimeStatus, "Running");
});

test("the webhooks want the hub's key and the links carry it", async () => {
  const { statusQueryGetUri = "" } = await links("alive");
  assert.match(statusQueryGetUri, /taskHub=ManageHub&.*code=/);
  assert.equal((await fetch(statusQueryGetUri.replace(/code=.*/, "code=guess"))).status, 401);
  assert.equal((await fetch(statusQueryGetUri.replace(/&code=.*/, ""))).status, 401);
});
