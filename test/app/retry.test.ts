// What failed in a run that has ended is worked on again, by a run of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import { failedList } from "../../src/state/failedList.ts";
import { memoryRows } from "../../src/state/memoryRows.ts";
import { spread } from "../../src/state/rows.ts";
import { assertBooks } from "../kit/books.ts";
import { memoryApi, memoryUrl } from "../kit/memoryApi.ts";

type Body = { readonly id: string; readonly status: string; readonly retryOf?: string; readonly detail?: string };

function denied(op: string, path: string): LakeError {
  return new LakeError("denied", { op, path, detail: "no", at: "source" });
}

// A lake with files and a folder that may not be read, and what came over without them.
async function withFailures(request: object = {}) {
  const api = memoryApi();
  const { source } = api;
  for (const path of ["/a", "/secret", "/sub/b", "/sub/secret", "/closed/c", "/closed/deep/d"])
    source.write(path, path);
  const closed = { value: true };
  source.onCall = (op, path) => {
    if (!closed.value) return;
    if (op === "read" && path.endsWith("secret")) throw denied("OPEN", path);
    if (op === "list" && path === "/closed") throw denied("LISTSTATUS", path);
  };
  const post = async (path: string, body?: object) => {
    const reply = await api.fetch(`${memoryUrl}/api/migrations${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: reply.status, body: (await reply.json()) as Body };
  };
  await post("", { id: "first", sink: { fileSystem: "lake" }, ...request });
  await api.drive("first");
  return { ...api, post, closed };
}

test("a retry brings over what failed, files and folders with all in them, and touches nothing else", async () => {
  const { ferry, source, sink, blobs, post, drive, closed } = await withFailures();
  assert.equal((await ferry.runs.get("first"))?.status, "CompletedWithErrors");
  closed.value = false;
  const before = new Map(sink.writes());
  const { status, body } = await post("/first/retry");
  assert.equal(status, 202);
  await drive(body.id);
  // A purge that has it on its list already must not take the failures away.
  assert.notEqual((await ferry.runs.get("first"))?.retriedMs, undefined);
  const run = await ferry.runs.get(body.id);
  assert.deepEqual([run?.status, run?.retryOf], ["Succeeded", "first"]);
  assert.deepEqual(sink.files(), source.files());
  for (const path of ["/a", "/sub/b"]) assert.equal(sink.writes().get(path), before.get(path), path);
  const lines = await assertBooks(ferry.work(body.id), blobs);
  const copied = lines.filter(({ outcome, type }) => outcome === "copied" && type === "file").map(({ path }) => path);
  assert.deepEqual(copied.toSorted(), ["/closed/c", "/closed/deep/d", "/secret", "/sub/secret"]);
});

test("what fails again can be retried again, and only that", async () => {
  const { ferry, post, drive, source, closed } = await withFailures();
  closed.value = false;
  source.onCall = (op, path) => {
    if (op === "read" && path === "/secret") throw denied("OPEN", path);
  };
  const second = (await post("/first/retry")).body.id;
  await drive(second);
  assert.equal((await ferry.runs.get(second))?.status, "CompletedWithErrors");
  const third = (await post(`/${second}/retry`)).body.id;
  source.onCall = () => undefined;
  await drive(third);
  const { tally } = await ferry.work(third).account();
  assert.deepEqual([tally.filesListed, tally.filesCopied], [1, 1]);
});

test("a retry brings over what a fault rule has skipped as well", async () => {
  const { ferry, source, sink, post, drive, closed, blobs } = await withFailures({
    skipErrorFile: { fileForbidden: true },
    names: "skip",
    parallelism: 1,
  });
  const { tally } = await ferry.work("first").account();
  assert.deepEqual([tally.filesSkipped, tally.foldersFailed], [{ fileForbidden: 2 }, { denied: 1 }]);
  closed.value = false;
  const retried = (await post("/first/retry")).body.id;
  await drive(retried);
  assert.equal((await ferry.runs.get(retried))?.status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  const lines = await assertBooks(ferry.work(retried), blobs);
  const copied = lines.filter(({ outcome, type }) => outcome === "copied" && type === "file").map(({ path }) => path);
  assert.deepEqual(copied.toSorted(), ["/closed/c", "/closed/deep/d", "/secret", "/sub/secret"]);
});

test("a retry of names that were skipped alone has something to do, unless Gen2 can't hold them", async () => {
  const { ferry, source, sink, post, drive, closed } = await withFailures({
    source: { folderPath: "/sub" },
    skipErrorFile: { fileForbidden: true },
  });
  assert.deepEqual(await ferry.work("first").failures(10), []);
  closed.value = false;
  const { status, body } = await post("/first/retry");
  assert.equal(status, 202);
  await drive(body.id);
  assert.equal(sink.files().get("/secret"), source.files().get("/sub/secret"));
  source.write("/names/bad.", "x");
  await post("", { id: "bad", sink: { fileSystem: "lake" }, source: { folderPath: "/names" }, names: "skip" });
  await drive("bad");
  assert.match((await post("/bad/retry")).body.detail ?? "", /nothing was skipped that another run could/u);
});

test("a name that failed in a folder that failed, and one that failed twice, are worked on once", async () => {
  const rows = memoryRows();
  const failed = ["/d/x", "/a", "/d", "/d/deep/y", "/a", "../no path", "/dd"];
  const failures = failed.map((path) => ({ kind: "denied", op: "OPEN", path, detail: "" }));
  await rows.insert({ partitionKey: "p", rowKey: "failed-1", version: 1, ...spread("failures", failures) });
  const skipped = ["/d/z", "/a", "/b", "/c"].map((path) => ({ outcome: "skipped", because: "fileForbidden", path }));
  const lines = [...skipped, { outcome: "copied", path: "/e" }, { outcome: "skipped", because: "same", path: "/f" }];
  const list = failedList(rows, "p", "failed-", "r", async function* (from = { blob: "j", offset: 0 }) {
    for (const [index, line] of lines.entries()) {
      if (index >= from.offset) yield { blob: "j", offset: index + 1, text: JSON.stringify(line) };
    }
  });
  const read = async (from: string, to: string) => {
    const items: string[] = [];
    for (let at = from; at !== to; ) {
      const portion = await list.read({ version: "", from: at, to });
      items.push(...portion.items.map(({ text }) => text));
      at = portion.to;
    }
    return items;
  };
  const all = ["/a", "/d", "../no path", "/dd", "/b", "/c"];
  assert.deepEqual(await read("first", "last"), all);
  // Cut behind any of them.
  const whole = [await list.read({ version: "", from: "first", to: "last" })];
  whole.push(await list.read({ version: "", from: whole[0]?.to ?? "", to: "last" }));
  for (const { to } of whole.flatMap(({ items }) => items)) {
    assert.deepEqual([...(await read("first", to)), ...(await read(to, "last"))], all, to);
  }
});

test("what has nothing that a retry could make whole is refused, with the reason", async () => {
  const { ferry, post, drive, closed, source } = await withFailures();
  assert.equal((await post("/nobody/retry")).status, 404);
  await ferry.runs.change("first", (run) => ({ ...run, status: "Cancelled" }));
  const cancelled = await post("/first/retry");
  assert.equal(cancelled.status, 409);
  assert.match(cancelled.body.detail ?? "", /only one that is CompletedWithErrors/u);
  closed.value = false;
  await post("", { id: "good", sink: { fileSystem: "lake" } });
  await drive("good");
  assert.equal((await post("/good/retry")).status, 409);
  source.onCall = (op, path) => {
    if (op === "list" && path === "/") throw denied("LISTSTATUS", path);
  };
  await ferry.runs.change("first", (run) => ({ ...run, status: "CompletedWithErrors", isPurged: true }));
  assert.match((await post("/first/retry")).body.detail ?? "", /not known any more/u);
});

test("of a run with ranges whose own folder failed nothing is retried, however that folder was written", async () => {
  for (const folderPath of ["/closed", "closed", "closed/"]) {
    const { ferry, post } = await withFailures();
    await ferry.runs.change("first", (run) => {
      const source = { ...run.request.source, folderPath, listAfter: "a" };
      return { ...run, request: { ...run.request, source } };
    });
    const { status, body } = await post("/first/retry");
    assert.equal(status, 409, folderPath);
    assert.match(body.detail ?? "", /its folderPath itself failed/u);
  }
});

test("the retry of a run that was to delete deletes nothing, and can be run again", async () => {
  const { post, drive } = await withFailures({ extra: "delete", maxDeletes: 5, deleteForeign: true });
  const retried = (await post("/first/retry")).body.id;
  await drive(retried);
  assert.equal((await post(`/${retried}/rerun`)).status, 202);
});

test("failures are a list that can be cut at any of them", async () => {
  const rows = memoryRows();
  for (let row = 0; row < 3; row++) {
    const failures = Array.from({ length: 4 }, (_, index) => ({
      kind: "denied",
      op: "OPEN",
      path: `/${row}-${index}`,
      detail: "",
    }));
    await rows.insert({ partitionKey: "p", rowKey: `failed-${row}`, version: 1, ...spread("failures", failures) });
  }
  const list = failedList(rows, "p", "failed-", "r", async function* () {});
  const { items } = await list.read(await list.whole());
  const all = items.map(({ text }) => text);
  assert.equal(all.length, 12);
  for (const [index, { to }] of items.entries()) {
    const head = await list.read({ version: "", from: "first", to });
    const tail = await list.read({ version: "", from: to, to: "last" });
    assert.deepEqual(
      [...head.items, ...tail.items].map(({ text }) => text),
      all,
      String(index),
    );
    assert.equal(head.items.length, index + 1);
    assert.equal(head.to, to);
  }
});
