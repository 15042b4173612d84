// The cut-over: signed on a lake that is frozen, refused with the evidence on one that is still written to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openCutoverApi, writtenPaths } from "../../src/app/cutovers.ts";
import type { Answer } from "../../src/app/problem.ts";
import type { OperationName } from "../../src/contract/operations.ts";
import { parseAcl } from "../../src/core/acl.ts";
import { LakeError } from "../../src/core/error.ts";
import { isLive } from "../../src/core/run.ts";
import { moveOn } from "../../src/ferry/cutovers.ts";
import { assertPromised } from "../kit/contract.ts";
import { appOver } from "../kit/testApp.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const minuteMs = 60_000;
type Shown = {
  readonly id: string;
  readonly status: string;
  readonly step?: string;
  readonly detail?: string;
  readonly seal?: string;
  readonly samples?: readonly string[];
  readonly evidence?: readonly { readonly what: string; readonly before: unknown; readonly after: unknown }[];
  readonly runs: Readonly<Record<string, { readonly run: string; readonly copied: number }>>;
};

/** A lake that was migrated, and time that goes on. */
async function migrated() {
  const made = testFerry();
  const { source, ferry, clock } = made;
  source.nowMs = clock.nowMs;
  for (let index = 0; index < 30; index++) source.write(`/f${index % 3}/${index}`, `content ${index}`);
  await addRun(ferry, "base", requestOf());
  assert.equal((await drive(ferry, "base")).status, "Succeeded");
  const app = appOver(made);
  const open = openCutoverApi(app, "http://127.0.0.1/api");
  const promised = async (name: OperationName, answer: Promise<Answer>) => {
    assertPromised(name, await answer);
    const { status, body } = await answer;
    return { status, body: body as Shown };
  };
  const started: string[] = [];
  const look = () =>
    moveOn({
      ferry,
      cutovers: app.cutovers,
      start: async ({ id }) => void started.push(id),
      samplesOf: (run) => writtenPaths(app, run),
    });
  const get = (id = "base-cutover-1") => promised("getCutover", open.get(id));
  return {
    ...made,
    app,
    look,
    get,
    started,
    start: (body: object = {}) => promised("startCutover", open.start("base", body)),
    cancel: () => promised("cancelCutover", open.cancel("base-cutover-1")),
    pathMap: (query: Record<string, string> = {}) => open.pathMap("base-cutover-1", query),
    /** Moves on, and works, until nothing moves; `between` is told of each run that has ended. */
    toEnd: async (between: (run: string) => Promise<void> | void = () => undefined) => {
      for (let rounds = 0; rounds < 50; rounds++) {
        await look();
        for (const run of (await ferry.runs.list()).runs.filter(({ status }) => isLive(status))) {
          await drive(ferry, run.id);
          await between(run.id);
        }
        clock.advance(minuteMs);
        const { body } = await get();
        if (body.status !== "Running") return body;
      }
      return assert.fail("it doesn't end");
    },
  };
}

const later = (clock: { nowMs: () => number }) => clock.nowMs();

test("a frozen lake is signed: two equal looks, a last pass with its audit, and an equal look after it", async () => {
  const { start, toEnd, source, sink, clock, ferry, pathMap } = await migrated();
  // Written after the migration, and before the lake was frozen.
  source.write("/f1/late", "late", later(clock));
  const { status, body } = await start({ quietMinutes: 3 });
  assert.deepEqual([status, body.id, body.status, body.step], [202, "base-cutover-1", "Running", "look1"]);
  const signed = await toEnd();
  assert.equal(signed.status, "Signed", JSON.stringify(signed));
  assert.match(signed.seal ?? "", /^[0-9a-f]{64}$/u);
  assert.deepEqual(Object.keys(signed.runs), ["look1", "look2", "delta", "look3"]);
  assert.equal(signed.runs["delta"]?.copied, 1);
  assert.deepEqual(sink.files(), source.files());
  // Looks change nothing, and the second one waits.
  const [one, two] = await Promise.all(["look1", "look2"].map((step) => ferry.runs.get(`base-cutover-1-${step}`)));
  assert.ok((two?.createdMs ?? 0) - (one?.endedMs ?? 0) >= 3 * minuteMs);
  const map = await pathMap();
  assert.equal(
    map.body,
    "from,to\r\nadl://contoso.azuredatalakestore.net/,abfss://lake@contoso.dfs.core.windows.net/\r\n",
  );
  const files = String((await pathMap({ files: "copied" })).body)
    .trimEnd()
    .split("\r\n");
  assert.equal(files.length, 2 + 31);
  assert.ok(
    files.includes("adl://contoso.azuredatalakestore.net/f1/late,abfss://lake@contoso.dfs.core.windows.net/f1/late"),
  );
});

