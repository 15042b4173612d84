import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gen1Options } from "../../../local/gen1/options.ts";
import { serve } from "../../../local/kit/http.ts";
import { delaysIn, latencies, latencyNamed } from "../../../local/kit/latency.ts";
import { slowPort } from "../../../local/start/slow.ts";

const emulate = fileURLToPath(new URL("../../../local/emulate.ts", import.meta.url));

test("delays lie in their span, fill it evenly, and come again with the same seed", () => {
  const draw = (seed: number): number[] => Array.from({ length: 4000 }, delaysIn({ leastMs: 5, mostMs: 20 }, seed));
  const delays = draw(7);
  assert.deepEqual(delays, draw(7));
  assert.notDeepEqual(delays, draw(8));
  assert.ok(delays.every((ms) => ms >= 5 && ms <= 20));
  for (let from = 5; from < 20; from++) {
    const share = delays.filter((ms) => ms >= from && ms < from + 1).length / delays.length;
    assert.ok(Math.abs(share - 1 / 15) < 0.02, `${share} of the delays lie between ${from} and ${from + 1} ms`);
  }
});

test("a model that isn't there is refused with the names of those that are", () => {
  assert.equal(latencyNamed(undefined), undefined);
  assert.equal(latencyNamed("azure"), latencies.azure);
  assert.throws(() => latencyNamed("moon"), /--latency moon: expected azure, far/);
  assert.throws(() => latencyNamed("toString"), /expected azure, far/);
});

test("both emulators take --latency on the command line, and refuse a model that isn't there", async () => {
  assert.equal(gen1Options(["--store", "memory", "--latency", "azure"]).latency, latencies.azure.stores);
  for (const emulator of ["gen1", "gen2"]) {
    const args = [emulate, emulator, "--store", "memory", "--latency", "moon"];
    const ended = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
    const { code, stderr } = ended as { readonly code?: number; readonly stderr: string };
    assert.deepEqual([code, stderr], [2, "--latency moon: expected azure, far\n"]);
  }
});

test("an emulator holds each request for its delay and does nothing with it before; its control endpoint is prompt", async () => {
  const waits: { readonly ms: number; readonly go: () => void }[] = [];
  const handled: string[] = [];
  const served = await serve({
    identify: ({ method, rawPath }) => ({ op: method, path: rawPath }),
    handle: (_, { path }) => {
      handled.push(path);
      return { status: 204, headers: {} };
    },
    refuse: ({ status }) => ({ status, headers: {} }),
    latency: latencies.azure.stores,
    wait: (ms) => new Promise((go) => waits.push({ ms, go })),
  });
  try {
    const replies = ["/a", "/b"].map((path) => fetch(`${served.url}${path}`));
    while (waits.length < 2) await new Promise(setImmediate);
    assert.equal((await fetch(`${served.url}/_control/requests`)).status, 200);
    assert.deepEqual(handled, []);
    const nextMs = delaysIn(latencies.azure.stores);
    assert.deepEqual(
      waits.map(({ ms }) => ms),
      [nextMs(), nextMs()],
    );
    for (const { go } of waits) go();
    for (const reply of replies) assert.equal((await reply).status, 204);
    assert.equal(handled.length, 2);
  } finally {
    await served.close();
  }
});

test("a slow port holds what a client sends, and lets the answer through at once", async () => {
  const heard: string[] = [];
  const shout = createServer((socket) =>
    socket.on("data", (bytes) => {
      heard.push(bytes.toString());
      socket.write(bytes.toString().toUpperCase());
    }),
  ).listen(0, "127.0.0.1");
  await new Promise((resolve) => shout.once("listening", resolve));
  const held = Promise.withResolvers<{ pass: () => void; ms: number }>();
  const { port } = shout.address() as AddressInfo;
  const slow = await slowPort(port, latencies.azure.tables, (pass, ms) => held.resolve({ pass, ms }));
  const socket = connect(slow.port, "127.0.0.1");
  socket.write("hello");
  const { pass, ms } = await held.promise;
  assert.equal(ms, 5);
  assert.deepEqual(heard, []);
  pass();
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "HELLO");
  slow.close();
  shout.close();
});

test("a slow port passes all bytes in their order, both ways, however many pieces they come in", async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await new Promise((resolve) => echo.once("listening", resolve));
  const slow = await slowPort((echo.address() as AddressInfo).port, { leastMs: 0, mostMs: 4 });
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  const socket = connect(slow.port, "127.0.0.1");
  for (let at = 0; at < sent.length; at += 3000) {
    socket.write(sent.subarray(at, at + 3000));
    await new Promise(setImmediate);
  }
  const got: Buffer[] = [];
  let received = 0;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    got.push(bytes);
    received += bytes.length;
    if (received === sent.length) break;
  }
  assert.ok(Buffer.concat(got).equals(sent));
  slow.close();
  echo.close();
});
