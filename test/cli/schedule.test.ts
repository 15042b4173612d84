// Schedules from the command line, over the API on memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schedule, ScheduleList } from "../../src/cli/api.ts";
import { memoryApi } from "../kit/memoryApi.ts";
import { said } from "./kit.ts";

test("a schedule is made, changed in parts, listed, shown and removed", async () => {
  const { fetch } = memoryApi();
  const cron = ["--cron", "0 0 2 * * *", "--delta", "compare"];
  const made = await said(
    [
      "schedule",
      "set",
      "nightly",
      ...cron,
      "--set",
      "request.sink.fileSystem=lake",
      "--watermark",
      "2026-11-01T00:00:00Z",
    ],
    { fetch },
  );
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^Schedule nightly: 0 0 2 \* \* \*\n {2}next {6}1970-01-01T02:00:00.000Z\n/u);
  assert.match(made.out, /watermark 2026-11-01T00:00:00.000Z/u);
  const off = await said("schedule set nightly --set enabled=false --json", { fetch });
  const { enabled, cron: kept, watermark, request } = JSON.parse(off.out) as Schedule;
  assert.deepEqual([enabled, kept, watermark], [false, cron[1], "2026-11-01T00:00:00.000Z"]);
  assert.deepEqual(request, { sink: { fileSystem: "lake" } });
  const forgotten = await said("schedule set nightly --watermark none", { fetch });
  assert.match(forgotten.out, /: off \(0 0 2 .*delta {5}compare.*watermark none/su);
  const list = await said("schedule list", { fetch });
  assert.match(list.out, /^NAME +CRON +NEXT +WATERMARK +LIVE RUN\nnightly +0 0 2 \* \* \* +off +- +-\n$/u);
  const { schedules } = JSON.parse((await said("schedule list --json", { fetch })).out) as ScheduleList;
  assert.deepEqual(
    schedules.map(({ name }) => name),
    ["nightly"],
  );
  assert.equal((await said("schedule show nightly", { fetch })).code, 0);
  assert.equal((await said("schedule remove nightly", { fetch })).out, "Schedule nightly: removed\n");
  for (const line of ["schedule show nightly", "schedule remove nightly"]) {
    const { code, err } = await said(line, { fetch });
    assert.deepEqual([code, err], [2, 'lakeferry: there is no schedule "nightly"\n']);
  }
});

test("all of a schedule may come from a file, and what is wrong with it is named", async () => {
  const { fetch } = memoryApi();
  const body = { cron: "0 0 2 * * *", delta: "compare", request: { sink: { fileSystem: "lake" } } };
  const input = JSON.stringify(body);
  assert.equal((await said("schedule set n --spec -", { fetch, input })).code, 0);
  const wrong = await said(["schedule", "set", "m", "--spec", "-", "--cron", "never"], { fetch, input });
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^lakeferry: cron: /u);
  assert.match((await said("schedule set m --delta all", { fetch })).err, /delta: expected modified or compare/u);
  assert.match((await said("schedule set m --set enabled", { fetch })).err, /--set enabled: expected NAME=VALUE/u);
});
