import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpRequest } from "@azure/functions";
import { jsonOf } from "../../src/app/body.ts";
import type { Answer } from "../../src/app/problem.ts";

const mebibyte = 1024 * 1024;
const json = { "content-type": "application/json; charset=utf-8" };

function posted(body: string | Uint8Array, headers: Record<string, string> = json): HttpRequest {
  const bytes = Buffer.from(body);
  return new HttpRequest({ method: "POST", url: "http://127.0.0.1/api/migrations", headers, body: { bytes } });
}

async function refused(request: Parameters<typeof jsonOf>[0]): Promise<Answer> {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : assert.fail("it was taken");
}

test("a body of 1 MiB is taken, and its size is counted in bytes", async () => {
  const text = "\u20ac".repeat((mebibyte - 4) / 3);
  const fits = `"${text}"`.padEnd(mebibyte - 2 * text.length);
  assert.equal(Buffer.byteLength(fits), mebibyte);
  assert.deepEqual(await jsonOf(posted(fits)), { json: text });
  assert.equal((await refused(posted(`${fits} `))).status, 413);
});

test("a body that says it is too large isn't read, and one that doesn't say so is read no further than that", async () => {
  let read = 0;
  const endless = {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        read++;
        yield new Uint8Array(64 * 1024);
      }
    },
  };
  const withHeaders = (headers: Record<string, string>) => ({
    headers: new Headers({ ...json, ...headers }),
    body: endless,
  });
  assert.equal((await refused(withHeaders({ "content-length": String(mebibyte + 1) }))).status, 413);
  assert.equal(read, 0);
  assert.equal((await refused(withHeaders({}))).status, 413);
  assert.equal(read, 17);
});

test("what isn't JSON, isn't called JSON, or isn't UTF-8 is refused; no character is replaced in silence", async () => {
  assert.equal((await refused(posted("{}", { "content-type": "text/plain" }))).status, 415);
  assert.equal((await refused(posted("{}", {}))).status, 415);
  for (const body of ["", '{"sink":', Buffer.from('{"id":"\xff"}', "latin1")]) {
    const { status, body: problem } = await refused(posted(body));
    assert.equal(status, 400);
    assert.match(JSON.stringify(problem), /\(body\).*expected JSON in UTF-8/u);
  }
  const withMark = posted('\ufeff{"a":1}', { "content-type": "application/merge-patch+json" });
  assert.deepEqual(await jsonOf(withMark), { json: { a: 1 } });
});
