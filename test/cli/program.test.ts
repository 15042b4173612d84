// What the lakeferry command promises, over the API on memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checklist, Migration, MigrationList } from "../../src/cli/api.ts";
import { progressText } from "../../src/cli/words.ts";
import { memoryApi, memoryUrl } from "../kit/memoryApi.ts";
import { type Said, said } from "./kit.ts";

// One file that arrives, and one under a name that Gen2 refuses.
function lake(...files: readonly string[]) {
  const api = memoryApi();
  for (const path of files) api.source.write(path, "content");
  return api;
}

function json({ out, err }: Said): unknown {
  assert.match(out, /^[^\n]+\n$/u, `one line of JSON: ${out}${err}`);
  return JSON.parse(out);
}

test("start watches to the end and prints the report; its exit code says how it ended", async () => {
  const api = lake("/a/one", "/a/two");
  const { fetch } = api;
  const good = await said("start --file-system lake --id good", { fetch, meanwhile: () => api.drive("good") });
  assert.equal(good.code, 0, good.err);
  assert.match(good.out, /^Migration good: Succeeded\n {2}files {5}2 copied, 0 skipped, 0 failed\n/u);
  assert.match(good.err, /Queued \| 0 files \| 0 B/u);
  api.source.write("/a/bad.", "content");
  const bad = await said("start --file-system lake --id bad", { fetch, meanwhile: () => api.drive("bad") });
  assert.equal(bad.code, 3);
  assert.match(bad.out, /bad: CompletedWithErrors\n.*1 failed\n.*failed {4}\/a\/bad\.: invalid: /su);
  const gone = await said("start --file-system lake --folder /none --id gone", {
    fetch,
    meanwhile: () => api.drive("gone"),
  });
  assert.equal(gone.code, 4);
  assert.match(gone.out, /error {5}the source folder \/none does not exist/u);
  for (const [id, code] of [
    ["good", 0],
    ["bad", 3],
    ["gone", 4],
  ] as const) {
    assert.equal((await said(`report ${id}`, { fetch })).code, code);
    assert.equal((await said(`watch ${id}`, { fetch })).code, code);
    assert.equal((await said(`show ${id}`, { fetch })).code, 0);
  }
});

test("Ctrl-C leaves a migration alone and says how to attach again; watching again goes to the end", async () => {
  const api = lake("/a/one");
  const { fetch } = api;
  const left = await said("start --file-system lake --id r --url http://127.0.0.1:7071", {
    fetch,
    meanwhile: (leave) => leave(),
  });
  assert.equal(left.code, 130);
  assert.equal(left.out, "");
  assert.match(
    left.err,
    /left; migration r goes on. Attach again: lakeferry watch r --url http:\/\/127.0.0.1:7071\n$/u,
  );
  assert.equal((await api.ferry.runs.get("r"))?.status, "Queued");
  assert.deepEqual(
    api.asked.map(({ what }) => what).filter((what) => what.startsWith("POST")),
    ["POST /migrations"],
  );
  assert.equal((await said("watch r", { fetch, meanwhile: () => api.drive("r") })).code, 0);
});

test("with --json results are what the API answers, on one line, and nothing else is on standard output", async () => {
  const api = lake("/a/one");
  const { fetch } = api;
  const started = json(await said("start --file-system lake --id r --detach --json", { fetch })) as {
    id: string;
    status: string;
    links: object;
  };
  assert.deepEqual([started.id, started.status, "self" in started.links], ["r", "Queued", true]);
  const paused = json(await said("pause r --json", { fetch })) as { status: string };
  assert.equal(paused.status, "Pausing");
  const rest = await said("pause r --wait --json", { fetch, meanwhile: () => api.drive("r") });
  assert.equal((json(rest) as { status: string }).status, "Paused");
  const watched = await said("watch r --json", { fetch });
  assert.deepEqual([watched.code, (json(watched) as Migration).status], [130, "Paused"]);
  assert.match(watched.err, /to go on: lakeferry resume r/u);
  assert.equal((json(await said("resume r --json", { fetch })) as { status: string }).status, "Running");
  const shown = json(await said("show r --json", { fetch })) as Migration;
  assert.deepEqual(shown, await (await fetch("http://127.0.0.1:7071/api/migrations/r")).json());
  assert.deepEqual(json(await said("report r --json", { fetch })), shown.report);
  const list = json(await said("list --json --status Running", { fetch })) as MigrationList;
  assert.deepEqual([list.total, list.migrations.map(({ id }) => id)], [1, ["r"]]);
  assert.deepEqual((json(await said("list --json --status Paused", { fetch })) as MigrationList).migrations, []);
  assert.equal((json(await said("cancel r --json", { fetch })) as { status: string }).status, "Cancelling");
});

