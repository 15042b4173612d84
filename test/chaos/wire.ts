import { createHash } from "node:crypto";
import { type Gen1, startGen1 } from "../../local/gen1/gen1.ts";
import { type Gen2, startGen2 } from "../../local/gen2/gen2.ts";
import type { VirtualClock } from "../../local/kit/clock.ts";
import type { Effect, Fault } from "../../local/kit/faults.ts";
import { modeBitsOf, parseAcl } from "../../src/core/acl.ts";
import type { Backoff } from "../../src/core/backoff.ts";
import type { Clock } from "../../src/core/clock.ts";
import { encodePath, type LakePath, splitPath } from "../../src/core/path.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import { openGen1, openGen2, type Wiring } from "../../src/lake/open.ts";
import { bearer } from "../../src/wire/auth.ts";
import { newMeter } from "../../src/wire/meter.ts";
import { sharedKey } from "../../src/wire/sharedKey.ts";
import type { Dice } from "./dice.ts";
import { forgetfulState } from "./amnesia.ts";
import { type Ground, type Rights, rightsText, type Truth } from "./ground.ts";
import type { Plan } from "./plan.ts";
import type { Simulation } from "./simulation.ts";

const account = "lakesink";
const key = Buffer.from("a key of the emulator's").toString("base64");
const fileSystem = "lake";
const backoff: Backoff = { tries: 6, firstMs: 500, maxMs: 30_000 };
const tokenMs = 20 * 60_000;

// Leases end, and items are changed, in the run's own time, which nobody else sets.
function runsOf({ nowMs }: Simulation): VirtualClock {
  return { nowMs, set: () => undefined, advance: () => undefined };
}

/** Our clients over sockets, on both emulators in this process, which do wrong what the dice say. */
export async function wireGround({ pageSize: pageCap, lake }: Plan, dice: Dice, sim: Simulation): Promise<Ground> {
  // Time stands still while bytes drip in: a file of megabytes would take minutes of ours.
  const drips = lake.hasLarge ? [] : [slowDrip];
  const gen1 = await startGen1({ store: { kind: "memory" }, pageCap });
  const gen2 = await startGen2({
    store: "memory",
    account,
    accountKey: key,
    logLimit: 100_000,
    clock: runsOf(sim),
  });
  const state = forgetfulState(dice.fork("amnesia").roll);
  const opened: { readonly close: () => Promise<void> }[] = [gen1, gen2];
  const still: Clock = { nowMs: sim.nowMs, roll: () => 0.5, sleep: sim.sleep };

  // One machine's clients. Time stands still while they wait for a socket.
  function clients(clock: Clock): { readonly source: Source; readonly sink: Sink } {
    const wiring: Wiring = { clock, backoff, attemptTimeoutMs: 10_000, report: () => undefined };
    // A token lives for a while of the run's own time.
    const ask = async () => ({ token: "t", expiresMs: clock.nowMs() + tokenMs });
    const from = openGen1(wiring, { endpoint: gen1.url, credential: bearer(ask, clock.nowMs), connections: 16 });
    const to = openGen2(wiring, {
      dfs: gen2.url,
      blob: gen2.url,
      credential: sharedKey(account, key, sim.nowMs),
      connections: 16,
    });
    opened.push(from, to);
    return { source: outside(sim, from.source(newMeter())), sink: outside(sim, to.sink(fileSystem, newMeter())) };
  }

  return {
    rows: state.rows,
    blobs: state.blobs,
    lakes: clients,
    write: async (path, content, modifiedMs) => {
      makeFolders(gen1, splitPath(path as LakePath).folder);
      gen1.store.makeFile(path);
      await gen1.store.append(path, Buffer.from(content, "utf8"));
      gen1.store.setTimes(path, modifiedMs, modifiedMs);
    },
    scribble: () => undefined,
    makeFolder: async (path) => makeFolders(gen1, path as LakePath),
    setRights: async (path, rights) => setRights(gen1, path, rights),
    remove: async (path) => removeFrom(gen1, path),
    source: () => sourceTruth(gen1),
    sink: () => sinkTruth(gen2),
    bare: clients(still).sink,
    writes: () => writesAt(gen2),
    rage: () => {
      gen1.setFaults(faultsOf(dice.fork("source"), sourceOps, [...sourceEffects, ...drips]));
      gen2.setFaults(faultsOf(dice.fork("sink"), sinkOps, [...sinkEffects, ...drips]));
      gen2.resetRequests();
      return true;
    },
    calm: () => {
      gen1.setFaults([]);
      gen2.setFaults([]);
    },
    forget: state.forget,
    close: async () => {
      for (const one of [...opened, state].toReversed()) await one.close();
    },
  };
}

const sourceOps = ["OPEN", "OPEN", "LISTSTATUS", "GETFILESTATUS"].map((op) => ({ op }));
const sinkOps = [{ method: "PUT" }, { method: "PUT" }, { method: "HEAD" }];

/** Bytes a second. */
const slowDrip: Effect = { drip: 20_000 };
const resets: readonly Effect[] = [{ reset: "before" }, { reset: "mid" }, { reset: "after" }];
const sourceEffects: readonly Effect[] = [
  ...resets,
  { status: 429, code: "ThrottledException" },
  { status: 429, code: "ThrottledException", retryAfterS: 7 },
  { status: 503, body: "html" },
  { status: 500 },
  { status: 401 },
  { short: 5 },
];
const sinkEffects: readonly Effect[] = [
  ...resets,
  { status: 503, code: "ServerBusy" },
  { status: 503, code: "ServerBusy", retryAfterS: 3 },
  { status: 500, code: "OperationTimedOut" },
  // Noticed by the checksum that each write carries.
  { flip: 1 },
];