test("a lake that is still written to is refused, with what differs and some of the paths", async () => {
  const { start, toEnd, source, clock, sink } = await migrated();
  await start();
  const refused = await toEnd((run) => {
    if (run.endsWith("look1")) source.write("/f2/new", "new", later(clock));
  });
  assert.deepEqual([refused.status, refused.seal], ["Refused", undefined]);
  assert.deepEqual(
    refused.evidence?.map(({ what }) => what),
    ["digest", "accessDigest", "files", "bytes"],
  );
  const files = refused.evidence?.find(({ what }) => what === "files");
  assert.deepEqual([files?.before, files?.after], [30, 31]);
  assert.deepEqual(refused.samples, ["/f2/new"]);
  assert.ok(!sink.files().has("/f2/new"));
});

test("a file that goes, one that is written in place, and a folder that comes are seen as well", async () => {
  for (const [change, what] of [
    [(made: Awaited<ReturnType<typeof migrated>>) => made.source.remove("/f0/0"), "files"],
    [(made: Awaited<ReturnType<typeof migrated>>) => made.source.write("/f0/0", "content 0", 5000), "digest"],
    [(made: Awaited<ReturnType<typeof migrated>>) => made.source.makeFolder("/empty"), "folders"],
  ] as const) {
    const made = await migrated();
    await made.start();
    const { status, evidence } = await made.toEnd((run) => {
      if (run.endsWith("look1")) change(made);
    });
    assert.equal(status, "Refused");
    assert.ok(
      evidence?.some((difference) => difference.what === what),
      what,
    );
  }
});

test("a change of access alone is no frozen lake: listed for modes and owners, full for each entry of a list", async () => {
  const acl = (named: string) => parseAcl(`user::rwx,user:${named}:r-x,group::r-x,mask::rwx,other::---`, "/");
  const changes = {
    owner: (made: Awaited<ReturnType<typeof migrated>>) => made.source.setAccess("/f0/0", { owner: "somebody" }),
    entry: (made: Awaited<ReturnType<typeof migrated>>) => made.source.setAccess("/f0", { acl: acl("b") }),
  };
  const after = async (access: "listed" | "full", change: keyof typeof changes) => {
    const made = await migrated();
    made.source.setAccess("/f0", { acl: acl("a") });
    await made.start({ access });
    const { status, evidence = [] } = await made.toEnd((run) => {
      if (run.endsWith("look1")) changes[change](made);
    });
    return [status, ...evidence.map(({ what }) => what)];
  };
  assert.deepEqual(await after("listed", "owner"), ["Refused", "accessDigest"]);
  assert.deepEqual(await after("full", "entry"), ["Refused", "accessDigest"]);
  assert.deepEqual(await after("listed", "entry"), ["Signed"]);
});

test("what is written during the last pass, or after it, is seen by the look after all", async () => {
  const { start, toEnd, source, clock } = await migrated();
  await start();
  const refused = await toEnd((run) => {
    if (run.endsWith("delta")) source.write("/f2/new", "new", later(clock));
  });
  assert.deepEqual([refused.status, Object.keys(refused.runs)], ["Refused", ["look1", "look2", "delta", "look3"]]);
  assert.deepEqual(refused.samples, ["/f2/new"]);
});

test("what only the sink has signs nothing, unless it is to be kept, or deleted in the last pass", async () => {
  const after = async (body: object) => {
    const made = await migrated();
    // It came over, and was removed at the source since.
    made.source.remove("/f1/1");
    await made.start(body);
    const { status, detail } = await made.toEnd();
    return { status, detail, isThere: made.sink.files().has("/f1/1") };
  };
  const told = await after({});
  assert.deepEqual([told.status, told.isThere], ["Refused", true]);
  assert.match(told.detail ?? "", /delta ended CompletedWithErrors, with 0 failures and differences: 1 extra$/u);
  const kept = await after({ extra: "keep" });
  assert.deepEqual([kept.status, kept.isThere], ["Signed", true]);
  const deleted = await after({ extra: "delete", maxDeletes: 1 });
  assert.deepEqual([deleted.status, deleted.isThere], ["Signed", false]);
});

test("a last pass that fails, and a look that can't see everything, sign nothing", async () => {
  const failing = await migrated();
  failing.source.write("/f1/new", "new", failing.clock.nowMs());
  await failing.start();
  failing.sink.onWrite = (when, op, path) => {
    if (when === "before" && op === "putFile" && path === "/f1/new") {
      throw new LakeError("denied", { op: "Put Blob", path, detail: "no" });
    }
  };
  const { status, detail } = await failing.toEnd();
  assert.equal(status, "Refused");
  assert.match(detail ?? "", /base-cutover-1-delta ended CompletedWithErrors/u);

  const blind = await migrated();
  await blind.start();
  blind.source.onCall = (op, path) => {
    if (op === "list" && path === "/f1") throw new LakeError("denied", { op: "LISTSTATUS", path, detail: "no" });
  };
  assert.equal((await blind.toEnd()).status, "Failed");
});

