// How the command says what bounds a migration.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Migration } from "../../src/cli/api.ts";
import { reportText, showText } from "../../src/cli/reports.ts";
import { progressText } from "../../src/cli/words.ts";
import { adviceOf } from "../../src/core/advice.ts";
import { noWaits } from "../../src/core/waits.ts";
import { memoryApi, memoryUrl } from "../kit/memoryApi.ts";
import { said } from "./kit.ts";

// A migration as the API shows it, with what would be there of one that goes on, and is capped.
async function seen(): Promise<{ readonly live: Migration; readonly ended: Migration }> {
  const { fetch, source, drive } = memoryApi();
  source.write("/a", "content");
  await said("start --file-system lake --id r --detach", { fetch });
  await drive("r");
  const ended = (await (await fetch(`${memoryUrl}/api/migrations/r`)).json()) as Migration;
  const advice = adviceOf({
    waits: { ...noWaits, overMs: 10_000, sink: { ...noWaits.sink, maxRequestsPerSecond: 30_000, refused: 2 } },
    listingsAtOnce: 0,
    requests: {},
    caps: { source: {}, sink: { maxRequestsPerSecond: 5 } },
    parallelism: "auto",
    filesPerLane: "auto",
    lanes: 2,
    idle: 1,
  });
  assert.ok(advice !== undefined);
  const own = { ...advice, change: [...advice.change] };
  const report = {
    ...ended.report,
    advice: { ...own, bottleneck: "listing-bound" as const, because: "so it was", change: [] },
    filesPerSecond: 12.5,
    copyDuration: 8,
    throttlingErrors: 2,
    throttlingErrorsBy: { source: 0, sink: 2 },
    remainingSeconds: 90,
  };
  const rates = { filesPerSecond: 3, megabytesPerSecond: 0.1, requestsPerSecond: 5 };
  return { ended: { ...ended, report }, live: { ...ended, status: "Running", report, advice: own, rates } };
}

test("show says what bounds a live migration now, with rates, means, the time left, and who refused", async () => {
  const text = showText((await seen()).live);
  assert.match(text, /\n {2}now {7}3 files\/s, 0\.1 MB\/s, 5 requests\/s\n/u);
  assert.match(text, /\n {2}data {6}.*12\.5 files\/s\n/u);
  assert.match(text, /\n {2}ETA {7}1:30 min\n/u);
  assert.match(text, /, 2 throttled \(0 by the source, 2 by the sink\)\n/u);
  assert.match(
    text,
    /\n {2}bound {5}capped: requests were held back by sink\.maxRequestsPerSecond \(5\) for 100 % of their time; 1 of 2 lanes have no work\n {2}change {4}raise sink\.maxRequestsPerSecond \(5\)/u,
  );
});

test("a report says what bounded the migration as a whole, and progress has the word of now", async () => {
  const { live, ended } = await seen();
  assert.match(reportText(ended), /\n {2}bound {5}listing-bound: so it was$/mu);
  assert.match(progressText(live), / \| 2 throttled \| capped$/u);
  assert.match(progressText(ended), / \| 2 throttled$/u);
  const error = { kind: "unauthenticated", op: "token", path: "/", detail: "renew the secret" } as const;
  assert.match(progressText({ ...live, error }), / \| waits: renew the secret$/u);
});

test("an app from before the command, which doesn't say who refused, is shown all the same", async () => {
  const { live } = await seen();
  const { throttlingErrorsBy: _, ...older } = live.report;
  assert.match(showText({ ...live, report: older as Migration["report"] }), /, 2 throttled\n/u);
});
