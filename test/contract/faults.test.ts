import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "../../local/kit/faults.ts";
import { isKind, isLakeError } from "../../src/core/error.ts";
import { type LakePath, rootPath } from "../../src/core/path.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import { emulatedSink, emulatedSource } from "../kit/emulated.ts";

const at = (path: string) => path as LakePath;
const content = Buffer.from("0123456789".repeat(50_000));

async function reading(faults: readonly Fault[], use: (source: Source, opens: () => number) => Promise<void>) {
  const { source, gen1, meter, close } = await emulatedSource({ store: { kind: "memory" } });
  try {
    const url = `${gen1.url}/webhdfs/v1/f?op=CREATE&write=true&overwrite=true`;
    await fetch(url, { method: "PUT", body: content, headers: { authorization: "Bearer t" } });
    gen1.setFaults(faults);
    await use(source, () => meter.requests["source OPEN"] ?? 0);
    assert.deepEqual(gen1.unusedFaults(), [], "a fault that never fired");
  } finally {
    await close();
  }
}

async function readAll(source: Source): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await source.read(at("/f"), 0, content.byteLength, (chunk) => void chunks.push(Uint8Array.from(chunk)));
  return Buffer.concat(chunks);
}

const passing: readonly (readonly [string, Fault["effect"], number])[] = [
  ["429", { status: 429, code: "ThrottledException" }, 3],
  ["503 as HTML", { status: 503, body: "html" }, 3],
  ["500", { status: 500 }, 3],
  ["401", { status: 401 }, 1],
  ["a reset before the answer", { reset: "before" }, 3],
  ["a reset within the answer", { reset: "mid" }, 3],
  ["a clean but short answer", { short: 1000 }, 3],
];
for (const [what, effect, times] of passing) {
  test(`a file read through ${what}, ${times} times, arrives whole`, async () => {
    await reading([{ match: { op: "OPEN" }, times, effect }], async (source, opens) => {
      assert.ok((await readAll(source)).equals(content));
      assert.ok(opens() > 1);
    });
  });
}

test("one OPEN reads a whole file when nothing goes wrong", async () => {
  await reading([], async (source, opens) => {
    assert.ok((await readAll(source)).equals(content));
    assert.equal(opens(), 1);
  });
});

test("a connection that breaks again and again, but a little later each time, is resumed as often as it takes", async () => {
  await reading([{ match: { op: "OPEN" }, times: 12, effect: { short: 20_000 } }], async (source, opens) => {
    assert.ok((await readAll(source)).equals(content));
    assert.equal(opens(), 13);
  });
});

test("a store that never answers is given up as exhausted", async () => {
  await reading([{ match: { op: "OPEN" }, effect: { status: 503 } }], async (source) => {
    await assert.rejects(readAll(source), (error) => isLakeError(error) && error.retry === "exhausted");
  });
});

test("a listing survives the same failures", async () => {
  for (const effect of [{ status: 429 }, { status: 503, body: "html" }, { reset: "mid" }, { short: 5 }] as const) {
    await reading([{ match: { op: "LISTSTATUS" }, times: 2, effect }], async (source) => {
      assert.deepEqual(
        (await source.list(rootPath, undefined)).entries.map(({ name }) => name),
        ["f"],
      );
    });
  }
});

test("a refusal is denied, with the path and the store's own words", async () => {
  const effect = { status: 403, code: "AccessControlException", message: "Forbidden." } as const;
  await reading([{ match: { op: "LISTSTATUS" }, effect }], async (source) => {
    await assert.rejects(source.list(rootPath, undefined), (error) => {
      return isKind(error, "denied") && error.path === "/" && error.detail.includes("Forbidden.");
    });
  });
});

async function writing(faults: readonly Fault[], use: (sink: Sink) => Promise<void>) {
  const { sink, gen2, close } = await emulatedSink({ store: "memory" });
  try {
    const fs = sink("lake");
    await fs.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
    gen2.setFaults(faults);
    await use(fs);
    assert.deepEqual(gen2.unusedFaults(), [], "a fault that never fired");
  } finally {
    await close();
  }
}

async function readBack(sink: Sink, path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await sink.read(at(path), 0, content.byteLength, (chunk) => void chunks.push(Uint8Array.from(chunk)));
  return Buffer.concat(chunks);
}

const origin = { run: "r", bytes: 3, modifiedMs: 1 };

