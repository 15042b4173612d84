// A schedule of every two seconds on the local host, then the cut-over of one of its runs: what is written meanwhile comes over,
// each slot has one run, and once nobody writes any more the last pass is signed.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startLocalAzure } from "../../local/start/azure.ts";
import { assertSameTree, eventually, has, manyFiles, tempFolder, writeTree } from "./kit.ts";

type Past = { readonly outcome: string; readonly run?: string };
type Schedule = { readonly watermark?: string; readonly lastSuccess?: string; readonly history: readonly Past[] };
type Cutover = { readonly status: string; readonly seal?: string; readonly links: { readonly self: string } };

const headers = { "content-type": "application/json" };

test("a schedule of every few seconds brings over what is written meanwhile, and its last run is cut over", async (t) => {
  const [source, out, stateDir] = [tempFolder(t), tempFolder(t), tempFolder(t)];
  writeTree(source, manyFiles("first", 20));
  const azure = await startLocalAzure({ source, out, stateDir, meta: join(stateDir, "meta.jsonl"), port: undefined });
  t.after(async () => azure.stop());
  const url = `${azure.url}/api/schedules/often`;
  const get = async <T>(from: string) => (await (await fetch(from)).json()) as T;
  const put = (enabled: boolean) => {
    const body = { cron: "*/2 * * * * *", enabled, request: { sink: { fileSystem: "lake" } } };
    return fetch(url, { method: "PUT", headers, body: JSON.stringify(body) });
  };
  assert.equal((await put(true)).status, 201);
  const successes = async () =>
    (await get<Schedule>(url)).history.filter(({ outcome }) => outcome === "Succeeded").length;
  const after = (count: number) =>
    eventually(`${count} successes`, async () => ((await successes()) >= count ? true : undefined));
  await after(1);
  writeTree(source, manyFiles("second", 10));
  await eventually("what was written meanwhile", () => (has(out, "lake/second/00/file 9.txt") ? true : undefined));
  await after((await successes()) + 1);
  assertSameTree(source, join(out, "lake"));

  assert.equal((await put(false)).status, 200);
  const { history, watermark, lastSuccess } = await get<Schedule>(url);
  assert.ok(watermark !== undefined && lastSuccess !== undefined);
  const runs = history.filter(({ outcome }) => outcome === "Succeeded").map(({ run }) => run ?? "");
  for (const run of runs) assert.match(run, /^often-\d{8}T\d{5}[02468]$/u);
  assert.equal(new Set(runs).size, runs.length);

  const started = await fetch(`${azure.url}/api/migrations/${lastSuccess}/cutover`, {
    method: "POST",
    headers,
    body: JSON.stringify({ quietMinutes: 0 }),
  });
  const { links } = (await started.json()) as Cutover;
  assert.equal(started.status, 202);
  const { status, seal } = await eventually("the cut-over", async () => {
    const cutover = await get<Cutover>(links.self);
    return cutover.status === "Running" ? undefined : cutover;
  });
  assert.equal(status, "Signed");
  assert.match(seal ?? "", /^[0-9a-f]{64}$/u);
  assert.match(await (await fetch(`${links.self}/pathmap`)).text(), /^from,to\r\nadl:.*,abfss:\/\/lake@/u);
  assert.equal((await fetch(url, { method: "DELETE", headers })).status, 204);
});
