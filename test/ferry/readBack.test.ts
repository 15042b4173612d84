import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { suite, test } from "node:test";
import fc from "fast-check";
import { LakeError } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import { takeAway } from "../../src/ferry/own.ts";
import { reportOf } from "../../src/core/report.ts";
import { assertBooks } from "../kit/books.ts";
import { addRun, drive, requestOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

type Turn = (path: LakePath) => boolean;

const never: Turn = () => false;

function each(n: number): Turn {
  let seen = 0;
  return () => ++seen % n === 0;
}

let flips = 0;

// Never twice in the same way: that is what nobody could find.
function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = ++flips % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 + (flips % 255));
  return copy;
}

/**
 * Flips a byte of what is read from the source, or from the sink, of what a disk of the sink keeps though the
 * service has acknowledged something else, and of what arrives, which the service notices.
 */
function flipping(
  { source, sink }: TestFerry,
  { source: ofSource = never, sink: ofSink = never, kept = never, sent = never }: Record<string, Turn>,
): void {
  const { read } = source;
  const { read: readSink, putFile, stageBlock } = sink;
  const through =
    (inner: typeof read, turn: Turn): typeof read =>
    (path, offset, length, receive, signal) => {
      let isOn = turn(path);
      const take: typeof receive = (chunk) => {
        const given = isOn ? flipped(chunk) : chunk;
        isOn = false;
        return receive(given);
      };
      return inner(path, offset, length, take, signal);
    };
  Object.assign(source, { read: through(read, ofSource) });
  Object.assign(sink, {
    read: through(readSink, ofSink),
    putFile: async (...[path, content, ...rest]: Parameters<typeof putFile>) => {
      if (sent(path)) {
        await putFile(path, flipped(content), ...rest);
        throw new LakeError("corrupt", {
          op: "Put Blob",
          path,
          detail: "it says that it took other bytes",
          at: "sink",
        });
      }
      if (!kept(path)) return putFile(path, content, ...rest);
      return { ...(await putFile(path, flipped(content), ...rest)), md5: hash("md5", content, "hex") };
    },
    stageBlock: async (...[path, id, content, signal, crc64]: Parameters<typeof stageBlock>) => {
      const sum = await stageBlock(path, id, content, signal, crc64);
      if (kept(path)) await stageBlock(path, id, flipped(content), signal);
      return sum;
    },
  });
}

async function ran(made: TestFerry, more: Readonly<Record<string, unknown>>) {
  const { ferry, sink, source, blobs } = made;
  await addRun(ferry, "r", requestOf(more));
  const { status } = await drive(ferry, "r");
  const lines = (await assertBooks(ferry.work("r"), blobs)).filter(({ type }) => type === "file");
  const { tally } = await ferry.work("r").account();
  const run = (await ferry.runs.get("r")) ?? assert.fail("no run");
  // Nothing that is reported as good is another than at the source.
  for (const { path, outcome } of lines) {
    if (outcome === "copied") assert.equal(sink.files().get(path), source.files().get(path), path);
    else assert.equal(sink.files().get(path), undefined, `${path} was given up and stands at the sink`);
  }
  const { dataConsistencyVerification } = reportOf(run, tally, ferry.clock.nowMs());
  return { status, lines, tally, verification: dataConsistencyVerification };
}

function withFiles(count: number): TestFerry {
  const made = testFerry();
  for (let index = 0; index < count; index++) made.source.write(`/d${index % 7}/f${index}`, `content of ${index}`);
  return made;
}

const readBack = { validateDataConsistency: "readBack" };

