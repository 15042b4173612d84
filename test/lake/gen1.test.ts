import assert from "node:assert/strict";
import { test } from "node:test";
import { rootPath } from "../../src/core/path.ts";
import { gen1Source } from "../../src/lake/gen1.ts";
import { testClock } from "../kit/testClock.ts";

const patience = { clock: testClock(), backoff: { tries: 1, firstMs: 1, maxMs: 1 } };

async function pageWith(headers: Readonly<Record<string, string>>) {
  const body = Buffer.from(JSON.stringify({ FileStatuses: { FileStatus: [] } }));
  const send = async () => ({ status: 200, headers, body });
  return gen1Source(send, { origin: "https://contoso", prefix: "/webhdfs/v1" }, patience).list(rootPath, undefined);
}

test("a page has the time of the lake's own clock, and none when the lake doesn't tell", async () => {
  const { atMs } = await pageWith({ date: "Thu, 26 Nov 2026 01:02:03 GMT" });
  assert.equal(atMs, Date.UTC(2026, 10, 26, 1, 2, 3));
  assert.deepEqual([await pageWith({}), await pageWith({ date: "yesterday" })], [{ entries: [] }, { entries: [] }]);
});
