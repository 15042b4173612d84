// Cut-overs from the command line, over the API on memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cutover, CutoverList } from "../../src/cli/api.ts";
import { type MemoryApi, memoryApi } from "../kit/memoryApi.ts";
import { said } from "./kit.ts";

async function migrated(): Promise<MemoryApi> {
  const api = memoryApi();
  api.source.nowMs = api.clock.nowMs;
  for (const name of ["one", "two", "three"]) api.source.write(`/a/${name}`, name);
  await said("start --file-system lake --id base", { fetch: api.fetch, meanwhile: () => api.drive("base") });
  return api;
}

test("a frozen lake is cut over: watched to its signature, listed, shown, and its paths mapped", async () => {
  const { fetch, moveCutovers } = await migrated();
  const signed = await said("cutover start base --quiet-minutes 0", { fetch, meanwhile: moveCutovers });
  assert.equal(signed.code, 0, signed.err);
  assert.match(signed.err, /^look1\nlook2\ndelta\nlook3\n$/u);
  assert.match(signed.out, /^Cut-over base-cutover-1: Signed\n.*look1 .*delta .*seal {6}[0-9a-f]{64}\n$/su);
  assert.equal((await said("cutover watch base-cutover-1", { fetch })).code, 0);
  const { cutovers } = JSON.parse((await said("cutover list --json", { fetch })).out) as CutoverList;
  assert.deepEqual(
    cutovers.map(({ status }) => status),
    ["Signed"],
  );
  assert.match((await said("cutover list", { fetch })).out, /^ID +STATUS +CREATED +WHAT\nbase-cutover-1 +Signed /u);
  const shown = JSON.parse((await said("cutover show base-cutover-1 --json", { fetch })).out) as Cutover;
  assert.equal(shown.runs.look1?.files, 3);
  assert.match(
    (await said("cutover pathmap base-cutover-1", { fetch })).out,
    /adl:\/\/contoso.*abfss:\/\/lake@contoso/u,
  );
  assert.equal((await said("cutover cancel base-cutover-1", { fetch })).code, 2);
});

test("a lake that is written to is refused with the evidence, and exit code 3; one may leave and attach again, or end it", async () => {
  const { fetch, moveCutovers, source, clock } = await migrated();
  const left = await said("cutover start base --quiet-minutes 0 --access listed", {
    fetch,
    meanwhile: (leave) => leave(),
  });
  assert.equal(left.code, 130);
  assert.match(
    left.err,
    /left; cut-over base-cutover-1 goes on. Attach again: lakeferry cutover watch base-cutover-1\n$/u,
  );
  await moveCutovers();
  source.write("/a/late", "late", clock.nowMs());
  const refused = await said("cutover watch base-cutover-1", { fetch, meanwhile: moveCutovers });
  assert.equal(refused.code, 3, refused.err);
  assert.match(refused.out, /: Refused\n.*evidence {2}digest: .*written {3}\/a\/late\n/su);
  const again = await said("cutover start base --detach --json", { fetch });
  assert.equal((JSON.parse(again.out) as Cutover).status, "Running");
  assert.match((await said("cutover cancel base-cutover-2", { fetch })).out, /: Cancelled\n/u);
  assert.equal((await said("cutover watch base-cutover-2", { fetch })).code, 4);
});

test("what can't be cut over is said", async () => {
  const { fetch } = await migrated();
  for (const [line, expected] of [
    ["cutover start nobody", /there is no migration "nobody"/u],
    ["cutover start base --quiet-minutes -1", /'--quiet-minutes <count>' argument '-1' is invalid/u],
    ["cutover start base --access some", /Allowed choices are listed, full/u],
    ["cutover show none", /none/u],
    ["cutover pathmap base --files all", /Allowed choices are copied/u],
  ] as const) {
    const { code, err } = await said(line, { fetch });
    assert.equal(code, 2, line);
    assert.match(err, expected);
  }
});
