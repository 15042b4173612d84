import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import type { FaultRules } from "../../src/core/faultRules.ts";
import { assertBooks } from "../kit/books.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const allRules: FaultRules = {
  fileMissing: true,
  fileForbidden: true,
  dataInconsistency: true,
  invalidFileName: true,
};

// One file of each fault, and a good one.
async function faulty(rules: Partial<FaultRules>) {
  const { ferry, source, sink, blobs } = testFerry();
  for (const name of ["gone", "good", "secret", "torn", "bad."]) source.write(`/${name}`, name);
  source.onCall = (op, path) => {
    if (op !== "read") return;
    if (path === "/gone") source.remove(path);
    if (path === "/secret") {
      throw new LakeError("denied", {
        op: "OPEN",
        path,
        detail: "no",
        code: "AccessControlException",
        requestId: "q1",
      });
    }
    if (path === "/torn") throw new LakeError("changed", { op: "OPEN", path, detail: "it ended early" });
  };
  await addRun(ferry, "r", requestOf({ skipErrorFile: rules }));
  const { status } = await drive(ferry, "r");
  const lines = await assertBooks(ferry.work("r"), blobs);
  const outcomes = Object.fromEntries(
    lines.filter(({ type }) => type === "file").map(({ path, outcome, because }) => [path, `${outcome} ${because}`]),
  );
  return { status, outcomes, lines, sink };
}

test("each fault rule skips its own kind of failure, says so, and keeps the run from being called a success", async () => {
  const { status, outcomes, lines, sink } = await faulty(allRules);
  assert.equal(status, "CompletedWithErrors");
  assert.deepEqual(outcomes, {
    "/bad.": "skipped invalidFileName",
    "/gone": "skipped fileMissing",
    "/good": "copied absent",
    "/secret": "skipped fileForbidden",
    "/torn": "skipped dataInconsistency",
  });
  assert.deepEqual([...sink.files().keys()], ["/good"]);
  const secret = lines.find(({ path }) => path === "/secret");
  assert.deepEqual([secret?.["code"], secret?.["requestId"]], ["AccessControlException", "q1"]);
});

test("without their rules the same faults are failures", async () => {
  const { status, outcomes } = await faulty({ fileMissing: false });
  assert.equal(status, "CompletedWithErrors");
  assert.deepEqual(outcomes, {
    "/bad.": "failed invalid",
    "/gone": "failed not-found",
    "/good": "copied absent",
    "/secret": "failed denied",
    "/torn": "failed changed",
  });
});

test("the rule for forbidden files hides no folder that may not be listed", async () => {
  const { ferry, source } = testFerry();
  source.write("/shut/x", "x");
  source.onCall = (op, path) => {
    if (op === "list" && path === "/shut") throw new LakeError("denied", { op: "LISTSTATUS", path, detail: "no" });
  };
  await addRun(ferry, "r", requestOf({ skipErrorFile: allRules }));
  await drive(ferry, "r");
  assert.deepEqual((await ferry.work("r").account()).tally.foldersFailed, { denied: 1 });
});

test("a failure says which lake, the store's code and request id, how often it was tried, and when", async () => {
  const { ferry, source } = testFerry();
  source.write("/x", "x");
  source.onCall = (op, path) => {
    if (op !== "read") return;
    const details = { op: "OPEN", path, detail: "busy", status: 503, code: "ServerBusy", requestId: "q7" };
    throw new LakeError("throttled", { ...details, retry: "later" }).exhausted(6);
  };
  await addRun(ferry, "r", requestOf());
  await drive(ferry, "r");
  const [failure] = await ferry.work("r").failures(1);
  const { time = "", ...rest } = failure ?? {};
  assert.deepEqual(rest, {
    kind: "throttled",
    op: "OPEN",
    path: "/x",
    detail: "busy (6 tries)",
    status: 503,
    code: "ServerBusy",
    requestId: "q7",
    at: "source",
    tries: 6,
  });
  assert.match(time, /^\d{4}-\d\d-\d\dT/u);
});

test("a file where the sink has a folder, and a folder where it has a file, are failures of kind conflict", async () => {
  for (const overwrite of ["ifDifferent", "ifNewer", "always", "never"]) {
    const { ferry, source, sink, blobs } = testFerry();
    source.write("/f", "file");
    source.write("/d/x", "x");
    sink.plant("/f/inner", "a folder stands here");
    sink.plant("/d", "a file stands here");
    await addRun(ferry, "r", requestOf({ overwrite }));
    assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
    const lines = await assertBooks(ferry.work("r"), blobs);
    const failed = lines.filter(({ outcome }) => outcome === "failed");
    assert.deepEqual(failed.map(({ path, type, because }) => `${path} ${type} ${because}`).toSorted(), [
      "/d folder conflict",
      "/f file conflict",
    ]);
    assert.deepEqual(
      sink.files(),
      new Map([
        ["/f/inner", "a folder stands here"],
        ["/d", "a file stands here"],
      ]),
    ); // prettier-ignore
  }
});

