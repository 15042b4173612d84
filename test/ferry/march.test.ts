import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { budget } from "../../src/core/budget.ts";
import type { Cut } from "../../src/core/cut.ts";
import type { Standing } from "../../src/core/entry.ts";
import { LakeError } from "../../src/core/error.ts";
import { noMass } from "../../src/core/extra.ts";
import { isBeforeInBytes } from "../../src/core/order.ts";
import { childPath, type LakePath, rootPath } from "../../src/core/path.ts";
import { isThere } from "../../src/ferry/gone.ts";
import { type Beside, type Joining, type OfSource, openMarch } from "../../src/ferry/march.ts";
import type { Visitor } from "../../src/ferry/visitor.ts";
import { startWalk } from "../../src/ferry/walk.ts";
import type { Source } from "../../src/lake/lake.ts";
import { inUnits, type MemorySink, memorySink, memorySource } from "../kit/memoryLake.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const at = (path: string) => path as LakePath;
const bare = (key: string) => key.replace(/\/$/u, "");
const inBytes = (a: string, b: string) => (a === b ? 0 : isBeforeInBytes(a, b) ? -1 : 1);
const caseless = (a: string, b: string) => inUnits(a.toLowerCase(), b.toLowerCase()) || inUnits(a, b);

/** Orders that a sink may list in; it names folders with a slash behind. */
const sinkOrders = {
  units: inUnits,
  bytes: inBytes,
  "units without slashes": (a: string, b: string) => inUnits(bare(a), bare(b)),
  "bytes without slashes": (a: string, b: string) => inBytes(bare(a), bare(b)),
} as const;

type Seen = {
  readonly standing: Map<string, Standing>;
  readonly extras: string[];
  readonly joined: Joining[];
  readonly twice: string[];
};

function looking(seen: Seen): Visitor {
  const note = (path: LakePath, there: Standing) => {
    // A name that was started and taken up again is looked at for itself.
    if (there !== "unknown" && seen.standing.has(path)) seen.twice.push(path);
    if (!seen.standing.has(path)) seen.standing.set(path, there);
  };
  return {
    file: async (path, entry, there) => {
      note(path, there);
      await turn();
      return { do: "skipped", because: "same", bytes: entry?.bytes ?? 0, digest: "0" };
    },
    folder: async (path, _entry, _mayBeOurs, there) => {
      note(path, there);
      await turn();
      return { do: "found" };
    },
    listed: async () => "postponed",
    blocks: async () => "done",
    unlisted: async (_path, error) => {
      throw error;
    },
    confirm: async (_path, { copied }) => copied,
    fileOpened: () => undefined,
    fileDone: () => undefined,
    folderDone: () => undefined,
    extra: async (_folder, items) => ({
      told: items.map((it) => ({ item: it, outcome: { do: "extra", mass: noMass } })),
      errands: [],
    }),
    errand: async () => "over",
    extraDone: (folder, found) => void seen.extras.push(...found.map((it) => childPath(folder, it.item.name))),
    joined: (_folder, how) => void seen.joined.push(how),
  };
}

const letters = ["a", "b", "A", "-", ".", " ", "0", "\ufb01", "\u{1f600}"];
const name = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 3 });
const item = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 2 }), isFolder: fc.boolean() });

type Item = { readonly path: readonly string[]; readonly isFolder: boolean };

// Each name is a file or a folder, at both lakes the same or not.
function layOut(items: readonly Item[], write: (path: LakePath) => void, makeFolder: (path: LakePath) => void): void {
  const kinds = new Map<string, "file" | "folder">();
  for (const { path, isFolder } of items) {
    const whole = `/${path.join("/")}`;
    const parent = path.length > 1 ? `/${path[0]}` : undefined;
    if (kinds.has(whole) || (parent !== undefined && kinds.get(parent) === "file")) continue;
    if (parent !== undefined) kinds.set(parent, "folder");
    kinds.set(whole, isFolder ? "folder" : "file");
    if (isFolder) makeFolder(at(whole));
    else write(at(whole));
  }
}

const ofSource = (source: Source, folder: LakePath): OfSource => ({
  nameAt: (it) => it,
  has: (it, signal) => isThere(source, childPath(folder, it), signal),
});

