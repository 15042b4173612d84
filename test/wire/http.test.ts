import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { isKind, LakeError } from "../../src/core/error.ts";
import { type Http, openHttp } from "../../src/wire/http.ts";
import { wireRequest } from "../kit/wire.ts";

async function withServer(listener: RequestListener, use: (http: Http, origin: string) => Promise<void>) {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = openHttp(origin, 4);
  try {
    await use(http, origin);
  } finally {
    await http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("the target goes on the wire exactly as it stands", async () => {
  const seen: string[] = [];
  await withServer(
    (request, response) => {
      seen.push(request.url ?? "");
      response.end();
    },
    async ({ send }, origin) => {
      for (const target of ["/a/%2E%2E/b?x=%2B", "/a//b", "/%F0%9F%98%80"]) await send(wireRequest({ origin, target }));
    },
  );
  assert.deepEqual(seen, ["/a/%2E%2E/b?x=%2B", "/a//b", "/%F0%9F%98%80"]);
});

test("a redirect is an answer, never followed: a token goes to no other host", async () => {
  let other = 0;
  await withServer(
    (_, response) => {
      other++;
      response.end();
    },
    async (_http, elsewhere) => {
      await withServer(
        (_, response) => response.writeHead(307, { location: `${elsewhere}/stolen` }).end(),
        async ({ send }, origin) => {
          const reply = await send(wireRequest({ origin, headers: { authorization: "Bearer t" } }));
          assert.equal(reply.status, 307);
        },
      );
    },
  );
  assert.equal(other, 0);
});

test("a body arrives in order through the receiver, and the sender waits while the receiver is busy", async () => {
  const content = Buffer.alloc(1_000_000, "0123456789");
  await withServer(
    (_, response) => response.end(content),
    async ({ send }, origin) => {
      const chunks: Uint8Array[] = [];
      let busy = 0;
      await send(
        wireRequest({
          origin,
          safe: false,
          receive: async (chunk) => {
            assert.equal(busy++, 0);
            chunks.push(Uint8Array.from(chunk));
            await new Promise((resolve) => setImmediate(resolve));
            busy--;
          },
        }),
      );
      assert.ok(Buffer.concat(chunks).equals(content));
    },
  );
});

test("an error body is never given to the receiver", async () => {
  await withServer(
    (_, response) => response.writeHead(503).end("busy"),
    async ({ send }, origin) => {
      const reply = await send(wireRequest({ origin, receive: () => assert.fail("received an error body") }));
      assert.equal(Buffer.from(reply.body).toString(), "busy");
    },
  );
});

test("a connection that breaks, before or within the answer, is unavailable and worth a retry", async () => {
  for (const breakIt of ["before", "within"] as const) {
    await withServer(
      (request, response) => {
        if (breakIt === "within") response.writeHead(200, { "content-length": "100" }).write("some");
        setImmediate(() => request.socket.destroy());
      },
      async ({ send }, origin) => {
        await assert.rejects(
          send(wireRequest({ origin })),
          (error) => isKind(error, "unavailable") && error.retry === "later",
        );
      },
    );
  }
});

test("a HEAD may declare any length", async () => {
  await withServer(
    (_, response) => response.writeHead(200, { "content-length": String(2 ** 40) }).end(),
    async ({ send }, origin) => {
      const reply = await send(wireRequest({ origin, method: "HEAD" }));
      assert.equal(reply.headers["content-length"], String(2 ** 40));
    },
  );
});

test("a reply that is too long to be an answer is refused before it fills the memory", async () => {
  const parts = Array.from({ length: 10 }, () => Buffer.alloc(8 * 1024 * 1024));
  await withServer(
    (_, response) => {
      pipeline(Readable.from(parts), response).catch(() => undefined);
    },
    async ({ send }, origin) => {
      await assert.rejects(send(wireRequest({ origin })), (error) => isKind(error, "unexpected"));
    },
  );
});

test("connections outlive a HEAD", async () => {
  const sockets = new Set<unknown>();
  await withServer(
    (request, response) => {
      sockets.add(request.socket);
      response.writeHead(200, { "content-length": "5" }).end();
    },
    async ({ send }, origin) => {
      for (let count = 0; count < 5; count++) await send(wireRequest({ origin, method: "HEAD" }));
    },
  );
  // The pool may open a second one before it has seen the first answer's end.
  assert.ok(sockets.size <= 2, `${sockets.size} connections for 5 requests`);
});

test("what takes too long is given up as unavailable, before the answer and within it", async () => {
  for (const begins of [false, true]) {
    await withServer(
      (_, response) => {
        if (begins) response.writeHead(200, { "content-length": "100" }).write("some");
      },
      async ({ send }, origin) => {
        await assert.rejects(
          send(wireRequest({ origin, timeoutMs: 20 })),
          (error) => isKind(error, "unavailable") && error.retry === "later" && /within 20 ms/u.test(error.detail),
        );
      },
    );
  }
});

test("the caller's own abort stays the caller's: under way, waiting for a connection, and come too late", async () => {
  await withServer(
    () => undefined,
    async ({ send }, origin) => {
      const stop = new AbortController();
      // Four connections, the others wait.
      const asked = Array.from({ length: 6 }, () =>
        send(wireRequest({ origin, signal: stop.signal, timeoutMs: 60_000 })),
      );
      setTimeout(() => stop.abort(new Error("stopped")), 20);
      for (const reply of asked) await assert.rejects(reply, /stopped/u);
      await assert.rejects(send(wireRequest({ origin, signal: stop.signal })), /stopped/u);
    },
  );
});

test("a receiver that is still busy at a connection's end gets the rest in turn, and what it throws is the request's end", async () => {
  const whole = Buffer.alloc(300_000, "0123456789");
  await withServer(
    // Without a length the end of the connection is the end of the body, and all of it is told at once.
    ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
      socket.end(whole);
    },
    async ({ send }, origin) => {
      const chunks: Uint8Array[] = [];
      const slowly = async (chunk: Uint8Array) => {
        chunks.push(Uint8Array.from(chunk));
        await new Promise((resolve) => setTimeout(resolve, 5));
      };
      await send(wireRequest({ origin, safe: false, receive: slowly }));
      assert.ok(Buffer.concat(chunks).equals(whole));
      const refuse = () => Promise.reject(new Error("no room"));
      await assert.rejects(send(wireRequest({ origin, safe: false, receive: refuse })), /no room/u);
    },
  );
});

test("however a request ends, it does so after its receiver, as whoever asks again has more for that", async () => {
  for (const end of ["reset", "time", "abort"] as const) {
    await withServer(
      ({ socket }, response) => {
        response.writeHead(200, { "content-length": "100" }).write("some");
        if (end === "reset") setTimeout(() => socket.resetAndDestroy(), 10);
      },
      async ({ send }, origin) => {
        const stop = new AbortController();
        if (end === "abort") setTimeout(() => stop.abort(new Error("stopped")), 10);
        let given = 0;
        let taken = 0;
        const receive = async (chunk: Uint8Array) => {
          given += chunk.byteLength;
          await new Promise((resolve) => setTimeout(resolve, 50));
          taken += chunk.byteLength;
        };
        const timeoutMs = end === "time" ? 10 : 60_000;
        const asked = send(wireRequest({ origin, safe: false, receive, signal: stop.signal, timeoutMs }));
        await assert.rejects(asked, end === "abort" ? /stopped/u : (error) => isKind(error, "unavailable"));
        assert.deepEqual([given, taken], [4, 4], end);
      },
    );
  }
});

test("what a receiver throws is told as it is, at once or later: it isn't the lake's fault", async () => {
  await withServer(
    (_request, response) => response.end("some"),
    async ({ send }, origin) => {
      const fault = new RangeError("out of bounds");
      const now = () => {
        throw fault;
      };
      for (const receive of [now, () => Promise.reject(fault)]) {
        await assert.rejects(send(wireRequest({ origin, receive })), (error) => error === fault);
      }
    },
  );
});

test("what a busy receiver throws is the request's end, although the connection broke meanwhile", async () => {
  await withServer(
    ({ socket }, response) => {
      response.writeHead(200, { "content-length": "100" }).write("some");
      setTimeout(() => socket.resetAndDestroy(), 10);
    },
    async ({ send }, origin) => {
      const receive = async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new LakeError("denied", { op: "Put Block", path: "/x", detail: "not there" });
      };
      await assert.rejects(send(wireRequest({ origin, safe: false, receive })), (error) => isKind(error, "denied"));
    },
  );
});
