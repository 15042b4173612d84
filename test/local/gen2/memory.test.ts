import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Agent } from "undici";
import { asking, headerOf, temporaryFolder } from "./asking.ts";

test("a body of 300 MiB goes through the files store in less than 200 MiB of memory", async (context) => {
  const child = fork("test/local/gen2/peak.ts", [temporaryFolder(context)]);
  context.after(() => child.disconnect());
  const [{ port, account }] = (await once(child, "message")) as [{ port: number; account: string }];
  const ask = asking({ port, account });
  await ask("PUT /fs1?resource=filesystem");
  const put = await new Agent().request({
    origin: `http://127.0.0.1:${port}`,
    path: `/${account}/fs1/big`,
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob", "content-length": String(300 * MIB) },
    body: Readable.from(repeated(Buffer.alloc(MIB, "lake"), 300)),
  });
  assert.equal(put.statusCode, 201, await put.body.text());
  assert.equal(headerOf(await ask("HEAD /fs1/big"), "content-length"), String(300 * MIB));
  child.send("peak");
  const [peakBytes] = (await once(child, "message")) as [number];
  assert.ok(peakBytes < 200 * MIB, `${Math.round(peakBytes / MIB)} MiB`);
});

const MIB = 1024 * 1024;

async function* repeated(chunk: Buffer, times: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < times; sent++) yield chunk;
}