test("caps of a live migration are changed one by one, and taken away with null", async () => {
  const { fetch } = lake("/a/one");
  await said("start --file-system lake --id r --detach --set sink.maxRequestsPerSecond=5", { fetch });
  const more = await said("change r --set source.maxConcurrentConnections=2", { fetch });
  assert.match(more.out, /^Migration r: Queued; source.maxConcurrentConnections 2, sink.maxRequestsPerSecond 5\n$/u);
  const none = await said("change r --set source.maxConcurrentConnections=null --set sink.maxRequestsPerSecond=null", {
    fetch,
  });
  assert.match(none.out, /; no caps\n$/u);
  assert.deepEqual((await said("change r --set sink.fileSystem=x", { fetch })).code, 2);
  assert.match((await said("change r", { fetch })).err, /required option '--set <property=value>' not specified/u);
});

test("a rerun is followed like a start, under its new id", async () => {
  const api = lake("/a/one");
  const { fetch } = api;
  await said("start --file-system lake --id r", { fetch, meanwhile: () => api.drive("r") });
  const again = await said("rerun r --json", {
    fetch,
    meanwhile: async () => {
      const { runs } = await api.ferry.runs.list();
      await api.drive(runs.find(({ id }) => id !== "r")?.id ?? "");
    },
  });
  assert.equal(again.code, 0, again.err);
  const { id, report } = json(again) as Migration;
  assert.notEqual(id, "r");
  assert.equal(report.filesSkipped, 1);
});

test("a journal is printed page by page to its end, chosen and as CSV", async () => {
  const api = lake("/a/one", "/a/bad.");
  const { fetch } = api;
  await said("start --file-system lake --id r", { fetch, meanwhile: () => api.drive("r") });
  const all = await said("journal r", { fetch });
  assert.equal(all.out.trimEnd().split("\n").length, 4);
  const failed = await said("journal r --outcome failed --format csv", { fetch });
  assert.match(failed.out, /^outcome,type,path,.*\r\nfailed,file,\/a\/bad\.,invalid,.*\r\n$/u);
  const pages = ["one\n", "two\n", "three\n"];
  const queries: string[] = [];
  let outage = false;
  const paged: typeof fetch = async (input) => {
    const { search } = new URL(new Request(input).url);
    outage = queries.length === 1 && !outage;
    if (outage) return new Response("", { status: 503 });
    queries.push(search);
    const [at, next] = [queries.length - 1, queries.length < pages.length];
    const link = {
      link: `<http://elsewhere.example/api/migrations/r/journal?format=jsonl&after=p:${at + 1}>; rel="next"`,
    };
    return new Response(pages[at], next ? { headers: link } : {});
  };
  assert.equal((await said("journal r", { fetch: paged })).out, "one\ntwo\nthree\n");
  assert.deepEqual(
    queries,
    ["?format=jsonl", "?format=jsonl&after=p%3A1", "?format=jsonl&after=p%3A2"].map(decodeURIComponent),
  );
});

test("what is wrong with a command line is named, with exit code 2, and nothing is asked", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /Usage: lakeferry/u],
    ["wacht r", /unknown command 'wacht'.*Did you mean watch/su],
    ["watch", /missing required argument 'id'/u],
    ["watch a b", /too many arguments/u],
    ["list --colour", /unknown option '--colour'/u],
    ["list --status Lost", /'--status <status>' argument 'Lost' is invalid. Allowed choices are Queued/u],
    ["list --limit 0", /'--limit <count>' argument '0' is invalid. expected a whole number, 1 to 200/u],
    ["watch r --interval soon", /'--interval <seconds>' argument 'soon' is invalid. expected seconds, 0.1 to 3600/u],
    ["watch r --interval 0.01", /expected seconds/u],
    ["journal r --outcome lost", /'--outcome <outcome>' argument 'lost'/u],
    ["journal r --format xml", /Allowed choices are jsonl, csv/u],
    ["start --set parallelism", /--set parallelism: expected NAME=VALUE/u],
    ["start --label =x", /--label =x: expected NAME=VALUE/u],
    ["start --spec /nowhere/spec.json", /--spec \/nowhere\/spec.json: ENOENT/u],
    ["start --spec -", /--spec -: Unexpected end of JSON/u],
    ["list --url ftp://x", /--url ftp:\/\/x: expected an address/u],
    ["list --url http://127.0.0.1 --profile p", /either --url or --profile/u],
  ];
  for (const [line, expected] of cases) {
    const { code, out, err } = await said(line === "" ? [] : line, { fetch: () => assert.fail(`${line} asks`) });
    assert.deepEqual([code, out], [2, ""], line);
    assert.match(err, expected, line);
  }
});