async function walked(
  seen: Seen,
  lakes: { readonly source: ReturnType<typeof memorySource>; readonly sink: MemorySink },
  turns: readonly number[],
  mayDivide: boolean,
): Promise<void> {
  const { signal } = new AbortController();
  const beside: Beside = (folder, range) => openMarch(lakes.sink, folder, range, ofSource(lakes.source, folder), true);
  const left: Cut[] = [{ ranges: [{ folder: rootPath }], open: [] }];
  for (let round = 0; left.length > 0; round++) {
    const cut = left.pop() ?? { ranges: [], open: [] };
    const walk = startWalk(lakes.source, cut, looking(seen), { listings: 2, files: budget(3) }, signal, { beside });
    for (let count = 0; count < (turns[round % turns.length] ?? 1); count++) {
      await turn();
      if (mayDivide && count % 3 === 1) left.push(...walk.give(2));
    }
    walk.stop();
    await walk.ended;
    const rest = walk.cut();
    if (rest.ranges.length + rest.open.length > 0) left.push(rest);
    assert.ok(round < 5000, "no end");
  }
}

test("a walk beside the sink is told of each name what stands there, and of each extra item once, in whatever order both list", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 25 }),
      fc.array(item, { maxLength: 25 }),
      fc.constantFrom<"units" | "bytes">("units", "bytes"),
      fc.constantFrom(...(Object.keys(sinkOrders) as (keyof typeof sinkOrders)[])),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
      async (both, onlySink, sourceOrder, sinkOrder, pageSize, turns) => {
        const source = memorySource(pageSize, sourceOrder === "units" ? inUnits : inBytes);
        const sink = memorySink(pageSize, sinkOrders[sinkOrder]);
        await sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
        layOut(both, (path) => source.write(path, ""), source.makeFolder);
        for (const folder of source.folders()) await sink.makeFolder(at(folder), { run: "r", bytes: 0, modifiedMs: 0 });
        const kept = both.filter((_, index) => index % 3 !== 0);
        const write = (path: LakePath) => sink.plant(path, "");
        const makeFolder = (path: LakePath) => void sink.makeFolder(path, { run: "r", bytes: 0, modifiedMs: 0 });
        const isFree = ({ path }: Item) => {
          const [top = "", under] = path;
          const blocked = (it: string) => source.files().has(it) || sink.files().has(it) || source.folders().has(it);
          return !blocked(`/${top}`) && (under === undefined || !blocked(`/${top}/${under}`));
        };
        for (const path of source.files().keys())
          if (kept.some((it) => `/${it.path.join("/")}` === path)) write(at(path));
        layOut(onlySink.filter(isFree), write, makeFolder);
        for (const { path } of onlySink.filter(({ path: [top = ""] }) => source.folders().has(`/${top}`))) {
          const whole = `/${path.join("/")}`;
          if (path.length > 1 && !source.files().has(whole) && !sink.folders().has(whole)) sink.plant(whole, "");
        }
        const seen: Seen = { standing: new Map(), extras: [], joined: [], twice: [] };
        await walked(seen, { source, sink }, turns, true);
        const atSource = new Set([...source.files().keys(), ...source.folders()]);
        assert.deepEqual(new Set(seen.standing.keys()), new Set([...atSource].filter((path) => path !== "/")));
        for (const [path, there] of seen.standing) {
          if (there === "unknown") continue;
          const real = await sink.stat(at(path));
          assert.deepEqual(there === "nothing" ? undefined : there.kind, real?.kind, path);
        }
        const parentOf = (path: string) => path.slice(0, Math.max(1, path.lastIndexOf("/"))) || "/";
        const extras = [...sink.files().keys(), ...sink.folders()].filter(
          (path) => !atSource.has(path) && source.folders().has(parentOf(path)),
        );
        assert.deepEqual(seen.extras.toSorted(), extras.toSorted());
      },
    ),
    { numRuns: 400 },
  );
});

async function joinedOver(names: readonly string[], source = inUnits, sink = inUnits): Promise<Seen> {
  const lakes = { source: memorySource(3, source), sink: memorySink(2, sink) };
  await lakes.sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
  for (const path of names) {
    lakes.source.write(`/${path}`, "");
    lakes.sink.plant(`/${path}`, "");
  }
  lakes.sink.plant("/B-extra", "");
  const seen: Seen = { standing: new Map(), extras: [], joined: [], twice: [] };
  await walked(seen, lakes, [1000], false);
  for (const there of seen.standing.values()) assert.ok(typeof there === "object");
  assert.deepEqual(seen.extras, ["/B-extra"]);
  return seen;
}

