// A migration beside the assessment that came before it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startAssessment } from "../../src/app/assessments.ts";
import { openMigrations } from "../../src/app/migrations.ts";
import { besideOf, type Estimated } from "../../src/core/beside.ts";
import { assertPromised } from "../kit/contract.ts";
import { appOver } from "../kit/testApp.ts";
import { drive, testFerry } from "../kit/testFerry.ts";

test("what was estimated stands beside what came to be, by operation and by lake", () => {
  const estimated = { "source OPEN": 10, "source LISTSTATUS": 2, "sink Put Blob": 10 };
  const actual = { "source OPEN": 11, "source LISTSTATUS": 2, "sink Put Blob": 10, "sink Get Blob Properties": 1 };
  assert.deepEqual(besideOf("a", estimated, actual), {
    assessment: "a",
    source: { estimated: 12, actual: 13 },
    sink: { estimated: 10, actual: 11 },
    byOperation: {
      "sink Get Blob Properties": { estimated: 0, actual: 1 },
      "sink Put Blob": { estimated: 10, actual: 10 },
      "source LISTSTATUS": { estimated: 2, actual: 2 },
      "source OPEN": { estimated: 10, actual: 11 },
    },
  });
});

test("a migration that names its assessment shows both; one that names anything else is refused", async () => {
  const { ferry, source, ...made } = testFerry();
  const migrations = openMigrations(appOver({ ...made, ferry }), async () => undefined, "http://x/api/migrations");
  source.write("/a", "a");
  const body = { id: "m", assessment: "look", sink: { fileSystem: "lake" } };
  assert.equal((await migrations.start(body)).status, 400);
  await startAssessment(migrations, { id: "look" });
  await drive(ferry, "look");
  assert.equal((await migrations.start(body)).status, 202);
  await drive(ferry, "m");
  const answer = await migrations.get("m");
  assertPromised("getMigration", answer);
  const { estimated } = answer.body as { readonly estimated: Estimated };
  assert.equal(estimated.assessment, "look");
  assert.ok(estimated.sink.estimated > 0);
  assert.equal((await migrations.start({ ...body, id: "n", assessment: "m" })).status, 400);
});

test("however many look at a migration beside its assessment, the assessment's rows are read once", async () => {
  const { ferry, source, ...made } = testFerry();
  const asked: string[] = [];
  const work = (id: string) => {
    const own = ferry.work(id);
    const counted = <T>(read: () => T) => {
      return () => {
        asked.push(id);
        return read();
      };
    };
    return { ...own, lanes: counted(own.lanes), account: counted(own.account) };
  };
  const app = appOver({ ...made, ferry: { ...ferry, work } });
  const migrations = openMigrations(app, async () => undefined, "http://x/api/migrations");
  source.write("/a", "a");
  await startAssessment(migrations, { id: "look" });
  await drive(ferry, "look");
  await migrations.start({ id: "m", assessment: "look", sink: { fileSystem: "lake" } });
  await drive(ferry, "m");
  await Promise.all(Array.from({ length: 10 }, () => migrations.get("m")));
  assert.deepEqual(asked.toSorted(), ["look", "m"]);
});

test("a migration whose assessment was purged runs again without it", async () => {
  const { ferry, source, ...made } = testFerry();
  const migrations = openMigrations(appOver({ ...made, ferry }), async () => undefined, "http://x/api/migrations");
  source.write("/a", "a");
  await startAssessment(migrations, { id: "look" });
  await drive(ferry, "look");
  await migrations.start({ id: "m", assessment: "look", sink: { fileSystem: "lake" } });
  await drive(ferry, "m");
  const idOf = (answer: { readonly body?: unknown }) => (answer.body as { readonly id: string }).id;
  const second = idOf(await migrations.rerun("m"));
  assert.equal((await ferry.runs.get(second))?.request.assessment, "look");
  await drive(ferry, second);
  await ferry.runs.remove("look");
  await ferry.clock.sleep(1000);
  const third = await migrations.rerun(second);
  assert.equal(third.status, 202);
  assert.equal((await ferry.runs.get(idOf(third)))?.request.assessment, undefined);
});