function faultsOf(
  dice: Dice,
  ops: readonly NonNullable<Fault["match"]>[],
  effects: readonly Effect[],
): readonly Fault[] {
  return Array.from({ length: dice.between(0, 5) }, (): Fault => {
    const [match, effect] = [dice.pick(ops), dice.pick(effects)];
    // Now and then, or as a burst; a store that refuses a fresh token again means it.
    const isExpiry = "status" in effect && effect.status === 401;
    const often = isExpiry
      ? { times: 1 }
      : "drip" in effect
        ? { times: dice.between(1, 4) }
        : dice.chance(0.7)
          ? { every: dice.between(3, 40) }
          : { times: dice.between(1, 40) };
    return { match, effect, skip: dice.between(0, 60), ...often };
  });
}

function outside<T extends object>(sim: Simulation, lake: T): T {
  const operations = Object.entries(lake) as [string, (...args: readonly unknown[]) => Promise<unknown>][];
  return Object.fromEntries(
    operations.map(([op, act]) => [op, (...args: readonly unknown[]) => sim.outside(() => act(...args))]),
  ) as T;
}

function makeFolders(gen1: Gen1, path: LakePath): void {
  if (gen1.store.stat(path) !== undefined) return;
  makeFolders(gen1, splitPath(path).folder);
  gen1.store.makeFolder(path);
}

// By the service where it takes the name: what is gone leaves no rights to what comes after it under the same name.
async function removeFrom(gen1: Gen1, path: string): Promise<void> {
  if (gen1.store.stat(path) === undefined) return;
  if (isUnaddressable(path)) return gen1.store.remove(path);
  await ask(gen1, "DELETE", `/webhdfs/v1${encodePath(path as LakePath)}?op=DELETE&recursive=true`);
}

// As its owner would.
async function setRights(gen1: Gen1, path: string, { owner, group, acl, isSticky, expiresMs }: Rights): Promise<void> {
  if (isUnaddressable(path)) return;
  const to = encodePath(path as LakePath);
  const mode = modeBitsOf(parseAcl(acl, path)).toString(8).padStart(3, "0");
  const changes = [
    `/webhdfs/v1${to}?op=SETOWNER&owner=${encodeURIComponent(owner)}&group=${encodeURIComponent(group)}`,
    `/webhdfs/v1${to}?op=SETACL&aclspec=${encodeURIComponent(acl)}`,
    ...(isSticky ? [`/webhdfs/v1${to}?op=SETPERMISSION&permission=1${mode}`] : []),
    ...(expiresMs === undefined ? [] : [`/WebHdfsExt${to}?op=SETEXPIRY&expiryOption=Absolute&expireTime=${expiresMs}`]),
  ];
  for (const target of changes) await ask(gen1, "PUT", target);
}

async function ask(gen1: Gen1, method: "PUT" | "DELETE", target: string): Promise<void> {
  const { status } = await fetch(`${gen1.url}${target}`, { method, headers: { authorization: "Bearer t" } });
  if (status !== 200) throw new Error(`${target} answered ${status}`);
}

async function sourceTruth(gen1: Gen1): Promise<Truth> {
  const files = new Map<string, { bytes: number; modifiedMs: number; md5: string }>();
  const accesses = new Map<string, string>();
  const folders = new Set<string>();
  for await (const { path, kind, bytes, modifiedMs, ...rights } of gen1.dump(false)) {
    // What a file that stood there was to expire at is nothing to a folder.
    accesses.set(path, rightsText(kind === "folder" ? { ...rights, expiresMs: undefined } : rights));
    if (kind === "folder") folders.add(path);
    else files.set(path, { bytes, modifiedMs, md5: await md5Of(gen1.store.read(path, 0, bytes)) });
  }
  return { files, folders, accesses };
}

async function sinkTruth(gen2: Gen2): Promise<Truth> {
  const files = new Map<string, { bytes: number; modifiedMs: number; md5: string }>();
  const folders = new Set<string>(["/"]);
  const accesses = new Map<string, string>();
  for (const { path, type, bytes, md5 = "", metadata, permissions, ...rights } of await gen2.dump()) {
    const own = path.slice(fileSystem.length);
    accesses.set(own === "" ? "/" : own, rightsText({ ...rights, isSticky: /^.{8}[tT]/u.test(permissions) }));
    if (type === "folder") folders.add(own === "" ? "/" : own);
    else {
      const modifiedMs = Number(metadata["lakeferry_modified"] ?? 0);
      files.set(own, { bytes, modifiedMs, md5: Buffer.from(md5, "base64").toString("hex") });
    }
  }
  return { files, folders, accesses };
}

function writesAt(gen2: Gen2): ReadonlyMap<string, number> {
  const writes = new Map<string, number>();
  for (const { op, path, status } of gen2.requests().log ?? []) {
    if (status !== 201 || (op !== "putBlob" && op !== "putBlockList")) continue;
    const own = path.slice(`/${fileSystem}`.length);
    writes.set(own, (writes.get(own) ?? 0) + 1);
  }
  return writes;
}

async function md5Of(content: Buffer | AsyncIterable<Buffer>): Promise<string> {
  const md5 = createHash("md5");
  if (Buffer.isBuffer(content)) md5.update(content);
  else for await (const chunk of content) md5.update(chunk);
  return md5.digest("hex");
}

// The service's front end takes no such name in an address: nobody can set its rights, nor read it.
function isUnaddressable(path: string): boolean {
  return Array.from(path).some((character) => character < " ");
}
