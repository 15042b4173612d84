import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openArrivals } from "../../bench/scale/arrivals.ts";
import { type ComputedLake, computedLake, nameOf } from "../../bench/scale/lake.ts";
import { isProven, type Measured, pageOf } from "../../bench/scale/page.ts";
import { computedStore } from "../../bench/scale/store.ts";
import { sumsOf } from "../../bench/scale/sums.ts";
import { modelTables } from "../../bench/scale/tables.ts";
import type { Gen1 } from "../../local/gen1/gen1.ts";
import type { Fault } from "../../local/kit/faults.ts";
import { systemClock } from "../../src/app/clock.ts";
import { isKind } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import type { Source } from "../../src/lake/lake.ts";
import { emulatedSink, emulatedSource } from "../kit/emulated.ts";
import { addRun, drive, ferryAt, requestOf } from "../kit/testFerry.ts";

const at = (path: string) => path as LakePath;

function* pathsOf(lake: ComputedLake): Generator<string> {
  for (const { path, files } of lake.holders()) {
    for (let index = 0; index < files; index++) yield `${path}/${nameOf(index)}`;
  }
}

async function holdingTheSame(lake: ComputedLake, { store }: Gen1): Promise<void> {
  for (const { path } of lake.holders()) {
    const names = path.slice(1).split("/");
    for (let depth = 1; depth <= names.length; depth++) {
      const folder = `/${names.slice(0, depth).join("/")}`;
      if (store.stat(folder) === undefined) store.makeFolder(folder);
    }
  }
  for (const path of pathsOf(lake)) {
    const file = lake.fileAt(path) ?? assert.fail(path);
    store.makeFile(path);
    await store.append(path, lake.contentOf(file));
    store.setTimes(path, file.modifiedMs, file.modifiedMs);
  }
}

async function allOf(source: Source): Promise<readonly object[]> {
  const all: object[] = [];
  for await (const entry of walked(source, "/")) all.push(entry);
  return all;
}

async function* walked(source: Source, folder: string): AsyncGenerator<object> {
  for (let next: string | undefined, isLast = false; !isLast; ) {
    const page = await source.list(at(folder), next);
    for (const { modifiedMs, ...entry } of page.entries) {
      // A folder's time is that of its last change; a lake that is computed never has one.
      yield { folder, ...entry, ...(entry.kind === "file" ? { modifiedMs } : {}) };
      if (entry.kind === "folder") yield* walked(source, `${folder === "/" ? "" : folder}/${entry.name}`);
    }
    isLast = page.next === undefined;
    next = page.next;
  }
}

async function contentAt(source: Source, path: string, offset = 0, length = 2000): Promise<string> {
  const chunks: Uint8Array[] = [];
  await source.read(at(path), offset, length, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks).toString("hex");
}

test("a computed lake answers as one that holds the same names and bytes", async () => {
  const lake = computedLake(2500);
  const computed = await emulatedSource({ store: { kind: "given", store: computedStore(lake) }, pageCap: 300 });
  const held = await emulatedSource({ store: { kind: "memory" }, pageCap: 300 });
  try {
    await holdingTheSame(lake, held.gen1);
    const both = [computed.source, held.source] as const;
    const [ours, theirs] = await Promise.all(both.map(allOf));
    assert.deepEqual(ours, theirs);
    assert.equal(ours?.filter((entry) => "kind" in entry && entry.kind === "file").length, 2500);
    const [folder = ""] = [...lake.holders()].map(({ path }) => path).slice(1);
    for (const path of ["/flat/f00000000", "/flat/f00000249", `${folder}/f00000777`]) {
      const [one, other] = await Promise.all(both.map(async (source) => contentAt(source, path)));
      assert.equal(one, other);
      assert.equal(await contentAt(computed.source, path, 3, 5), other?.slice(6, 16));
    }
    for (const after of ["f000001", "f00000249", "z"]) {
      const [one, other] = await Promise.all(both.map((source) => source.list(at("/flat"), after)));
      assert.deepEqual(one, other);
    }
    assert.deepEqual(await computed.source.summary(at("/")), await held.source.summary(at("/")));
    for (const path of ["/flat/f00000250", "/flat/f249", "/flat/g00000001", "/flat/f00000001/x", "/no"]) {
      const missing = (error: unknown) => isKind(error, "not-found");
      await assert.rejects(computed.source.stat(at(path)), missing, path);
    }
  } finally {
    await computed.close();
    await held.close();
  }
});

