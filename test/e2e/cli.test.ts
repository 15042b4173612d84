// The built lakeferry command, alone in a folder of its own, against a running local Azure.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type LocalAzure, startLocalAzure } from "../../local/start/azure.ts";
import { freePort } from "../../local/start/ports.ts";
import { projectRoot } from "../../local/start/processes.ts";
import type { Migration } from "../../src/cli/api.ts";
import { assertSameTree, type Ended, eventually, manyFiles, tempFolder, writeTree } from "./kit.ts";

const files = 600;

suite("the lakeferry command", () => {
  const undo: (() => void | Promise<void>)[] = [];
  const children = new Set<ChildProcess>();
  let azure: LocalAzure;
  let [source, out, program, home] = ["", "", "", ""];

  before(async () => {
    const folder = tempFolder({ after: (step) => void undo.push(step) });
    [source, out, home] = [join(folder, "source"), join(folder, "out"), join(folder, "home")];
    writeTree(source, { ...manyFiles("slow", files), "slow/bad.": "a name that Gen2 can't hold" });
    program = join(folder, "command", "lakeferry.mjs");
    cpSync(join(projectRoot, "dist", "cli"), join(folder, "command"), { recursive: true });
    const stateDir = join(folder, "state");
    mkdirSync(stateDir);
    azure = await startLocalAzure({ source, out, stateDir, meta: join(folder, "gen1.jsonl"), port: undefined });
    undo.push(() => azure.stop());
  });

  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    for (const step of undo.toReversed()) await step();
  });

  function command(...args: readonly string[]) {
    const env = { PATH: process.env["PATH"], HOME: home, LAKEFERRY_URL: azure.url };
    const child = spawn(process.execPath, [program, ...args], { env, cwd: out, stdio: ["ignore", "pipe", "pipe"] });
    children.add(child);
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...said })));
    return { ended, said, interrupt: () => void child.kill("SIGINT") };
  }

  async function statusOf(id: string): Promise<string> {
    return ((await (await fetch(`${azure.url}/api/migrations/${id}`)).json()) as Migration).status;
  }

  test("a migration is started, left, watched again, paused, resumed and reported, with the exit codes that are promised", async () => {
    const slowly = ["--set", "source.maxRequestsPerSecond=60", "--interval", "0.2"];
    const first = command("start", "--folder", "/slow", "--file-system", "lake", "--id", "r", ...slowly);
    await eventually("progress", () => (/\d+ files\/s/u.test(first.said.stderr) ? true : undefined));
    first.interrupt();
    const left = await first.ended;
    assert.deepEqual([left.code, left.stdout], [130, ""], left.stderr);
    assert.match(left.stderr, /left; migration r goes on. Attach again: lakeferry watch r\n$/u);
    await eventually("it to go on", async () => ((await statusOf("r")) === "Running" ? true : undefined));

    const second = command("watch", "r", "--interval", "0.2");
    const paused = await command("pause", "r", "--wait").ended;
    assert.deepEqual([paused.code, paused.stdout], [0, "Migration r: Paused\n"], paused.stderr);
    const rested = await second.ended;
    assert.equal(rested.code, 130, rested.stderr);
    assert.match(rested.stdout, /^Migration r: Paused\n/u);
    assert.match(rested.stderr, /to go on: lakeferry resume r/u);

    assert.equal((await command("resume", "r").ended).code, 0);
    assert.equal((await command("change", "r", "--set", "source.maxRequestsPerSecond=null").ended).code, 0);
    const third = await command("watch", "r", "--interval", "0.2", "--json").ended;
    assert.equal(third.code, 3, third.stderr);
    assert.deepEqual([third.stdout.match(/\n/gu)?.length, third.stderr], [1, ""]);
    const { status, report } = JSON.parse(third.stdout) as Migration;
    assert.deepEqual([status, report.filesWritten, report.filesFailed], ["CompletedWithErrors", files, 1]);

    const reported = await command("report", "r", "--json").ended;
    assert.equal(reported.code, 3);
    assert.deepEqual(JSON.parse(reported.stdout), report);
    const failed = await command("journal", "r", "--outcome", "failed", "--format", "csv").ended;
    assert.equal(failed.code, 0, failed.stderr);
    assert.match(failed.stdout, /^outcome,type,path,.*\r\nfailed,file,\/slow\/bad\.,invalid,.*\r\n$/u);
    const all = await command("journal", "r").ended;
    assert.equal(all.stdout.trimEnd().split("\n").length, report.journal?.lines);
    const listed = await command("list", "--status", "CompletedWithErrors").ended;
    assert.match(listed.stdout, /^ID +STATUS +CREATED +WHAT\nr +CompletedWithErrors /u);
  });

  test("the rest of a lake arrives with exit code 0; a refusal is 2, no answer is 4, and nothing is left behind", async () => {
    const where = ["--folder", "/slow/00", "--file-system", "few"];
    const good = await command("start", ...where, "--interval", "0.2").ended;
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /^Migration \S+: Succeeded\n/u);
    assertSameTree(join(source, "slow", "00"), join(out, "few"));
    const refused = await command("start", ...where, "--set", "color=blue").ended;
    assert.deepEqual([refused.code, refused.stdout], [2, ""]);
    assert.match(refused.stderr, /color: unknown property/u);
    assert.equal((await command("watch", "nobody").ended).code, 2);
    const gone = await command("start", "--folder", "/none", "--file-system", "none", "--json").ended;
    assert.deepEqual([gone.code, (JSON.parse(gone.stdout) as Migration).status], [4, "Failed"]);
    const silent = await command("list", "--url", `http://127.0.0.1:${await freePort(45_000)}`).ended;
    assert.deepEqual([silent.code, silent.stdout], [4, ""]);
  });
});