suite("reading back", () => {
  for (const where of ["source", "sink", "kept"]) {
    test(`one flipped byte in each 50th ${where === "kept" ? "file that the sink keeps" : `read of the ${where}`} is found, and all files end right`, async () => {
      const made = withFiles(300);
      flipping(made, { [where]: each(50) });
      const { status, tally, verification, lines } = await ran(made, readBack);
      assert.equal(status, "Succeeded");
      assert.deepEqual(made.sink.files(), made.source.files());
      assert.deepEqual([tally.filesCopied, tally.filesReadBack, verification.readBack], [300, 300, { files: 300 }]);
      assert.ok(lines.every((line) => line["readBack"] === true));
      assert.ok(
        [...made.sink.writes().values()].filter((times) => times === 2).length >= 5,
        "nothing was copied twice",
      );
      assert.ok(tally.bytesRead > tally.bytesCopied);
    });
  }

  test("whatever is flipped, however often, a file ends right or is a failure that leaves nothing behind", async () => {
    const often = fc.integer({ min: 2, max: 9 });
    const rule = fc.constantFrom("ifDifferent", "ifNewer", "always", "never");
    await fc.assert(
      fc.asyncProperty(often, often, often, often, rule, async (source, sink, kept, sent, overwrite) => {
        const made = withFiles(30);
        flipping(made, { source: each(source), sink: each(sink), kept: each(kept), sent: each(sent) });
        const { tally } = await ran(made, { ...readBack, overwrite });
        assert.equal(tally.filesCopied, tally.filesReadBack);
        assert.equal(tally.filesCopied + (tally.filesFailed.corrupt ?? 0), 30);
      }),
      { numRuns: 25 },
    );
  });

  test("a file that is never read the same twice is a failure of kind corrupt, or falls under the rule for that", async () => {
    for (const [dataInconsistency, outcome] of [
      [false, "failed corrupt"],
      [true, "skipped dataInconsistency"],
    ] as const) {
      const made = withFiles(3);
      let reads = 0;
      flipping(made, { source: (path) => path.endsWith("f1") && ++reads % 2 === 0 });
      const { status, lines, verification } = await ran(made, { ...readBack, skipErrorFile: { dataInconsistency } });
      assert.equal(status, "CompletedWithErrors");
      const bad = lines.filter((line) => line.outcome !== "copied");
      assert.deepEqual(
        bad.map((line) => `${line.path} ${line.outcome} ${line.because}`),
        [`/d1/f1 ${outcome}`],
      );
      assert.equal(verification.InconsistentData, dataInconsistency ? "Skipped" : "Found");
      // What was given up stands for nothing: the next run copies it.
      await addRun(made.ferry, "s", requestOf());
      await drive(made.ferry, "s");
      assert.ok(made.sink.files().has("/d1/f1"));
    }
  });

  test("files in blocks are read back as well, alone and by lanes, and copied again when the sink keeps other blocks", async () => {
    for (const [sizes, length] of [
      [{ largeFileBytes: 100, bytesFor: () => 10, bytesPerRead: 80 }, 400],
      [undefined, 9 * 1024 * 1024],
    ] as const) {
      const made = testFerry();
      const { ferry, source, sink } = made;
      source.write("/big", "0123456789".repeat(length / 10));
      let staged = 0;
      flipping(made, { kept: () => ++staged === 1 });
      const { status, lines } = await ran(
        sizes === undefined ? made : { ...made, ferry: { ...ferry, sizes } },
        readBack,
      );
      assert.equal(status, "Succeeded");
      assert.equal(sink.writes().get("/big"), 2);
      assert.equal(lines[0]?.["readBack"], true);
      assert.match(String(lines[0]?.["crc64"]), /^[0-9a-f]{16}$/u);
    }
  });

  test("a large file that the sink never keeps as it was sent is a failure of kind corrupt", async () => {
    const made = testFerry();
    const sizes = { largeFileBytes: 100, bytesFor: () => 10, bytesPerRead: 80 };
    made.source.write("/big", "0123456789".repeat(40));
    flipping(made, { kept: each(20) });
    const { lines } = await ran({ ...made, ferry: { ...made.ferry, sizes } }, readBack);
    assert.deepEqual([lines[0]?.outcome, lines[0]?.because], ["failed", "corrupt"]);
    assert.equal(made.sink.writes().get("/big"), 2);
  });

  test("a sample is read back, and what is not proven is said of both", async () => {
    const made = withFiles(300);
    const { tally, verification, lines } = await ran(made, { validateDataConsistency: { readBack: "20%" } });
    assert.ok(tally.filesReadBack > 30 && tally.filesReadBack < 90, String(tally.filesReadBack));
    assert.equal(lines.filter((line) => line["readBack"] === true).length, tally.filesReadBack);
    assert.match(verification.notProven, /^of the files that were read back: .*; of the others: /u);
  });

  test("a file that a lost worker had sent is read back by whoever takes it again", async () => {
    const made = withFiles(2);
    await made.sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
    for (const [path, bytes] of [
      ["/d0/f0", "Content of 0"],
      ["/d1/f1", "content of 1"],
    ] as const) {
      const label = { run: "r", bytes: bytes.length, modifiedMs: 1000 };
      await made.sink.putFile(path as LakePath, Buffer.from(bytes), label, { replaces: "nothing" });
    }
    const { status, tally } = await ran(made, readBack);
    assert.deepEqual([status, tally.filesCopied, tally.filesReadBack], ["Succeeded", 2, 2]);
    assert.deepEqual(Object.fromEntries(made.sink.writes()), { "/d0/f0": 2, "/d1/f1": 1 });
  });

  test("a file that goes after it was sent is not said to be read back, and its copy is checked alone", async () => {
    const made = withFiles(2);
    made.sink.onWrite = (when, op, path) => {
      if (when === "after" && op === "putFile" && path === "/d1/f1") made.source.remove(path);
    };
    await addRun(made.ferry, "r", requestOf(readBack));
    assert.equal((await drive(made.ferry, "r")).status, "Succeeded");
    const lines = await assertBooks(made.ferry.work("r"), made.blobs);
    const gone = lines.find(({ path }) => path === "/d1/f1");
    assert.deepEqual([gone?.outcome, gone?.["isGone"], gone?.["readBack"]], ["copied", true, undefined]);
  });

  test("a file that changes between its two readings is copied as it is then", async () => {
    const made = withFiles(1);
    let isFirst = true;
    made.sink.onWrite = (when, op) => {
      if (!isFirst || when !== "after" || op !== "putFile") return;
      isFirst = false;
      made.source.write("/d0/f0", "another", 2000);
    };
    const { status, tally } = await ran(made, readBack);
    assert.deepEqual([status, tally.filesReadBack, made.sink.files().get("/d0/f0")], ["Succeeded", 1, "another"]);
  });
});