test("a refusal is told in the app's words with exit code 2; with --json it is a line of JSON with the stable code", async () => {
  const { fetch } = lake();
  const wrong = await said("start --file-system NO --set color=1", { fetch });
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^lakeferry: sink.fileSystem: expected 3 to 63 .*; color: unknown property\n$/u);
  const coded = await said("start --file-system NO --json", { fetch });
  assert.deepEqual([coded.code, coded.out], [2, ""]);
  const { code, status, errors } = JSON.parse(coded.err) as {
    code: string;
    status: number;
    errors: { field: string }[];
  };
  assert.deepEqual([code, status, errors.map(({ field }) => field)], ["request-invalid", 400, ["sink.fileSystem"]]);
  for (const line of ["watch x", "show x", "report x", "pause x", "resume x", "cancel x", "rerun x", "journal x"]) {
    const { code, err } = await said(`${line} --json`, { fetch });
    assert.deepEqual([code, (JSON.parse(err) as { code: string }).code], [2, "run-not-found"], line);
  }
  const usage = await said("list --limit x --json", { fetch });
  assert.deepEqual([usage.code, (JSON.parse(usage.err) as { code: string }).code], [2, "usage"]);
});

test("an app that can't be reached, or isn't one, is said as such; keys are never printed", async () => {
  const env = { LAKEFERRY_KEY: "secret-key" };
  const answering = (status: number, text: string, headers: Record<string, string> = {}) => ({
    env,
    fetch: async () => new Response(text, { status, headers }),
  });
  const cases = [
    [{ env }, 4, /no answer from http:\/\/127.0.0.1:7071\/api\/migrations: refused/u],
    [answering(401, ""), 2, /the function key for .* is missing or wrong/u],
    [answering(404, "<html>"), 2, /isn't there: is this the address of a lakeferry app/u],
    [answering(302, "", { location: "https://login.example/" }), 2, /leads elsewhere \(https:\/\/login.example\/\)/u],
    [answering(502, "Bad gateway"), 4, /answers 502/u],
    [answering(200, "<html>"), 2, /answers, but not as lakeferry does/u],
  ] as const;
  for (const [around, code, expected] of cases) {
    const ended = await said("list", around);
    assert.equal(ended.code, code, ended.err);
    assert.match(ended.err, expected);
    assert.doesNotMatch(ended.err + ended.out, /secret-key/u);
  }
});

test("a watcher outlives an outage of the app, says so once, and gives up after ten minutes without touching the migration", async () => {
  const api = lake("/a/one");
  let outage = 0;
  const flaky: typeof fetch = async (input, init) =>
    outage-- > 0 ? new Response("", { status: 503 }) : api.fetch(input, init);
  let pauses = 0;
  const outlived = await said("start --file-system lake --id r", {
    fetch: flaky,
    meanwhile: () => {
      pauses++;
      if (pauses === 1) outage = 3;
      return pauses < 4 ? undefined : api.drive("r");
    },
  });
  assert.equal(outlived.code, 0, outlived.err);
  assert.equal(outlived.err.match(/trying again/gu)?.length, 1);
  assert.match(outlived.err, /answers again, after \d/u);
  await said("rerun r --detach", { fetch: api.fetch });
  let looks = 0;
  const lost = await said("watch r", {
    fetch: (input, init) => (looks++ === 0 ? live(api.fetch, input, init) : Promise.reject(new TypeError("gone"))),
  });
  assert.equal(lost.code, 4);
  assert.match(
    lost.err,
    /given up after 10:00 min: the migration r isn't touched by that; lakeferry watch r attaches again/u,
  );
});

// An ended migration as it would be shown while it still runs.
async function live(plain: typeof fetch, input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const shown = (await (await plain(input, init)).json()) as Migration;
  return Response.json({ ...shown, status: "Running" });
}

test("the app's health is told, with exit code 0 only when it is well", async () => {
  const { fetch } = lake();
  const well = await said("health", { fetch });
  assert.equal(well.code, 0, well.err);
  assert.match(well.out, /^App: ok\n {2}version {3}0\.1\.0 on Node v.*\n.*lake {6}LakeSource: adls-gen1 at https:/su);
  const stopped = {
    status: "stopped",
    version: "0",
    node: "v24",
    wrongSetting: { name: "LakeSink__kind", detail: "?" },
  };
  const ill = await said("health --json", { fetch: async () => Response.json(stopped) });
  assert.deepEqual([ill.code, json(ill)], [4, stopped]);
});

test("a dry run tells what it would do, an audit what differs, and both what only the sink has", async () => {
  const api = lake("/a/one", "/a/two");
  const { fetch } = api;
  const dry = await said("start --file-system lake --id dry --set dryRun=true", {
    fetch,
    meanwhile: () => api.drive("dry"),
  });
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /planned {3}2 files \(14 B\), 1 folder, 0 deletions; nothing was touched\n/u);
  assert.deepEqual([...api.sink.files().keys()], []);
  const real = "start --file-system lake --set audit=true --set extra=report --id";
  await said(`${real} first`, { fetch, meanwhile: () => api.drive("first") });
  api.source.remove("/a/two");
  const again = await said(`${real} again`, { fetch, meanwhile: () => api.drive("again") });
  assert.match(again.out, /extra {5}1 file \(7 B\) and 0 folders that only the sink has\n/u);
  assert.match(again.out, /audit {5}\d+ differences? in \d+ items/u);
});

