import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { handClock, rig } from "./kit.ts";

const app = `
  app.http("mirror", { methods: ["GET", "POST", "PUT"], route: "mirror/{id:int}/{*rest}", handler: async (request) => ({
    jsonBody: {
      method: request.method, url: request.url, params: request.params, query: Object.fromEntries(request.query),
      header: request.headers.get("x-test"), body: await request.text(),
    },
  }) });
  app.get("word", { route: "mirror/{id:int}/exactly", handler: () => ({ body: "exactly" }) });
  app.get("maybe", { route: "maybe/{name:alpha:maxlength(3)?}", handler: (request) => ({ body: request.params.name ?? "none" }) });
  app.get("bytes", () => ({ status: 201, body: new Uint8Array([0, 255]), headers: { "x-a": "b" } }));
  app.get("json", () => ({ jsonBody: { a: 1 } }));
  app.get("cookies", () => ({ cookies: [{ name: "a", value: "1", path: "/", httpOnly: true, sameSite: "Strict", maxAge: 5 }, { name: "b", value: "2" }] }));
  app.get("nothing", () => undefined);
  app.get("empty", () => ({ status: 204, body: "dropped" }));
  app.get("broken", () => { throw new Error("secret detail"); });
  app.get("text", () => "no object");
  app.post("echo", async (request) => ({ body: await request.arrayBuffer() }));
  app.get("slow", () => new Promise((resolve) => { globalThis.endSlow = () => resolve({ body: "late" }); }));
  app.http("guarded", { authLevel: "function", handler: () => ({ body: "in" }) });
  app.http("master", { authLevel: "admin", handler: () => ({ body: "in" }) });
`;
const clock = handClock();
const { call, host, notes } = await rig(app, { clock, hostJson: { functionTimeout: "00:00:10" } });

test("a request reaches its handler with method, address, parameters, query, headers and body", async () => {
  const answer = await call("/api/Mirror/7/a/b%20c?q=1", {
    method: "PUT",
    body: "hällo",
    headers: { "x-test": "yes" },
  });
  assert.deepEqual(await answer.json(), {
    method: "PUT",
    url: `${host.url}/api/Mirror/7/a/b%20c?q=1`,
    params: { id: "7", rest: "a/b c" },
    query: { q: "1" },
    header: "yes",
    body: "hällo",
  });
});

test("text beats a catch-all, and a constraint that fails is no match", async () => {
  assert.equal(await (await call("/api/mirror/7/exactly")).text(), "exactly");
  assert.equal((await call("/api/mirror/x/y")).status, 404);
});

test("an optional parameter may be absent but must satisfy its constraints when there", async () => {
  const texts = await Promise.all(["/api/maybe", "/api/maybe/abc"].map(async (path) => (await call(path)).text()));
  assert.deepEqual(texts, ["none", "abc"]);
  for (const path of ["/api/maybe/abcd", "/api/maybe/a1", "/api/maybe/abc/d"])
    assert.equal((await call(path)).status, 404);
});

test("an unknown path is 404 and a known one with another method 405", async () => {
  assert.equal((await call("/api/nowhere")).status, 404);
  const answer = await call("/api/json", { method: "DELETE" });
  assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET"]);
});

test("status, headers, cookies and bytes come back as the handler gave them", async () => {
  const bytes = await call("/api/bytes");
  assert.deepEqual([bytes.status, bytes.headers.get("x-a"), [...(await bytes.bytes())]], [201, "b", [0, 255]]);
  const json = await call("/api/json");
  assert.deepEqual([json.headers.get("content-type"), await json.json()], ["application/json", { a: 1 }]);
  const cookies = (await call("/api/cookies")).headers.getSetCookie();
  assert.deepEqual(cookies, ["a=1; Path=/; Max-Age=5; HttpOnly; SameSite=Strict", "b=2"]);
});

test("no result is an empty 204, and a 204 carries no body", async () => {
  for (const path of ["/api/nothing", "/api/empty"]) {
    const answer = await call(path);
    assert.deepEqual([answer.status, await answer.text()], [204, ""]);
  }
});

test("a handler that throws or returns no object gives an empty 500, and the reason is in the log", async () => {
  for (const path of ["/api/broken", "/api/text"]) {
    const answer = await call(path);
    assert.deepEqual([answer.status, await answer.text()], [500, ""]);
  }
  assert.ok(notes.some((note) => note.event === "function.failed" && note["error"] === "secret detail"));
});

test("a body of a megabyte comes back unchanged", async () => {
  const body = Buffer.alloc(1_000_000, 7);
  const answer = await call("/api/echo", { method: "POST", body });
  assert.ok(body.equals(await answer.bytes()));
});

test("a body over 100 MB is refused before it is read", async () => {
  const status = await new Promise((resolve) => {
    const sent = request(`${host.url}/api/echo`, {
      method: "POST",
      headers: { "content-length": 100 * 1024 * 1024 + 1 },
    });
    sent.on("response", (answer) => {
      resolve(answer.statusCode);
      sent.destroy();
    });
    sent.on("error", () => {});
    sent.flushHeaders();
  });
  assert.equal(status, 413);
});

test("a path that is not encoded properly is refused", async () => {
  assert.equal((await call("/admin/%ff")).status, 400);
});

test("callers that do not name loopback are refused", async () => {
  const asked = (host_: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(`${host.url}/api/json`, { headers: { host: host_ } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on("error", reject);
      sent.end();
    });
  assert.equal(await asked("evil.example:80"), 403);
  assert.equal(await asked("127.0.0.1.evil.example"), 403);
  assert.equal(await asked(`localhost:${host.port}`), 200);
});

test("a function that runs longer than functionTimeout answers 500 and its late result is logged and ignored", async () => {
  const answer = call("/api/slow");
  while (!("endSlow" in globalThis)) await new Promise(setImmediate);
  clock.forward(10_000);
  const given = await answer;
  assert.equal(given.status, 500);
  assert.match(await given.text(), /Timeout value of 10000 ms exceeded by function: Functions\.slow/);
  (globalThis as unknown as { endSlow: () => void }).endSlow();
  await new Promise(setImmediate);
  assert.ok(notes.some((note) => note.event === "function.late"));
});

test("the host tells its state, and keys are asked for only when the host is told to", async () => {
  const state = (await (await call("/admin/host/status")).json()) as { state: string; functions: unknown[] };
  assert.deepEqual([state.state, state.functions.length], ["Running", 14]);
  assert.equal((await call("/api/guarded")).status, 200);
  const keyed = await rig(app, { keys: { function: "f", master: "m" } });
  const status = async (path: string, key?: string): Promise<number> =>
    (await keyed.call(path, key === undefined ? {} : { headers: { "x-functions-key": key } })).status;
  assert.deepEqual(
    await Promise.all([
      status("/api/json"),
      status("/api/guarded"),
      status("/api/guarded", "f"),
      status("/api/guarded?code=m"),
    ]),
    [200, 401, 200, 200],
  );
  assert.deepEqual(await Promise.all([status("/api/master", "f"), status("/api/master", "m")]), [401, 200]);
  assert.deepEqual(await Promise.all([status("/admin/host/status"), status("/admin/host/status", "m")]), [401, 200]);
});