for (const effect of [
  { status: 503, code: "ServerBusy" },
  { status: 500, code: "OperationTimedOut" },
  { reset: "before" },
] as const) {
  test(`a put through ${JSON.stringify(effect)} lands once`, async () => {
    await writing([{ match: { method: "PUT", path: "/lake/x" }, times: 2, effect }], async (sink) => {
      await sink.putFile(at("/x"), Buffer.from("abc"), origin, { replaces: "nothing" });
      assert.equal((await sink.stat(at("/x")))?.bytes, 3);
    });
  });
}

test("a put whose reply is lost meets its own work as a conflict, and can tell by the metadata", async () => {
  await writing([{ match: { method: "PUT", path: "/lake/x" }, times: 1, effect: { reset: "after" } }], async (sink) => {
    await assert.rejects(sink.putFile(at("/x"), Buffer.from("abc"), origin, { replaces: "nothing" }), (error) =>
      isKind(error, "conflict"),
    );
    assert.deepEqual((await sink.stat(at("/x")))?.origin, origin);
  });
});

test("a byte flipped on the way to the sink is noticed by the service, and the bytes are sent again", async () => {
  await writing([{ match: { method: "PUT", path: "/lake/x" }, times: 1, effect: { flip: 1 } }], async (sink) => {
    await sink.putFile(at("/x"), Buffer.from("abc"), origin, { replaces: "nothing" });
    assert.equal((await sink.stat(at("/x")))?.bytes, 3);
  });
});

test("a byte flipped in a block or in the list of blocks is noticed by the service, and they are sent again", async () => {
  const flips = [0, 2, 90].map((flip) => ({ match: { method: "PUT", path: "/lake/x" }, times: 1, effect: { flip } }));
  await writing(flips, async (sink) => {
    for (const id of ["YQ==", "Yg=="]) await sink.stageBlock(at("/x"), id, Buffer.from("abc"));
    await sink.commitBlocks(at("/x"), ["YQ==", "Yg=="], origin, { replaces: "nothing" });
    assert.equal((await readBack(sink, "/x")).toString(), "abcabc");
  });
});

test("a worker that was stopped with its lease leaves it to whoever sets the same expiry of the same version", async () => {
  const faults = (["setExpiry", "lease"] as const).map(
    (op): Fault => ({ match: { op }, times: 1, skip: op === "lease" ? 1 : 0, effect: { status: 400 } }),
  );
  await writing(faults, async (sink) => {
    const { etag } = await sink.putFile(at("/x"), Buffer.from("abc"), origin, { replaces: "nothing" });
    await assert.rejects(sink.setExpiry(at("/x"), 4_102_444_800_000, etag));
    await sink.setExpiry(at("/x"), 4_102_444_800_000, etag);
    assert.equal((await sink.stat(at("/x")))?.expiresMs, 4_102_444_800_000);
  });
});

test("access and expiry set through busy answers and lost replies are set", async () => {
  const faults = (["setAccessControl", "lease", "setExpiry", "getAccessControl"] as const).flatMap((op): Fault[] => [
    { match: { op }, times: 1, effect: { status: 503, code: "ServerBusy" } },
    { match: { op }, times: 1, skip: 1, effect: { reset: "after" } },
  ]);
  await writing(faults, async (sink) => {
    await sink.putFile(at("/x"), Buffer.from("abc"), origin, { replaces: "nothing" });
    await sink.setAccess(at("/x"), { owner: "o" }, (await sink.stat(at("/x")))?.etag);
    await sink.setExpiry(at("/x"), 4_102_444_800_000, (await sink.stat(at("/x")))?.etag ?? "");
    assert.equal((await sink.getAccess(at("/x"))).owner, "o");
    assert.equal((await sink.stat(at("/x")))?.expiresMs, 4_102_444_800_000);
  });
});

test("a file is read back whole through broken and short answers", async () => {
  const faults = [
    { match: { op: "read" }, times: 1, effect: { status: 503 } },
    { match: { op: "read" }, times: 1, skip: 1, effect: { reset: "mid" } },
    { match: { op: "read" }, times: 2, skip: 2, effect: { short: 1000 } },
  ] as const;
  await writing(faults, async (sink) => {
    await sink.putFile(at("/x"), content, { ...origin, bytes: content.byteLength }, { replaces: "nothing" });
    assert.ok((await readBack(sink, "/x")).equals(content));
  });
});

test("a folder made through a lost reply is found", async () => {
  await writing([{ match: { method: "PUT", path: "/lake/d" }, times: 1, effect: { reset: "after" } }], async (sink) => {
    await sink.makeFolder(at("/d"), { run: "r", bytes: 0, modifiedMs: 0 });
    assert.equal((await sink.stat(at("/d")))?.kind, "folder");
  });
});
