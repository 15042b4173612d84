// What the HTTP API promises, on one running local Azure.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { Fault } from "../../local/kit/faults.ts";
import type { Migration } from "../../src/cli/api.ts";
import { type LocalAzure, startLocalAzure } from "../../local/start/azure.ts";
import {
  assertSameTree,
  eventually,
  has,
  manyFiles,
  setFaults,
  tempFolder,
  totalsOf,
  writeTree,
  writtenOf,
} from "./kit.ts";

type Problem = {
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
};
type Accepted = { readonly id: string; readonly status: string; readonly links: Readonly<Record<string, string>> };

// Spread over the rows that ADF's own example has: listAfter is exclusive, listBefore inclusive.
const rows = ["a", "ab", "b", "b.txt", "bb", "c", "\u{1f6a2}"];
const slowFiles = 400;

const lake: Readonly<Record<string, string>> = {
  "small/one.txt": "one",
  "small/two.txt": "two2",
  "small/sub/three.txt": "three",
  "range/b/inside.txt": "taken whole",
  ...Object.fromEntries(rows.filter((name) => name !== "b").map((name) => [`range/${name}`, name])),
  ...manyFiles("slow", slowFiles),
  ...manyFiles("throttled", 60),
  "picked/2019/05/12/a.csv": "1",
  "picked/2019/05/13/a.csv": "22",
  "picked/2019/05/13/sub/b.tmp": "333",
  "picked/2019/06/01/a.csv": "4444",
  "picked/2020/01/01/a.csv": "55555",
  "picked/odd name #%.csv": "666666",
  "lists/today.txt": "\ufeff2019/05/12/a.csv\r\n\r\nmissing.csv\r\n../small/one.txt\r\n/picked/2020\r\nodd name #%.csv",
  "secret/unseen.txt": "x",
  "mixed/open/seen.txt": "seen",
  "mixed/secret/unseen.txt": "x",
  "mixed/locked.txt": "x",
};

const denied = { status: 403, code: "AccessControlException", message: "Permission denied", body: "json" } as const;
const faults: readonly Fault[] = [
  { match: { op: "LISTSTATUS", path: "/secret" }, effect: denied },
  { match: { op: "LISTSTATUS", path: "/mixed/secret" }, effect: denied },
  { match: { op: "OPEN", path: "/mixed/locked.txt" }, effect: denied },
  { match: { op: "OPEN", path: "/slow/**" }, effect: { delayMs: 500 } },
  { match: { op: "OPEN", path: "/throttled/**" }, times: 20, effect: { status: 429 } },
  {
    match: { op: "OPEN", path: "/throttled/**" },
    skip: 20,
    times: 10,
    effect: { status: 503, body: "html", retryAfterS: 1 },
  },
];