test("looks that are doubled, or die between any two steps, start each run of a cut-over once", async () => {
  const made = await migrated();
  await made.start({ quietMinutes: 0 });
  const { app, ferry, clock } = made;
  let dice = 1;
  const rows: string[] = [];
  const dies = () => {
    dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0;
    if (dice / 2 ** 32 < 0.2) throw new LakeError("unavailable", { op: "test", path: "/", detail: "died" });
  };
  const fragile = {
    ferry: {
      ...ferry,
      runs: {
        ...ferry.runs,
        add: async (run: Parameters<typeof ferry.runs.add>[0]) => {
          dies();
          await ferry.runs.add(run);
          rows.push(run.id);
        },
      },
    },
    cutovers: {
      ...app.cutovers,
      change: async (...what: Parameters<typeof app.cutovers.change>) => {
        dies();
        const after = await app.cutovers.change(...what);
        dies();
        return after;
      },
    },
    start: async () => undefined,
    samplesOf: async () => [],
  };
  for (let rounds = 0; rounds < 60 && (await made.get()).body.status === "Running"; rounds++) {
    await Promise.all([moveOn(fragile), moveOn(fragile)].map((moving) => moving.catch(() => undefined)));
    for (const run of (await ferry.runs.list()).runs.filter(({ status }) => isLive(status))) await drive(ferry, run.id);
    clock.advance(minuteMs);
  }
  assert.equal((await made.get()).body.status, "Signed");
  assert.deepEqual(
    rows.toSorted(),
    ["delta", "look1", "look2", "look3"].map((step) => `base-cutover-1-${step}`),
  );
});

test("what makes no sense is refused with the reason: a live migration, a second cut-over, a schedule that goes on", async () => {
  const { start, cancel, app, ferry, get, toEnd } = await migrated();
  const detail = async (answer: Promise<{ status: number; body: Shown }>, status: number) => {
    const got = await answer;
    assert.equal(got.status, status, JSON.stringify(got.body));
    return got.body.detail ?? "";
  };
  assert.match(await detail(start({ quietMinutes: -1 }), 400), /^quietMinutes: expected 0 to 1440/u);
  assert.match(await detail(start({ extra: "delete" }), 400), /^maxDeletes: extra "delete" wants maxDeletes/u);
  await ferry.runs.change("base", (run) => ({ ...run, status: "Running" }));
  assert.match(await detail(start(), 409), /is Running/u);
  await ferry.runs.change("base", (run) => ({ ...run, status: "Succeeded" }));
  await app.schedules.add({
    name: "nightly",
    cron: "0 0 2 * * *",
    request: { sink: { fileSystem: "lake", folderPath: "/raw" } },
    delta: "compare",
    overlapMinutes: 5,
    isEnabled: true,
    createdMs: 1,
    changedMs: 1,
    generation: 1,
    doneMs: 1,
    history: [],
  });
  assert.match(await detail(start(), 409), /schedule "nightly" is enabled/u);
  await app.schedules.change("nightly", (now) => ({ ...now, isEnabled: false }));
  assert.equal((await start()).status, 202);
  assert.match(await detail(start(), 409), /cut-over "base-cutover-1" of this migration is under way/u);
  assert.equal((await cancel()).body.status, "Cancelled");
  assert.equal((await cancel()).body.status, "Cancelled");
  assert.equal((await start()).body.id, "base-cutover-2");
  assert.equal((await toEnd()).status, "Cancelled");
  assert.equal((await get("nobody")).status, 404);
});

test("cancelling a cut-over cancels its live run, and one that was on its way meanwhile", async () => {
  const one = await migrated();
  await one.start();
  await one.look();
  assert.equal((await one.cancel()).status, 200);
  assert.equal((await one.ferry.runs.get("base-cutover-1-look1"))?.status, "Cancelling");
  assert.equal((await drive(one.ferry, "base-cutover-1-look1")).status, "Cancelled");
  await one.look();
  assert.equal((await one.get()).body.status, "Cancelled");

  const other = await migrated();
  await other.start();
  // Between the look at the cut-over and its run's row.
  const { add } = other.ferry.runs;
  Object.assign(other.ferry.runs, {
    add: async (...run: Parameters<typeof add>) => {
      assert.equal((await other.cancel()).status, 200);
      return add(...run);
    },
  });
  await other.look();
  assert.equal((await other.ferry.runs.get("base-cutover-1-look1"))?.status, "Cancelling");

  const lost = await migrated();
  await lost.start();
  await lost.look();
  // Whoever cancelled it was lost before its run was told.
  await lost.app.cutovers.change("base-cutover-1", (now) => ({ ...now, status: "Cancelled" }));
  await lost.look();
  assert.equal((await lost.ferry.runs.get("base-cutover-1-look1"))?.status, "Cancelling");
});
