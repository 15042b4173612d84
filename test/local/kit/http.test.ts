import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import * as fc from "fast-check";
import { Pool } from "undici";
import { type ServeOptions, serve } from "../../../local/kit/http.ts";
import { parseQuery, percentDecode } from "../../../local/kit/query.ts";

async function echoing(t: TestContext, options: Partial<ServeOptions> = {}) {
  const served = await serve({
    identify: ({ method, rawPath }) => ({ op: method, path: rawPath }),
    handle: async ({ body }) => ({ status: 200, headers: {}, body: await body.read(1024) }),
    refuse: ({ status }) => ({ status, headers: {} }),
    ...options,
  });
  const pool = new Pool(served.url, { connections: 1 });
  t.after(async () => {
    await pool.destroy();
    await served.close();
  });
  const ask = async (method: "GET" | "HEAD" | "PUT", path: string, body?: string | Buffer) => {
    const reply = await pool.request({ method, path, body: body ?? null });
    return { status: reply.statusCode, headers: reply.headers, text: await reply.body.text() };
  };
  return { served, ask };
}

test("paths and queries arrive as they were sent", async (t) => {
  const targets: string[] = [];
  const { ask } = await echoing(t, {
    handle: ({ target, rawPath, rawQuery }) => {
      targets.push(`${rawPath}?${rawQuery}`);
      assert.equal(target, targets.at(-1));
      return { status: 200, headers: {} };
    },
  });
  const sent = ["/a/../b/%2e%2e/./c//d?x=1?2", "/%2F%25?a=%20+&=b", "/a?"];
  for (const target of sent) await ask("GET", target);
  assert.deepEqual(targets, sent);
});

test("query names ignore case, a plus is a space in a value, and what can't be decoded stays as sent", () => {
  const query = parseQuery("OP=Open&listAfter=a%2Bb+c&flag&bad=%FF&x=1&x=2&e==");
  assert.deepEqual(Object.fromEntries(query), { op: "Open", listafter: "a+b c", flag: "", bad: "%FF", x: "2", e: "=" });
});

test("any text survives percent-encoding, and bytes that are no UTF-8 don't decode", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => assert.equal(percentDecode(encodeURIComponent(text)), text)),
  );
  for (const wrong of ["%FF", "%", "%zz", "%ED%A0%80"]) assert.equal(percentDecode(wrong), undefined);
});

test("replies are framed by what their body is", async (t) => {
  const chunks = async function* () {
    yield Buffer.from("ab");
    yield Buffer.from("c");
  };
  const bodies = {
    "/none": {},
    "/text": { body: "é" },
    "/chunked": { body: "abc", isChunked: true },
    "/stream": { body: chunks() },
    "/sized": { body: chunks(), headers: { "Content-Length": 3 } },
  } as const;
  const { ask } = await echoing(t, {
    handle: ({ rawPath }) => ({ status: 200, headers: {}, ...bodies[rawPath as keyof typeof bodies] }),
  });
  const framing = async (path: string) => {
    const { headers, text } = await ask("GET", path);
    return [headers["content-length"] ?? headers["transfer-encoding"], text];
  };
  assert.deepEqual(await framing("/none"), ["0", ""]);
  assert.deepEqual(await framing("/text"), ["2", "é"]);
  assert.deepEqual(await framing("/chunked"), ["chunked", "abc"]);
  assert.deepEqual(await framing("/stream"), ["chunked", "abc"]);
  assert.deepEqual(await framing("/sized"), ["3", "abc"]);
});

test("HEAD tells the length and sends nothing", async (t) => {
  const { ask } = await echoing(t, { handle: () => ({ status: 200, headers: { "Content-Length": 5 } }) });
  const { headers, text } = await ask("HEAD", "/");
  assert.deepEqual([headers["content-length"], text], ["5", ""]);
});

test("a connection outlives an error that leaves the body unread", async (t) => {
  const { ask } = await echoing(t, {
    handle: async ({ method, body }) => {
      if (method === "PUT") for await (const _ of body.chunks()) return { status: 409, headers: {} };
      return { status: 200, headers: {} };
    },
  });
  assert.equal((await ask("PUT", "/", Buffer.alloc(2_000_000))).status, 409);
  assert.equal((await ask("GET", "/")).status, 200);
});

test("what a handler throws is a 500 with its stack, and it is counted", async (t) => {
  const { served, ask } = await echoing(t, {
    handle: () => {
      throw new Error("a bug");
    },
  });
  assert.match((await ask("GET", "/")).text, /Error: a bug\n\s+at /);
  assert.deepEqual(served.requests(), { total: 1, byOp: { GET: 1 }, byStatus: { 500: 1 } });
});

test("a body above the bound is refused where it is read", async (t) => {
  const { ask } = await echoing(t);
  assert.equal((await ask("PUT", "/", Buffer.alloc(1024, "x"))).text.length, 1024);
  assert.match((await ask("PUT", "/", Buffer.alloc(1025))).text, /BodyTooLarge: the body is longer than 1024 bytes/);
});

test("both framings at once are taken as chunked, as an old client means them", async (t) => {
  const { served } = await echoing(t);
  const socket = connect(served.port, "127.0.0.1");
  socket.write(
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  let reply = "";
  socket.on("data", (chunk: Buffer) => {
    reply += chunk.toString("utf8");
  });
  await once(socket, "end");
  assert.match(reply, /^HTTP\/1\.1 200 OK[^]*\r\n\r\nabc$/);
});

test("the middle of a reply is half of its length", async (t) => {
  const { served } = await echoing(t, {
    faults: [{ effect: { reset: "mid" } }],
    handle: () => ({ status: 200, headers: {}, body: "0123456789" }),
  });
  const socket = connect(served.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  let reply = "";
  socket.on("data", (chunk: Buffer) => {
    reply += chunk.toString("utf8");
  });
  await assert.rejects(once(socket, "end"), { code: "ECONNRESET" });
  assert.equal(reply.split("\r\n\r\n")[1], "01234");
});

test("the log blanks signatures", async (t) => {
  const { served, ask } = await echoing(t, { logLimit: 1 });
  await ask("GET", "/a?sv=1&sig=abc%3D&se=2");
  assert.equal(served.requests().log?.[0]?.target, "/a?sv=1&sig=-&se=2");
});