suite("the HTTP API", { concurrency: 4 }, () => {
  const undo: (() => void | Promise<void>)[] = [];
  let azure: LocalAzure;
  let source = "";
  let out = "";

  before(async () => {
    const t = { after: (step: () => void | Promise<void>) => void undo.push(step) };
    const folder = tempFolder(t);
    [source, out] = [join(folder, "source"), join(folder, "out")];
    writeTree(source, lake);
    const stateDir = join(folder, "state");
    mkdirSync(stateDir);
    azure = await startLocalAzure({ source, out, stateDir, meta: join(folder, "gen1.jsonl"), port: undefined });
    t.after(() => azure.stop());
    await setFaults(azure.source, faults);
  });

  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  const api = (path = "") => `${azure.url}/api/migrations${path}`;
  const post = (path: string, body?: unknown) =>
    fetch(api(path), {
      method: "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  async function started(body: unknown): Promise<string> {
    const reply = await post("", body);
    const text = await reply.text();
    assert.equal(reply.status, 202, text);
    return (JSON.parse(text) as Accepted).id;
  }

  async function shown(id: string): Promise<Migration & Readonly<Record<string, unknown>>> {
    return (await (await fetch(api(`/${id}`))).json()) as Migration & Readonly<Record<string, unknown>>;
  }

  function reached(id: string, ...wanted: readonly string[]): Promise<Migration> {
    return eventually(`${id} to be ${wanted.join(" or ")}`, async () => {
      const migration = await shown(id);
      if (wanted.includes(migration.status)) return migration;
      const isEnded = ["Succeeded", "CompletedWithErrors", "Failed", "Cancelled"].includes(migration.status);
      if (isEnded) assert.fail(`${id} ended: ${JSON.stringify(migration)}`);
      return undefined;
    });
  }

  async function ran(body: unknown): Promise<Migration> {
    return reached(await started(body), "Succeeded", "CompletedWithErrors", "Failed");
  }

  async function refusal(reply: Response, status: number): Promise<Problem> {
    const text = await reply.text();
    assert.equal(reply.status, status, text);
    assert.match(reply.headers.get("content-type") ?? "", /^application\/problem\+json/u);
    const body = JSON.parse(text) as Problem;
    assert.equal(body.status, status);
    return body;
  }

  // As fast on any machine, whatever the other migrations teach the app about the lakes.
  const slowly = (id: string, sinkFolder = `/${id}`) => ({
    id,
    parallelism: 1,
    filesPerLane: 16,
    source: { folderPath: "/slow" },
    sink: { fileSystem: "slow", folderPath: sinkFolder },
  });

  const inTheMiddle = (id: string) =>
    eventually(`${id} to count files`, async () => {
      const migration = await shown(id);
      const { filesListed } = migration.report;
      return migration.status === "Running" && filesListed > 0 ? migration : undefined;
    });

  test("a start is accepted with where to look, when to look again, and links to our own routes only", async () => {
    const labels = { team: "ferry" };
    const sink = { fileSystem: "accepted" };
    const reply = await post("", { id: "own.id-1", name: "a name", labels, source: { folderPath: "small" }, sink });
    const text = await reply.text();
    assert.equal(reply.status, 202, text);
    const self = api("/own.id-1");
    assert.equal(reply.headers.get("location"), self);
    assert.match(reply.headers.get("retry-after") ?? "", /^\d+$/u);
    const accepted = JSON.parse(text) as Accepted;
    assert.equal(accepted.id, "own.id-1");
    assert.deepEqual(accepted.links, {
      self,
      pause: `${self}/pause`,
      resume: `${self}/resume`,
      cancel: `${self}/cancel`,
      rerun: `${self}/rerun`,
      retry: `${self}/retry`,
      journal: `${self}/journal`,
    });
    const done = await reached("own.id-1", "Succeeded");
    assert.deepEqual(writtenOf(done.report), { status: "Succeeded", ...totalsOf(join(source, "small")) });
    assertSameTree(join(source, "small"), join(out, "accepted"));
    const [got, list] = [await (await fetch(self)).text(), await (await fetch(api())).text()];
    for (const body of [text, got, list]) {
      assert.doesNotMatch(body, /code=|\/runtime\/webhooks|accountKey|Eby8vdM02/u);
    }
    const { migrations } = JSON.parse(list) as { migrations: readonly (Migration & Record<string, unknown>)[] };
    const mine = migrations.find(({ id }) => id === "own.id-1");
    assert.deepEqual([mine?.["name"], mine?.["labels"]], ["a name", labels]);
  });

  test("a pattern, globs and a list each bring over what they select, and say what they leave out", async () => {
    const folderPath = "/picked";
    const pattern = await ran({
      source: {
        folderPath,
        timePattern: { path: "{yyyy}/{MM}/{dd}/*", start: "2019-05-13T00:00:00Z", end: "2019-06-02T00:00:00Z" },
        exclude: ["**/*.tmp"],
      },
      sink: { fileSystem: "pattern" },
    });
    assert.equal(pattern.status, "Succeeded", JSON.stringify(pattern));
    const { files, bytes } = totalsOf(join(out, "pattern"));
    assert.deepEqual({ files, bytes }, { files: 2, bytes: 6 });
    assert.deepEqual(pattern.report.skippedBecause, { filtered: 1 });
    // The root twice, its year, two months, two days and what is in one of them; and the days once more, after their files were sent.
    assert.equal(pattern.report.requests.byOperation["source LISTSTATUS"], 10);

    const list = await ran({
      source: { folderPath, fileListPath: "/lists/today.txt" },
      sink: { fileSystem: "listed" },
    });
    assert.equal(list.status, "CompletedWithErrors");
    assert.deepEqual(
      ["2019/05/12/a.csv", "2020/01/01/a.csv", "odd name #%.csv"].map((path) => has(join(out, "listed"), path)),
      [true, true, true],
    );
    assert.equal(totalsOf(join(out, "listed")).files, 3);
    assert.deepEqual(list.report.skippedBecause, { fileMissing: 1 });
    assert.deepEqual(list.report.failedBecause, { invalid: 1 });
    const journal = await (await fetch(`${api(`/${list.report.id}`)}/journal`)).text();
    assert.match(journal, /line 3 of \/lists\/today\.txt in LakeSource: nothing stands there/u);
    assert.match(journal, /line 4 of \/lists\/today\.txt in LakeSource: a path holds no /u);
  });

  test("a body that isn't JSON, or isn't said to be, is refused", async () => {
    const json = { "content-type": "application/json" };
    for (const body of ["{", "", "nothing", '{"a":1,}']) {
      const { errors } = await refusal(await fetch(api(), { method: "POST", headers: json, body }), 400);
      assert.equal(errors?.[0]?.field, "(body)", body);
    }
    const text = JSON.stringify({ sink: { fileSystem: "never" } });
    const plain = { "content-type": "text/plain" };
    assert.match(
      (await refusal(await fetch(api(), { method: "POST", headers: plain, body: text }), 415)).detail,
      /json/u,
    );
    const huge = JSON.stringify({ name: "x".repeat(1024 * 1024) });
    await refusal(await fetch(api(), { method: "POST", headers: json, body: huge }), 413);
  });

  test("a wrong request is refused naming each field that is wrong, and nothing starts", async () => {
    const sink = { fileSystem: "never" };
    const cases: readonly (readonly [unknown, string, RegExp])[] = [
      [[], "(body)", /expected object/u],
      [{}, "sink.fileSystem", /expected string/u],
      [{ sink, color: "blue" }, "color", /unknown property/u],
      [{ sink, source: { folder: "/a" } }, "source.folder", /unknown property/u],
      [{ sink, source: { recursive: "yes" } }, "source.recursive", /expected boolean/u],
      [{ sink, source: { folderPath: "/a/../b" } }, "source.folderPath", /no "\.\." segment/u],
      [{ sink: { fileSystem: "Upper" } }, "sink.fileSystem", /lower-case/u],
      [{ sink: { ...sink, folderPath: "/ends." } }, "sink.folderPath", /full stop/u],
      [{ sink, source: { connection: "Nowhere" } }, "source.connection", /unknown connection "Nowhere".*LakeSource/u],
      [{ sink, source: { connection: "LakeSink" } }, "source.connection", /is adls-gen2; expected adls-gen1/u],
      [{ sink: { ...sink, connection: "http://evil" } }, "sink.connection", /name of a connection/u],
      [{ sink, source: { ranges: [{}], listAfter: "a" } }, "source.ranges", /not both/u],
      [{ sink, source: { fileName: "f", listAfter: "a" } }, "source.listAfter", /not both/u],
      [{ sink, source: { fileListPath: "/l", listAfter: "a" } }, "source.fileListPath", /not both/u],
      [{ sink, source: { listAfter: "b", listBefore: "b" } }, "source.listBefore", /is empty/u],
      [{ sink, source: { ranges: [{ listAfter: "c", listBefore: "a" }] } }, "source.ranges.0.listBefore", /is empty/u],
      [{ sink, source: { wildcardFileName: "a/*.csv" } }, "source.wildcardFileName", /without '\/'/u],
      [{ sink, source: { deleteFilesAfterCompletion: true } }, "source.deleteFilesAfterCompletion", /never changes/u],
      [{ sink, dataIntegrationUnits: 4 }, "dataIntegrationUnits", /by itself/u],
      [{ sink, id: "../../x" }, "id", /letters, digits/u],
    ];
    for (const [body, field, said] of cases) {
      const { errors = [], detail } = await refusal(await post("", body), 400);
      const message = errors.find((error) => error.field === field)?.message;
      assert.match(message ?? "", said, `${JSON.stringify(body)}: ${detail}`);
    }
    const both = await refusal(await post("", { sink: { fileSystem: 7 }, source: { recursive: 1 } }), 400);
    assert.deepEqual(both.errors?.map(({ field }) => field).toSorted(), ["sink.fileSystem", "source.recursive"]);
    const list = (await (await fetch(api())).json()) as { migrations: readonly Record<string, unknown>[] };
    assert.deepEqual(
      list.migrations.filter(({ what }) => String(what).includes("never")),
      [],
    );
    assert.equal(has(out, "never"), false);
  });

  test("an id, and a sink folder, belong to one live migration; folders apart from each other run side by side", async () => {
    const id = await started(slowly("live", "/shared/live"));
    assert.match((await refusal(await post("", slowly(id, "/elsewhere")), 409)).detail, /"live"/u);
    for (const root of ["/shared/live", "/shared/live/under", "/shared", "/"]) {
      const { detail } = await refusal(await post("", { ...slowly("late", root) }), 409);
      assert.match(detail, /migration live is live and writes to \/shared\/live/u);
    }
    assert.equal((await fetch(api("/late"))).status, 404);
    const beside = await ran({
      source: { folderPath: "/small" },
      sink: { fileSystem: "slow", folderPath: "/shared/live2" },
    });
    assert.equal(beside.status, "Succeeded");
    assert.equal((await shown(id)).status, "Running");
    assert.equal((await post(`/${id}/cancel`)).status, 202);
    await reached(id, "Cancelled");
    const freed = await ran({ source: { folderPath: "/small" }, sink: { fileSystem: "slow", folderPath: "/shared" } });
    assert.equal(freed.status, "Succeeded");
  });

  test("a migration shows its progress, pauses, goes on and ends exact; commands at the wrong time are refused", async () => {
    const id = await started(slowly("paused"));
    const { report } = await inTheMiddle(id);
    assert.ok(report.filesWritten < slowFiles && report.dataWritten > 0 && report.copyDuration > 0);
    const moved = await eventually("more files", async () => {
      const now = await shown(id);
      return now.report.filesListed > report.filesListed ? now : undefined;
    });
    assert.ok(moved.report.expected === undefined || moved.report.expected.files === slowFiles);
    for (const wish of ["resume", "rerun"]) {
      assert.match((await refusal(await post(`/${id}/${wish}`), 409)).detail, /"paused" is Running/u);
    }
    assert.equal((await post(`/${id}/pause`)).status, 202);
    const paused = await reached(id, "Paused");
    assert.ok(paused.report.filesWritten < slowFiles);
    assert.equal(totalsOf(join(out, "slow", "paused")).files, paused.report.filesWritten);
    assert.equal((await post(`/${id}/pause`)).status, 202);
    assert.equal((await post(`/${id}/resume`)).status, 202);
    const done = await reached(id, "Succeeded");
    assert.deepEqual(writtenOf(done.report), { status: "Succeeded", ...totalsOf(join(source, "slow")) });
    assert.equal(done.report.filesListed, slowFiles);
    assertSameTree(join(source, "slow"), join(out, "slow", "paused"));
    for (const wish of ["pause", "resume", "cancel"]) {
      assert.match((await refusal(await post(`/${id}/${wish}`), 409)).detail, /"paused" is Succeeded/u);
    }
    const rerun = (await (await post(`/${id}/rerun`)).json()) as Accepted;
    assert.notEqual(rerun.id, id);
    const again = await reached(rerun.id, "Succeeded");
    assert.deepEqual([again.report.filesSkipped, again.report.filesWritten], [slowFiles, 0]);
  });

  test("a cancelled migration ends, stays ended, and can be run again to the end", async () => {
    const id = await started(slowly("cancelled"));
    await inTheMiddle(id);
    assert.equal((await post(`/${id}/cancel`)).status, 202);
    const { report } = await reached(id, "Cancelled");
    assert.equal(totalsOf(join(out, "slow", "cancelled")).files, report.filesWritten);
    assert.match((await refusal(await post(`/${id}/resume`), 409)).detail, /is Cancelled/u);
    const rerun = (await (await post(`/${id}/rerun`)).json()) as Accepted;
    const done = await reached(rerun.id, "Succeeded");
    assert.equal(done.report.filesWritten + done.report.filesSkipped, slowFiles);
    assert.equal(done.report.filesSkipped, report.filesWritten);
    assertSameTree(join(source, "slow"), join(out, "slow", "cancelled"));
  });

  test("an id that nobody has is not found, whatever is asked of it", async () => {
    assert.match((await refusal(await fetch(api("/nobody")), 404)).detail, /there is no migration "nobody"/u);
    for (const wish of ["pause", "resume", "cancel", "rerun"]) await refusal(await post(`/nobody/${wish}`), 404);
    await refusal(await fetch(api("/nobody/orchestration")), 404);
    await refusal(await fetch(api(`/${encodeURIComponent("no/b?o#d'y\\")}`)), 404);
  });

  test("names are taken after listAfter and up to listBefore, and a folder among them is taken whole", async () => {
    const cases = [
      [{ listAfter: "a", listBefore: "b" }, ["ab", "b"]],
      [{ listBefore: "ab" }, ["a", "ab"]],
      [{ listAfter: "bb" }, ["c", "\u{1f6a2}"]],
      [{ ranges: [{ listBefore: "a" }, { listAfter: "b", listBefore: "b.txt" }] }, ["a", "b.txt"]],
      [{ listAfter: "x", listBefore: "y" }, []],
    ] as const;
    for (const [index, [range, names]] of cases.entries()) {
      const folderPath = `/case${index}`;
      const done = await ran({ source: { folderPath: "range", ...range }, sink: { fileSystem: "ranges", folderPath } });
      assert.equal(done.report.filesWritten, names.length);
      const landed = totalsOf(join(out, "ranges", folderPath));
      assert.equal(landed.files, names.length);
      for (const name of names) assert.ok(has(out, join("ranges", folderPath, name)), name);
    }
  });

  test("one file is copied alone, and a folder without what is under its folders", async () => {
    const one = await ran({
      source: { folderPath: "/small", fileName: "two.txt" },
      sink: { fileSystem: "few", folderPath: "/one" },
    });
    assert.deepEqual([one.report.filesWritten, one.report.dataWritten], [1, 4]);
    assert.deepEqual(totalsOf(join(out, "few", "one")), { files: 1, bytes: 4, folders: 1 });
    const flat = await ran({
      source: { folderPath: "/small", recursive: false },
      sink: { fileSystem: "few", folderPath: "/flat" },
    });
    assert.equal(flat.status, "Succeeded");
    assert.equal(flat.report.filesWritten, 2);
    assert.deepEqual([has(out, "few/flat/two.txt"), has(out, "few/flat/sub")], [true, false]);
    const none = await ran({ source: { folderPath: "/small", fileName: "four.txt" }, sink: { fileSystem: "unmade" } });
    const said = "the source file /small/four.txt does not exist in LakeSource";
    assert.deepEqual([none.status, none.report.error?.detail], ["Failed", said]);
    const folder = await ran({ source: { folderPath: "/small", fileName: "sub" }, sink: { fileSystem: "unmade" } });
    assert.match(folder.report.error?.detail ?? "", /\/small\/sub in LakeSource is a folder, not a file/u);
    assert.equal(has(out, "unmade"), false);
  });

  test("an assessment tells what a migration of the same folder then sends, kind by kind", async () => {
    const sink = { folderPath: "/assessed" };
    const reply = await fetch(`${azure.url}/api/assessments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "assess-range", source: { folderPath: "/range" }, sink }),
    });
    assert.equal(reply.status, 202, await reply.text());
    const { report } = await reached("assess-range", "Succeeded");
    const shownAlone = (await (await fetch(`${azure.url}/api/assessments/assess-range`)).json()) as Migration;
    assert.deepEqual(shownAlone.report.assessment, report.assessment);
    assert.equal(report.requests.sink, 0);
    const { requests } = report.assessment?.estimate ?? assert.fail();
    const actual = await ran({ source: { folderPath: "/range" }, sink: { fileSystem: "assessed", ...sink } });
    for (const op of ["source OPEN", "source GETACLSTATUS", "sink Put Blob", "sink Set Access Control"]) {
      const [told, sent] = [requests.byOperation[op] ?? 0, actual.report.requests.byOperation[op] ?? 0];
      assert.ok(Math.abs(told - sent) <= 1, `${op}: ${told} for ${sent}`);
    }
  });

  test("a sink folder that is a file fails the migration in those words and stays as it was", async () => {
    const sink = { fileSystem: "blocked" };
    assert.equal((await ran({ source: { folderPath: "/small" }, sink })).status, "Succeeded");
    const failed = await ran({ source: { folderPath: "/small" }, sink: { ...sink, folderPath: "/one.txt" } });
    assert.equal(failed.status, "Failed");
    const said = "the sink folder /one.txt in file system blocked of LakeSink is a file; remove it or choose another";
    assert.ok(failed.report.error?.detail.startsWith(said), failed.report.error?.detail);
    assertSameTree(join(source, "small"), join(out, "blocked"));
    const under = await ran({ source: { folderPath: "/small" }, sink: { ...sink, folderPath: "/one.txt/x" } });
    assert.equal(under.status, "Failed");
    assert.match(
      under.report.error?.detail ?? "",
      /^the sink folder \/one\.txt\/x in file system blocked .* a file stands in its place or above it/u,
    );
  });

  test("a source folder that may not be read fails the migration, naming the folder and the missing right", async () => {
    const failed = await ran({ source: { folderPath: "/secret" }, sink: { fileSystem: "denied" } });
    assert.equal(failed.status, "Failed");
    const said = /^no permission to read \/secret in LakeSource: the app's identity needs Read and Execute on it/u;
    assert.match(failed.report.error?.detail ?? "", said);
    assert.equal(has(out, "denied"), false);
  });

  test("a folder and a file on the way that may not be read fail by name, and the rest arrives", async () => {
    const { status, report, failures } = await ran({ source: { folderPath: "/mixed" }, sink: { fileSystem: "mixed" } });
    assert.equal(status, "CompletedWithErrors");
    assert.deepEqual([report.filesWritten, report.filesFailed, report.foldersFailed], [1, 1, 1]);
    const byPath = Object.fromEntries(failures.map(({ path, ...rest }) => [path, rest]));
    assert.deepEqual(Object.keys(byPath).toSorted(), ["/mixed/locked.txt", "/mixed/secret"]);
    assert.equal(byPath["/mixed/secret"]?.kind, "denied");
    assert.match(byPath["/mixed/secret"]?.detail ?? "", /Read and Execute/u);
    assert.equal(byPath["/mixed/locked.txt"]?.kind, "denied");
    assert.match(byPath["/mixed/locked.txt"]?.detail ?? "", /Read/u);
    assert.ok(has(out, "mixed/open/seen.txt"));
  });

  test("the journal tells what became of every name, as JSON Lines or CSV, all of it or one outcome", async () => {
    const { id, report } = await ran({ source: { folderPath: "/mixed" }, sink: { fileSystem: "journal" } });
    assert.match(
      JSON.stringify((await shown(id))["wave"]),
      /"number":0,"lanes":1,"why":"the first slice looks around"/u,
    );
    const read = async (query: string) => {
      const reply = await fetch(api(`/${id}/journal${query}`));
      return { type: reply.headers.get("content-type"), text: await reply.text() };
    };
    const all = await read("");
    assert.match(all.type ?? "", /^application\/x-ndjson/u);
    const lines = all.text.trimEnd().split("\n");
    const said = lines.map((line) => JSON.parse(line) as { outcome: string; path: string; requests?: number });
    assert.deepEqual(said.map(({ outcome, path }) => `${outcome} ${path}`).toSorted(), [
      "copied /mixed/open/seen.txt",
      "failed /mixed/locked.txt",
      "failed /mixed/secret",
      "made /mixed",
      "made /mixed/open",
    ]);
    // In a folder that this run made, a small file is one read, and one write each for its content and its owner.
    assert.equal(said.find(({ outcome }) => outcome === "copied")?.requests, 3);
    assert.equal(report.journal?.lines, 5);
    assert.match(report.journal?.seal ?? "", /^[0-9a-f]{64}$/u);
    assert.equal((await read("?outcome=failed")).text.trimEnd().split("\n").length, 2);
    const csv = await read("?outcome=copied&format=csv");
    assert.match(csv.type ?? "", /^text\/csv/u);
    assert.match(
      csv.text,
      /^outcome,type,path,.*\r\ncopied,file,\/mixed\/open\/seen\.txt,absent,4,[0-9a-f]{32},.*\r\n$/u,
    );
    const { errors } = await refusal(await fetch(api(`/${id}/journal?outcome=lost`)), 400);
    assert.deepEqual(
      errors?.map(({ field }) => field),
      ["outcome"],
    );
    await refusal(await fetch(api(`/${id}/journal?colour=red`)), 400);
    await refusal(await fetch(api("/nobody/journal")), 404);
  });

  test("throttling is waited out and counted", async () => {
    const { status, report } = await ran({ source: { folderPath: "/throttled" }, sink: { fileSystem: "throttled" } });
    assert.equal(status, "Succeeded");
    assert.deepEqual(writtenOf(report), { status, ...totalsOf(join(source, "throttled")) });
    assert.equal(report.throttlingErrors, 30);
    assertSameTree(join(source, "throttled"), join(out, "throttled"));
  });

  test("Durable's own links are on a route of their own, and lead to the orchestration", async () => {
    const { id } = await ran({ source: { folderPath: "/small" }, sink: { fileSystem: "durable" } });
    const reply = await fetch(api(`/${id}/orchestration`));
    const links = (await reply.json()) as { readonly id: string; readonly statusQueryGetUri: string };
    assert.equal(reply.status, 200);
    assert.equal(links.id, id);
    const status = await fetch(links.statusQueryGetUri);
    const { name, runtimeStatus } = (await status.json()) as Readonly<Record<string, unknown>>;
    assert.deepEqual([name, runtimeStatus], ["migrate", "Completed"]);
  });
});
