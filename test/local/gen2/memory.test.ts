import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Agent } from "undici";
import { headerOf, startProcess, temporaryFolder } from "./asking.ts";

// Linux tells the peak of another process; elsewhere nothing does.
const skip = process.platform !== "linux";

test("a body of 300 MiB goes through the files store in less than 200 MiB of memory", { skip }, async (context) => {
  const { ask, child, port, account } = await startProcess(context, temporaryFolder(context));
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
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const peakMib = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  assert.ok(peakMib < 200, `${peakMib} MiB`);
});

const MIB = 1024 * 1024;

async function* repeated(chunk: Buffer, times: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < times; sent++) yield chunk;
}