test("folders whose orders differ are joined by hash, and it is said; others aren't", async () => {
  const exotic = ["a", "\ufb01", "\u{1f600}"];
  assert.deepEqual((await joinedOver(exotic)).joined, []);
  assert.deepEqual((await joinedOver(exotic, inUnits, inBytes)).joined, ["hashed"]);
  assert.deepEqual((await joinedOver(["a", "b"], inUnits, inBytes)).joined, []);
  assert.deepEqual((await joinedOver(["a", "B", "c"], inUnits, caseless)).joined, ["hashed"]);
});

test("a source whose names don't ascend is walked to its end and joined by hash", async () => {
  assert.deepEqual((await joinedOver(["a", "B", "c", "D", "e"], caseless)).joined, ["hashed"]);
});

test("a sink that turns out to have no order only later is asked name by name from there on, and tells no extras", async () => {
  const lakes = { source: memorySource(), sink: memorySink(1, caseless) };
  await lakes.sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
  for (const path of ["/Aa", "/b"]) lakes.source.write(path, "");
  for (const path of ["/a", "/Aa", "/b"]) lakes.sink.plant(path, "");
  const seen: Seen = { standing: new Map(), extras: [], joined: [], twice: [] };
  await walked(seen, lakes, [1000], false);
  assert.deepEqual(
    [...seen.standing],
    [
      ["/Aa", "nothing"],
      ["/b", "unknown"],
    ],
  );
  assert.deepEqual([seen.extras, seen.joined], [[], ["asked"]]);
});

test("a sink that may not be listed is asked name by name, and it is said", async () => {
  const lakes = { source: memorySource(), sink: memorySink() };
  await lakes.sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
  lakes.source.write("/x", "");
  lakes.sink.plant("/extra", "");
  lakes.sink.onList = (path) => {
    throw new LakeError("denied", { op: "list", path, detail: "no" });
  };
  const seen: Seen = { standing: new Map(), extras: [], joined: [], twice: [] };
  await walked(seen, lakes, [1000], false);
  assert.deepEqual([...seen.standing], [["/x", "unknown"]]);
  assert.deepEqual([seen.extras, seen.joined], [[], ["asked"]]);
});

test("however many names only the sink has before the source's next one, each is told, and few are held at a time", async () => {
  const count = 205_000;
  const nameOf = (index: number) => `e${String(index).padStart(7, "0")}`;
  const list: MemorySink["list"] = async (_folder, from) => {
    const first = "token" in from ? Number(from.token) : 0;
    const items = Array.from({ length: Math.min(5000, count - first) }, (_, index) => ({
      name: nameOf(first + index),
      kind: "file" as const,
      bytes: 1,
      etag: "x",
    }));
    return { entries: items, ...(first + 5000 < count ? { next: String(first + 5000) } : {}) };
  };
  const march = openMarch({ ...memorySink(), list }, rootPath, {}, ofSource(memorySource(), rootPath), true);
  const { signal } = new AbortController();
  let told = 0;
  let most = 0;
  for (let there = await march.at("zz", signal); ; there = await march.at("zz", signal)) {
    most = Math.max(most, march.held());
    for (let portion = march.passed("zz"); portion.items.length > 0; portion = march.passed("zz")) {
      for (const it of portion.items) assert.equal(it.name, nameOf(told++));
    }
    if (there !== "more") break;
  }
  assert.deepEqual([told, march.joining({ units: true, bytes: true })], [count, "merged"]);
  assert.ok(most <= 10_000, `${most} held`);
});

test("the sink is read no further than the source's names need, and a range reads only its own part", async () => {
  const lakes = { source: memorySource(), sink: memorySink(10) };
  await lakes.sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
  const names = Array.from({ length: 1000 }, (_, index) => `n${String(index).padStart(4, "0")}`);
  for (const path of names) lakes.sink.plant(`/${path}`, "");
  let pages = 0;
  lakes.sink.onList = () => void pages++;
  const march = openMarch(
    lakes.sink,
    rootPath,
    { after: "n0500", upTo: "n0519" },
    ofSource(lakes.source, rootPath),
    true,
  );
  const { signal } = new AbortController();
  for (const path of names.slice(501, 520)) assert.equal(typeof (await march.at(path, signal)), "object");
  await march.finish("n0519", signal);
  assert.deepEqual(march.rest("n0519").items, []);
  assert.ok(pages <= 3, `${pages} pages`);
});