test("a lake that grows keeps its shape: a tenth in one folder, the others in folders of 1,000 to 10,000", () => {
  const lake = computedLake(300_000);
  const [flat, ...others] = [...lake.holders()];
  assert.deepEqual([flat?.path, flat?.files], ["/flat", 30_000]);
  assert.equal(
    others.reduce((sum, { files }) => sum + files, 30_000),
    300_000,
  );
  for (const { path, files } of others.slice(0, -1)) {
    assert.ok(files >= 1000 && files <= 10_000, path);
    assert.equal(path.split("/").length, 5);
  }
});

async function carried(files: number, faults: readonly Fault[], isTwice = false) {
  const lake = computedLake(files);
  const { store, arrived } = openArrivals(lake, "lake");
  const from = await emulatedSource({ store: { kind: "given", store: computedStore(lake) }, faults });
  const to = await emulatedSink({ store });
  const { ferry } = ferryAt(systemClock, { saveMs: 200 });
  const lakes = { source: from.source, sink: to.sink("lake") };
  try {
    const request = requestOf({ preserve: ["LastModified"] });
    const made = { ...ferry, lakes: () => lakes };
    await addRun(made, "r", request);
    const { status } = await drive(made, "r");
    const { tally } = await made.work("r").account();
    const { digest, ...expected } = sumsOf(lake);
    if (isTwice) {
      await addRun(made, "again", request);
      await drive(made, "again");
    }
    const second = (await made.work("again").account()).tally;
    return { status, tally, digest, expected, arrived: arrived(), second };
  } finally {
    await from.close();
    await to.close();
  }
}

test("the sums of source, sink and run are one when every byte came, and a second run finds all of it there", async () => {
  const { status, tally, digest, expected, arrived, second } = await carried(400, [], true);
  assert.equal(status, "Succeeded");
  assert.deepEqual(arrived, { ...expected, again: 0, wanted: expected.content });
  assert.equal(tally.digest, digest);
  assert.deepEqual([second.filesCopied, second.filesSkipped], [0, { same: 400 }]);
});

test("one byte that changed on its way from the source is seen in the sums, and nowhere else", async () => {
  const { status, tally, digest, expected, arrived } = await carried(400, [
    { match: { op: "OPEN" }, skip: 200, times: 1, effect: { flip: 0 } },
  ]);
  assert.equal(status, "Succeeded");
  assert.equal(tally.digest, digest);
  assert.deepEqual([arrived.files, arrived.bytes], [expected.files, expected.bytes]);
  assert.equal(arrived.wanted, expected.content);
  assert.notEqual(arrived.content, expected.content);
});

test("docs/scale.md shows what the model reckons from the measured figures, and nothing else", () => {
  const at = (file: string) => readFileSync(join(import.meta.dirname, "..", "..", file), "utf8");
  const measured = JSON.parse(at("bench/scale.json")) as Measured[];
  const [, shown = ""] = /<!-- node bench\/model\.ts -->\n\n([\s\S]*)\n<!-- end -->/u.exec(at("docs/scale.md")) ?? [];
  assert.equal(shown, modelTables(measured), "node bench/model.ts --write puts docs/scale.md right");
  assert.equal(at("bench/SCALE.md"), pageOf(measured));
  for (const one of measured) assert.ok(isProven(one), one.command);
});