test("what stands at the sink is overwritten as the request says, and each skip says why", async () => {
  const found: Record<string, unknown> = {};
  for (const overwrite of ["ifDifferent", "ifNewer", "always", "never"]) {
    const { ferry, source, sink } = testFerry();
    for (const name of ["same", "older", "newer"]) source.write(`/${name}`, `${name} 1`, 5000);
    await addRun(ferry, "first", requestOf());
    await drive(ferry, "first");
    source.write("/older", "older 2", 4000);
    source.write("/newer", "newer 2", 6000);
    source.write("/absent", "absent", 1);
    sink.plant("/theirs", "theirs");
    source.write("/theirs", "ours", 1);
    await addRun(ferry, "r", requestOf({ overwrite }));
    assert.equal((await drive(ferry, "r")).status, "Succeeded");
    const { tally } = await ferry.work("r").account();
    found[overwrite] = [Object.fromEntries(sink.files()), tally.filesCopied, tally.filesSkipped];
  }
  const [olds, news] = [
    { same: "same 1", older: "older 1", newer: "newer 1", theirs: "theirs", absent: "absent" },
    { same: "same 1", older: "older 2", newer: "newer 2", theirs: "ours", absent: "absent" },
  ].map((names) => Object.fromEntries(Object.entries(names).map(([name, content]) => [`/${name}`, content])));
  assert.deepEqual(found, {
    ifDifferent: [news, 4, { same: 1 }],
    // What isn't ours has the sink's own time, which the memory lake doesn't keep: it may be older.
    ifNewer: [{ ...news, "/older": "older 1" }, 3, { notNewer: 2 }],
    always: [news, 5, {}],
    never: [olds, 1, { exists: 4 }],
  });
});

test("a file that `always` has replaced is not replaced once more after its worker was lost", async () => {
  const { ferry, source, sink } = testFerry();
  source.write("/x", "x");
  sink.plant("/x", "x");
  sink.onWrite = (when) => {
    if (when === "after") throw new Error("the worker is gone");
  };
  await addRun(ferry, "r", requestOf({ overwrite: "always" }));
  await drive(ferry, "r", 1, (wave) => {
    if (wave > 0) sink.onWrite = () => undefined;
  });
  assert.equal(sink.writes().get("/x"), 1);
});

for (const [limit, shown] of [
  [5, "5"],
  ["10%", "10%"],
] as const) {
  test(`a run that goes wrong stops once more than ${shown} has failed, and shows the budget`, async () => {
    const { ferry, source, blobs, sink } = testFerry({ pulseMs: 250, saveMs: 250 });
    for (let index = 0; index < 2000; index++)
      source.write(`/f${String(index).padStart(4, "0")}${index % 3 === 0 ? "." : ""}`, "x"); // prettier-ignore
    source.onCall = async (op) => {
      if (op === "read") await ferry.clock.sleep(20);
    };
    await addRun(ferry, "r", requestOf({ maxFailures: limit, parallelism: 2 }));
    const run = await drive(ferry, "r");
    assert.equal(run.status, "Failed");
    assert.equal(run.error?.code, "TooManyFailures");
    assert.match(run.error?.detail ?? "", new RegExp(`\\d+ of \\d+ files and folders failed, .* allows ${shown}`, "u"));
    const { tally } = await ferry.work("r").account();
    assert.ok(tally.filesListed < 1500, `it went on: ${tally.filesListed} files`);
    await assertBooks(ferry.work("r"), blobs);
    assert.equal(sink.files().size, tally.filesCopied);
  });
}

test("a share of failures is one of what an audit has checked, as it lists nothing", async () => {
  const { ferry, source } = testFerry();
  for (let index = 0; index < 500; index++) source.write(`/f${index}`, "x");
  await addRun(ferry, "copy", requestOf());
  await drive(ferry, "copy");
  source.onCall = (op, path) => {
    if (op === "read" && /^\/f\d?00$/u.test(path)) throw new LakeError("denied", { op: "OPEN", path, detail: "no" });
  };
  for (const [share, status] of [
    ["2%", "CompletedWithErrors"],
    ["0.5%", "Failed"],
  ] as const) {
    await addRun(ferry, share.replace("%", ""), requestOf({ compare: "hash", maxFailures: share }), { job: "audit" });
    const run = await drive(ferry, share.replace("%", ""));
    assert.equal(run.status, status, run.error?.detail);
    if (status === "Failed") assert.match(run.error?.detail ?? "", /4 of 501 files/u);
  }
});

test("as many failures as are allowed stop nothing", async () => {
  const { ferry, source } = testFerry();
  for (const name of ["a.", "b.", "c"]) source.write(`/${name}`, "x");
  await addRun(ferry, "r", requestOf({ maxFailures: 2 }));
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  await addRun(ferry, "s", requestOf({ maxFailures: 1 }));
  assert.equal((await drive(ferry, "s")).status, "Failed");
});
