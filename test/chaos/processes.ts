import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../../local/kit/faults.ts";
import { startOptions } from "../../local/start/options.ts";
import {
  assertSameTree,
  childOf,
  type Command,
  type Ended,
  eventually,
  manyFiles,
  reportOf,
  setFaults,
  startCommand,
  tempFolder,
  totalsOf,
  type Undo,
  writeTree,
} from "../e2e/kit.ts";
import { type Dice, diceOf } from "./dice.ts";

const maxRounds = 4;

/** Who is killed in a round: the launcher, a program that it started, or nobody: then it is asked to pause. */
const victims = [
  "launcher",
  "host.mjs",
  "host.mjs",
  "azurite.ts",
  "azurite.ts",
  "gen1.mjs",
  "gen2.mjs",
  "nobody",
] as const;
type Victim = (typeof victims)[number];

/** The processes of `npm start`, killed with kill -9 at random moments and started again until the migration has ended. */
export async function runProcesses(seed: string): Promise<string> {
  const dice = diceOf(`${seed}/processes`);
  const undone: (() => void | Promise<void>)[] = [];
  const undo: Undo = { after: (what) => void undone.push(what) };
  try {
    const [source, out] = [tempFolder(undo), tempFolder(undo)];
    writeTree(source, lakeOf(dice));
    const instances = dice.pick([1, 1, 2, 3]);
    const args = ["--source", source, "--out", out, "--instances", String(instances), "--json"];
    const rounds: Victim[] = [];
    let ended: Ended | undefined;
    while (rounds.length < maxRounds && ended?.code !== 0) {
      const victim = dice.pick(victims);
      rounds.push(victim);
      ended = await round(startCommand(undo, args), settingsOf(args), dice, victim);
    }
    if (ended?.code !== 0) ended = await startCommand(undo, args).ended;
    assertWhole(ended, source, join(out, "lake"));
    const { filesWritten, filesSkipped } = reportOf(ended);
    return `${filesWritten} written, ${filesSkipped} found; ${instances} hosts, killed ${rounds.join(", ")}`;
  } finally {
    for (const one of undone.toReversed()) await one();
  }
}

function lakeOf(dice: Dice): Record<string, string | Uint8Array> {
  const lake: Record<string, string | Uint8Array> = {
    ...manyFiles("many", dice.between(200, 900)),
    "empty folder/deeper/": "",
  };
  for (let count = dice.between(0, 30); count > 0; count--) {
    lake[`${"deep/".repeat(dice.between(1, 20))}file ${count}`] = `${dice.roll()}`;
  }
  if (dice.chance(0.3)) lake["large"] = Buffer.alloc(20_000_000 + dice.between(0, 1000), "lakeferry ");
  return lake;
}

// Lets the command work for a while, on lakes that are slow and refuse now and then, and kills.
async function round(running: Command, settings: string, dice: Dice, victim: Victim): Promise<Ended> {
  const ended = running.ended.then(() => undefined);
  const lifeMs = dice.between(100, 4000);
  const faults = faultsOf(dice);
  await Promise.race([ended, eventually("the lakes to be up", () => spoil(settings, faults))]);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, lifeMs))]);
  kill(running, victim);
  return running.ended;
}

// Where the command says which lakes its app works on.
function settingsOf(args: readonly string[]): string {
  return join(startOptions(args)?.stateDir ?? assert.fail("these options start nothing"), "settings.json");
}

// Undefined while the lakes of this start are not up yet.
async function spoil(settings: string, faults: readonly Fault[]): Promise<true | undefined> {
  try {
    const { LakeSource__endpoint, LakeSink__endpoint } = JSON.parse(readFileSync(settings, "utf8")) as Endpoints;
    for (const endpoint of [LakeSource__endpoint, LakeSink__endpoint])
      await setFaults(new URL(endpoint).origin, faults);
    return true;
  } catch {
    return undefined;
  }
}

type Endpoints = { readonly LakeSource__endpoint: string; readonly LakeSink__endpoint: string };

function faultsOf(dice: Dice): readonly Fault[] {
  const slow: Fault = { match: { op: "OPEN" }, effect: { delayMs: dice.between(50, 500) } };
  const effects: readonly Fault["effect"][] = [
    { status: 503 },
    { status: 500 },
    { reset: "before" },
    { reset: "mid" },
    { reset: "after" },
  ];
  const rare = Array.from({ length: dice.between(0, 3) }, (): Fault => {
    return { skip: dice.between(0, 50), every: dice.between(5, 40), effect: dice.pick(effects) };
  });
  return [slow, ...rare];
}

function kill(running: Command, victim: Victim): void {
  if (victim === "nobody") return running.signal("SIGINT");
  if (victim === "launcher") return running.signal("SIGKILL");
  const pid = childOf(running.pid, victim);
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

// Whatever was killed: the sink is the source, byte by byte, and the totals are those of one run that nobody disturbed.
function assertWhole(ended: Ended, source: string, sink: string): void {
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assertSameTree(source, sink);
  const report = reportOf(ended);
  const totals = totalsOf(source);
  assert.equal(report.filesListed, totals.files);
  assert.equal(report.dataListed, totals.bytes);
  // A state store that is killed early may have forgotten the whole run: the next one finds what it brought over.
  assert.equal(report.filesWritten + report.filesSkipped, totals.files);
  assert.equal(report.foldersWritten + report.foldersFound, totals.folders);
  assert.deepEqual([report.filesFailed, report.foldersFailed], [0, 0]);
  if (report.filesSkipped === 0) assert.equal(report.journal?.lines, totals.files + totals.folders);
  assert.equal(report["digest"], digestOf(source));
}

function digestOf(folder: string): string {
  const sum = partsOf(folder, "").reduce((total, part) => total + BigInt(`0x${part}`), 0n);
  return (sum % (1n << 128n)).toString(16).padStart(32, "0");
}

function partsOf(folder: string, path: string): readonly string[] {
  return readdirSync(join(folder, path)).flatMap((name) => {
    const at = `${path}/${name}`;
    const { size, mtimeMs, ...stats } = statSync(join(folder, at));
    if ((stats.mode & 0o170000) === 0o040000) return partsOf(folder, at);
    return [hash("md5", `${at}\0${size}\0${Math.round(mtimeMs)}`, "hex")];
  });
}