test("a preflight is a checklist with what to do; only one that failed costs an exit code", async () => {
  const bodies: string[] = [];
  const answering = (list: Checklist) => async (input: string | URL | Request, init?: RequestInit) => {
    bodies.push(await new Request(input, init).text());
    return Response.json(list);
  };
  const look = { name: "sink rights", status: "warning", detail: "no owner can be set", fix: "assign a role" } as const;
  const line = "preflight --folder /a --file-system lake";
  const warned = await said(line, { fetch: answering({ status: "warning", checks: [look] }) });
  assert.deepEqual(
    [warned.code, JSON.parse(bodies[0] ?? "")],
    [0, { source: { folderPath: "/a" }, sink: { fileSystem: "lake" } }],
  );
  assert.equal(
    warned.out,
    "Preflight: warning after 1 look\n  warning   sink rights: no owner can be set\n    do      assign a role\n",
  );
  const failed = { status: "failed", checks: [{ ...look, status: "failed" }] } as const;
  const bad = await said(`${line} --json`, { fetch: answering({ ...failed, checks: [...failed.checks] }) });
  assert.deepEqual([bad.code, json(bad)], [4, failed]);
});

test("an audit compares two lakes and changes nothing; its differences are printed by rclone's signs", async () => {
  const api = lake("/a/one", "/a/two");
  const { fetch } = api;
  await said("start --file-system lake --id r", { fetch, meanwhile: () => api.drive("r") });
  const same = await said("audit --file-system lake --id same", { fetch, meanwhile: () => api.drive("same") });
  assert.equal(same.code, 0, same.err);
  assert.match(same.out, /^Audit same: Succeeded\n.*audit {5}0 differences in \d+ items\n/su);
  api.source.write("/a/three", "content");
  api.source.remove("/a/two");
  const before = api.sink.files();
  const audit = await said("audit --file-system lake --id other", { fetch, meanwhile: () => api.drive("other") });
  assert.equal(audit.code, 3, audit.out);
  assert.deepEqual(api.sink.files(), before);
  const shown = (await (await fetch(`${memoryUrl}/api/migrations/other`)).json()) as Migration;
  // It lists no file that a migration would count.
  const progress = progressText({ ...shown, status: "Running", report: { ...shown.report, copyDuration: 2 } });
  assert.match(progress, /^4 items compared \| 2 differences \| 2 items\/s \| 0 throttled/u);
  const { out } = await said("differences other", { fetch });
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { sign: string; path: string });
  assert.deepEqual(lines.map(({ sign, path }) => `${sign} ${path}`).toSorted(), ["+ /a/three", "- /a/two"]);
  assert.match((await said("differences other --format csv", { fetch })).out, /^outcome,type,path,/u);
  const wrong = await said("audit --file-system lake --cut-off soon --set overwrite=never", { fetch });
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /overwrite: .*cutOffTime: expected a time/su);
});

test("what a lake calls its files can't steer a terminal", async () => {
  const { fetch, source, drive } = lake();
  source.write("/a/\u001b[2Jbad.", "x");
  const ended = await said("start --file-system lake --id r", { fetch, meanwhile: () => drive("r") });
  assert.equal(ended.code, 3);
  // oxlint-disable-next-line no-control-regex -- that is the point
  assert.doesNotMatch(ended.out, /\u001b/u);
  assert.match(ended.out, /\\u001b\[2Jbad\./u);
});

test("help lists every command, exit codes and examples, and costs exit code 0", async () => {
  const all = await said("--help");
  assert.equal(all.code, 0);
  for (const name of [
    "start",
    "preflight",
    "watch",
    "list",
    "show",
    "report",
    "pause",
    "resume",
    "cancel",
    "change",
    "audit",
    "differences",
    "rerun",
    "journal",
    "schedule",
    "cutover",
    "health",
    "profile",
  ]) {
    assert.match(all.out, new RegExp(`^ {2}${name} `, "mu"));
    const own = await said(`${name} --help`);
    assert.equal(own.code, 0);
    assert.match(own.out, /Usage: lakeferry/u);
  }
  assert.match(all.out, /Exit codes: 0 .* 2 .* 3 .* 4 /su);
  assert.match((await said("start --help")).out, /Examples:\n {2}lakeferry start /u);
  assert.equal((await said("--version")).out, "0.1.0\n");
});