test("what a run has written is taken away by nobody who has lost the work, as another may have counted it", async () => {
  const { sink } = testFerry();
  await sink.makeFileSystem({ run: "r", bytes: 0, modifiedMs: 0 });
  const label = { run: "r", bytes: 1, modifiedMs: 1000 };
  await sink.putFile("/x" as LakePath, Buffer.from("x"), label, { replaces: "nothing" });
  const taking = (isHeld: boolean) =>
    takeAway({ run: "r", sink, isHeld: async () => isHeld }, "/x" as LakePath, label, AbortSignal.timeout(10_000));
  await assert.rejects(taking(false), /taken over/u);
  assert.ok(sink.files().has("/x"));
  await taking(true);
  assert.ok(!sink.files().has("/x"));
});

test("on the wire alone, what arrives as another is found by its checksum and sent again, and nothing is read back", async () => {
  const made = withFiles(300);
  flipping(made, { sent: each(50) });
  const { status, tally, verification } = await ran(made, {});
  assert.equal(status, "Succeeded");
  assert.deepEqual(made.sink.files(), made.source.files());
  assert.deepEqual([tally.filesReadBack, verification.readBack], [0, { files: 0 }]);
  assert.match(verification.notProven, /^that the source would give the same bytes again/u);
});

test("what arrives as another twice is a failure that no later run takes for good, and once is replaced under every rule", async () => {
  for (const overwrite of ["ifDifferent", "never"]) {
    const made = withFiles(3);
    let times = 0;
    flipping(made, { sent: (path) => path === "/d0/f0" || (path === "/d1/f1" && ++times === 1) });
    const { lines } = await ran(made, { overwrite });
    assert.deepEqual(lines.map(({ path, outcome }) => `${path} ${outcome}`).toSorted(), [
      "/d0/f0 failed",
      "/d1/f1 copied",
      "/d2/f2 copied",
    ]);
  }
});
