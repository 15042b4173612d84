// What `npm start` promises on the command line, with its real processes.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Migration } from "../../src/cli/api.ts";
import { leftoversGone } from "../../local/start/leftovers.ts";
import { startOptions } from "../../local/start/options.ts";
import { isAlive } from "../../local/start/processes.ts";
import {
  assertSameTree,
  childOf,
  eventually,
  has,
  occupy,
  reportOf,
  runCommand,
  startCommand,
  tempFolder,
  totalsOf,
  writeTree,
  writtenOf,
} from "./kit.ts";

const wildNames = [
  "with spaces ",
  "a+b&c=d;e,f",
  "100%",
  "%41 is not A",
  "#hash?question",
  'it\'s "quoted" `so`',
  "\u{1f6a2} ferry \u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "combining e\u0301",
  "composed \u00e9",
  "\u6e56 \u05d0\u05d1 \u202eright to left",
  "$[x]{y}(z)<w>|v*~!@^",
  ".hidden",
  "...three and more",
];

suite("npm start", { concurrency: 2 }, () => {
  test("a folder with all that a folder can hold arrives as it is, counted exactly; the next run skips all of it, and --serve stays up beside a taken port until Ctrl-C", async (t) => {
    const [source, out] = [tempFolder(t), tempFolder(t)];
    writeTree(source, {
      "nested/two/three/four/five/file.txt": "deep",
      "nested/two/sibling.txt": "less deep",
      "nested.txt": "between the folder and what is under it",
      "empty folder/": "",
      "empty file": "",
      "one byte": "x",
      "2026/01/31/big.bin": randomBytes(20 * 1024 * 1024 + 1),
      ...Object.fromEntries(
        wildNames.flatMap((name) => [
          [`wild/${name}`, name],
          [`wild folders/${name}/${name}`, name],
        ]),
      ),
    });
    symlinkSync("../nested/two", join(source, "empty folder", "linked folder"));
    symlinkSync(join(source, "one byte"), join(source, "linked file"));
    const lakes = ["--source", source, "--out", out];
    const totals = totalsOf(source);

    const first = await runCommand(t, [...lakes, "--json"]);
    const report = reportOf(first);
    assert.equal(first.code, 0, first.stderr);
    assertSameTree(source, join(out, "lake"));
    assert.deepEqual(writtenOf(report), { status: "Succeeded", ...totals });
    const { filesRead, filesSkipped, filesFailed, dataRead, filesListed, dataListed } = report;
    assert.deepEqual(
      { filesRead, filesSkipped, filesFailed, dataRead, filesListed, dataListed },
      {
        filesRead: totals.files,
        filesSkipped: 0,
        filesFailed: 0,
        dataRead: totals.bytes,
        filesListed: totals.files,
        dataListed: totals.bytes,
      },
    );
    // Each file belongs to somebody else than the writer; the root is looked after before anything is counted.
    const { set, created } = report.access;
    assert.deepEqual({ set, created }, { set: totals.files, created: totals.folders - 1 });
    for (const key of ["copyDuration", "throughput", "throttlingErrors"])
      assert.equal(typeof report[key], "number", key);
    for (const store of ["source", "sink"] as const) assert.ok(report.requests[store] >= totals.files, store);
    assert.deepEqual(
      readdirSync(source).filter((name) => name.includes("gen1")),
      [],
    );

    await occupy(t, 7071);
    const serving = startCommand(t, [...lakes, "--serve"]);
    const { app } = await serving.addresses;
    assert.notEqual(new URL(app).port, "7071");
    const again = await eventually("the second migration to end", async () => {
      const { migrations } = (await (await fetch(`${app}/api/migrations`)).json()) as { migrations: Migration[] };
      return migrations.find(({ id, status }) => id !== report["id"] && status === "Succeeded");
    });
    const reply = await fetch(`${app}/api/migrations/${again.id}`);
    const second = ((await reply.json()) as Migration).report;
    assert.deepEqual(writtenOf(second), { status: "Succeeded", files: 0, bytes: 0, folders: 0 });
    assert.deepEqual([second.filesAccessSet, second.access], [0, { prediction: "on" }]);
    assert.deepEqual([second.filesSkipped, second.foldersFound], [totals.files, totals.folders]);
    assert.equal((second as Readonly<Record<string, unknown>>)["digest"], report["digest"]);
    assertSameTree(source, join(out, "lake"));

    const late = await runCommand(t, lakes);
    assert.equal(late.code, 2, late.stdout);
    assert.match(late.stderr, /the same --out is in use by process \d+/u);
    // The report is drawn a moment after the API says that the migration has ended.
    await eventually("the report", () => (serving.said().includes("Where to look") ? true : undefined));
    serving.signal("SIGINT");
    const { code, stdout } = await serving.ended;
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`this migration +${app}/api/migrations/${again.id}`, "u"));
    await assert.rejects(fetch(`${app}/api/migrations`));
  });

  test("a start after kill -9 waits for what the killed one has left behind, and goes on then", async (t) => {
    const [source, out] = [tempFolder(t), tempFolder(t)];
    writeTree(source, { "a/file": "x" });
    const command = ["--source", source, "--out", out];
    const first = startCommand(t, [...command, "--serve"]);
    await eventually("the first report", () => (first.said().includes("Where to look") ? true : undefined));
    const sink = childOf(first.pid, "dist/local/gen2.mjs") ?? assert.fail("no emulator");
    // One that can't end yet, however soon it is told to.
    process.kill(sink, "SIGSTOP");
    t.after(() => isAlive(sink) && process.kill(sink, "SIGKILL"));
    first.signal("SIGKILL");
    await first.ended;

    const second = startCommand(t, [...command, "--json"]);
    const lock = join(startOptions(command)?.lockDir ?? "", "pid");
    await eventually("the lock to be the second one's", () => {
      return readFileSync(lock, "utf8") === String(second.pid) ? true : undefined;
    });
    assert.equal(childOf(second.pid, "dist/local/gen2.mjs"), undefined);
    process.kill(sink, "SIGCONT");
    const ended = await second.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual([reportOf(ended).filesSkipped, reportOf(ended).foldersFound], [1, 2]);
  });

  test("a start waits only for processes of its own kind in its own folders, and names one that doesn't end", async () => {
    const out = "/data/out";
    const [gen2, host] = ["node leashed.mjs /l/dist/local/gen2.mjs --root", "node /l/dist/local/host.mjs --data"];
    const others = [
      { pid: 1, args: `node local/start.ts --out ${out}` },
      { pid: 2, args: `${gen2} /data/out2 --store files` },
      { pid: 3, args: `${gen2} /other/data/out --store files` },
      { pid: 4, args: `tail -f ${out}/x` },
    ];
    const [own, instance] = [
      { pid: 5, args: `${gen2} ${out} --store files` },
      { pid: 6, args: `${host} ${out}/hub` },
    ];
    const looks = [[...others, own, instance], [instance, ...others], others];
    let pauses = 0;
    await leftoversGone(
      [out],
      () => looks[pauses] ?? assert.fail("it looks on"),
      async () => void pauses++,
    );
    assert.equal(pauses, 2);
    const stays = leftoversGone(
      [out],
      () => [...others, instance],
      async () => undefined,
    );
    await assert.rejects(stays, /process 6, left behind by an earlier start, doesn't end; end it: node .*out\/hub/u);
  });

  test("folder, sink folder and ranges choose; a name that Gen2 can't hold fails by name, the rest goes on, exit code 3", async (t) => {
    const [source, out] = [tempFolder(t), tempFolder(t)];
    const spec = join(tempFolder(t), "spec.json");
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    writeTree(source, {
      "outside.txt": "no",
      "in here/g/bad.": "bad",
      "in here/g/worse./inside": "x",
      "in here/g/back\\slash": "b",
      ...Object.fromEntries(names.map((name) => [`in here/${name}/file ${name}`, name])),
    });
    symlinkSync(tempFolder(t), join(source, "in here/g/way out"));
    const ranges = [{ listAfter: "a", listBefore: "c" }, { listAfter: "b", listBefore: "d" }, { listAfter: "f" }];
    writeFileSync(spec, JSON.stringify({ source: { ranges }, sink: { fileSystem: "other" } }));
    const lakes = ["--source", source, "--out", out];
    const ended = await runCommand(t, [...lakes, "--spec", spec, "--folder", "in here", "--sink-folder", "/x/y"]);
    assert.equal(ended.code, 3, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /Migration \S+: CompletedWithErrors/u);
    assert.match(ended.stderr, /in here\/g\/way out: it is a link to a place outside/u);
    assert.match(ended.stdout, /files +4 copied, 0 skipped, 2 failed/u);
    assert.match(ended.stdout, /failed +\/in here\/g\/bad\.: invalid: the name ends in a full stop/u);
    assert.match(ended.stdout, /failed +\/in here\/g\/worse\.: invalid: the name ends in a full stop/u);
    assert.match(ended.stdout, /failed +\/in here\/g\/back\\slash: invalid: the name holds a backslash/u);
    const visible = readdirSync(out).filter((name) => !name.startsWith("."));
    assert.deepEqual(visible, ["other"]);
    assert.deepEqual(readdirSync(join(out, "other", "x", "y")).toSorted(), ["b", "c", "d", "g"]);
    assert.deepEqual(readdirSync(join(out, "other", "x", "y", "g")), ["file g"]);
  });

  test("a source folder that isn't there fails in those words, creates nothing, and the exit code is 4", async (t) => {
    const [source, out] = [tempFolder(t), tempFolder(t)];
    writeTree(source, { "there/file": "x" });
    const ended = await runCommand(t, ["--source", source, "--out", out, "--folder", "/not there", "--json"]);
    assert.equal(ended.code, 4, ended.stdout + ended.stderr);
    const { status, error } = reportOf(ended);
    assert.deepEqual([status, error?.detail], ["Failed", "the source folder /not there does not exist in LakeSource"]);
    assert.equal(has(out, "lake"), false);
  });

  test("wrong usage ends with exit code 2 and a word on what is wrong, before anything is made", async (t) => {
    const [source, out, other] = [tempFolder(t), tempFolder(t), tempFolder(t)];
    const port = await occupy(t, 0);
    const spec = (name: string, text: string): readonly string[] => {
      writeFileSync(join(other, name), text);
      return ["--source", source, "--spec", join(other, name)];
    };
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["--source", source, "--folders", "x"], /Unknown option '--folders'/u],
      [["--source", join(source, "nowhere")], /--source \S+nowhere: there is no such folder/u],
      [["--source", source, "--port", "80x"], /--port 80x: expected a number from 1 to 65535/u],
      [spec("half.json", '{"source":'), /--spec \S+half\.json: .*JSON/u],
      [spec("list.json", "[]"), /--spec \S+list\.json: expected a JSON object/u],
      [["--source", source, "--spec", join(other, "none.json")], /--spec \S+none\.json: .*ENOENT/u],
    ];
    const lakes = join(out, "made");
    for (const [args, said] of cases) assert.throws(() => startOptions([...args, "--out", lakes]), said);
    const busy = ["--source", source, "--port", String(port)];
    const saidBusy = new RegExp(`--port ${port} is in use; choose another one`, "u");
    for (const [args, said] of [[busy, saidBusy], ...cases.slice(0, 2)] as const) {
      const { code, stdout, stderr } = await runCommand(t, [...args, "--out", lakes]);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, said);
      assert.doesNotMatch(stderr, /^\s+at /mu);
    }
    const refused = await runCommand(t, [...spec("wrong.json", '{"sink":{"fileSystem":"UPPER"}}'), "--out", lakes]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /sink\.fileSystem: expected 3 to 63 lower-case letters/u);
    assert.equal(has(lakes, "UPPER"), false);
  });
});
