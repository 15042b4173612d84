import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { delayMs } from "../../src/core/backoff.ts";
import { blockBytesFor } from "../../src/core/blocks.ts";
import { budget } from "../../src/core/budget.ts";
import { decide } from "../../src/core/decide.ts";
import { addDigests, emptyDigest, toDigest } from "../../src/core/digest.ts";
import type { SinkItem } from "../../src/core/entry.ts";
import { isKind } from "../../src/core/error.ts";
import { whyGen2Refuses } from "../../src/core/names.ts";
import { tallyOfFile, tallyOfFolder } from "../../src/core/outcome.ts";
import type { LakePath } from "../../src/core/path.ts";
import { isLive, type RunStatus, statusAfter } from "../../src/core/run.ts";
import { addTallies, emptyTally, isBalanced } from "../../src/core/tally.ts";

const source = { bytes: 5, modifiedMs: 1000 };
const ours = (bytes: number, modifiedMs: number): SinkItem => ({
  kind: "file",
  bytes,
  etag: "e",
  origin: { run: "r", bytes, modifiedMs },
});

test("decide follows its table", () => {
  assert.deepEqual(decide(source, undefined), { do: "copy", because: "absent" });
  assert.deepEqual(decide(source, { kind: "folder", bytes: 0, etag: "" }), { do: "refuse", because: "folder" });
  assert.deepEqual(decide(source, { kind: "file", bytes: 5, etag: "e" }), { do: "copy", because: "foreign" });
  assert.deepEqual(decide(source, ours(4, 1000)), { do: "copy", because: "length" });
  assert.deepEqual(decide(source, ours(5, 999)), { do: "copy", because: "time" });
  assert.deepEqual(decide(source, ours(5, 1001)), { do: "copy", because: "time" });
  assert.deepEqual(decide(source, ours(5, 1000)), { do: "skip", because: "same" });
});

test("decide never skips a file whose length differs, whatever the metadata says", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(), (bytes, there, origin, modifiedMs) => {
      fc.pre(bytes !== there);
      const item: SinkItem = { kind: "file", bytes: there, etag: "e", origin: { run: "r", bytes: origin, modifiedMs } };
      assert.notEqual(decide({ bytes, modifiedMs }, item).do, "skip");
    }),
  );
});

test("a wait is never longer than its ceiling, and never shorter than the server asked", () => {
  const backoff = { tries: 6, firstMs: 500, maxMs: 30_000 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (n, roll, asked) => {
        const ms = delayMs(backoff, n, roll, asked);
        assert.ok(ms >= Math.min(asked, 300_000));
        assert.ok(ms <= Math.max(asked, 30_000, 500 * 2 ** (n - 1)));
      },
    ),
  );
});

test("digests add up in any order and grouping, and never lose a bit", () => {
  const digests = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(toDigest);
  fc.assert(
    fc.property(digests, digests, digests, (a, b, c) => {
      assert.equal(addDigests(addDigests(a, b), c), addDigests(a, addDigests(c, b)));
      assert.equal(addDigests(a, emptyDigest), a);
      assert.match(addDigests(a, b), /^[0-9a-f]{32}$/u);
    }),
  );
});

test("every outcome balances: listed = copied + skipped + failed", () => {
  const digest = emptyDigest;
  const failure = { kind: "denied", op: "OPEN", path: "/x", detail: "no" } as const;
  const all = [
    tallyOfFile({ do: "copied", bytes: 3, modifiedMs: 0, read: 3, digest }),
    tallyOfFile({ do: "skipped", because: "same", bytes: 3, digest }),
    tallyOfFile({ do: "failed", failure, bytes: 3, digest }),
    ...(["made", "found"] as const).map((what) => tallyOfFolder({ do: what })),
    tallyOfFolder({ do: "skipped", because: "not-recursive" }),
    tallyOfFolder({ do: "failed", failure }),
  ].map((part) => ({ ...emptyTally, ...part }));
  const sum = all.reduce(addTallies, emptyTally);
  assert.ok(all.every(isBalanced) && isBalanced(sum));
  assert.equal(sum.filesListed, 3);
  assert.equal(sum.foldersListed, 4);
  assert.ok(!isBalanced({ ...sum, filesListed: 4 }));
});

test("a name that Gen2 would refuse or change is refused with the reason", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["/a\u0001", /control/u],
    ["/a\uffff", /non-character/u],
    ["/a\\b", /backslash/u],
    ["/a.", /full stop/u],
    ["/a./b", /full stop/u],
    ["/a\ud800", /surrogate/u],
    [`/${"n".repeat(1025)}`, /1024/u],
    ["/d".repeat(61), /61 names deep/u],
  ];
  for (const [path, why] of refused) assert.match(whyGen2Refuses(path as LakePath) ?? "", why);
  for (const path of ["/", "/a b+%#'\"\u{1f600}e\u0301", "/.hidden", "/a..b", "/d".repeat(60), "/ trailing "]) {
    assert.equal(whyGen2Refuses(path as LakePath), undefined);
  }
});

test("blocks are large enough for 50,000 of them to hold the file", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 190 * 2 ** 40 }), (bytes) => {
      assert.ok(blockBytesFor("/x", bytes, undefined) * 50_000 >= bytes);
    }),
  );
  assert.equal(blockBytesFor("/x", 10 * 2 ** 20, 4), 4 * 2 ** 20);
  assert.throws(
    () => blockBytesFor("/x", 2 ** 40, 4),
    (error) => isKind(error, "invalid") && /21 MiB would do|22 MiB would do/u.test(error.detail),
  );
});

test("a budget that is made smaller gives nothing until enough came back, and larger serves those who wait", async () => {
  const slots = budget(4);
  const taken = await Promise.all([slots.take(1), slots.take(1), slots.take(1)]);
  slots.resize(1);
  let served = 0;
  const waiting = [slots.take(2), slots.take(1)].map(async (take) => {
    await take;
    served++;
  });
  taken[0]?.();
  taken[1]?.();
  await Promise.resolve();
  assert.equal(served, 0);
  taken[2]?.();
  await waiting[0];
  assert.equal(served, 1);
  slots.resize(2);
  await waiting[1];
  assert.equal(slots.free(), 0);
  assert.equal(slots.size(), 2);
});

test("a budget never gives more than it has, serves in order, and forgets those who left", async () => {
  const bytes = budget(10);
  const first = await bytes.take(7);
  const order: string[] = [];
  const large = bytes.take(8).then((release) => {
    order.push("large");
    return release;
  });
  const leaver = new AbortController();
  const left = bytes.take(1, leaver.signal);
  const small = bytes.take(3).then((release) => {
    order.push("small");
    return release;
  });
  leaver.abort(new Error("left"));
  await assert.rejects(left, /left/u);
  assert.equal(bytes.free(), 3);
  first();
  first();
  (await large)();
  (await small)();
  assert.deepEqual(order, ["large", "small"]);
  assert.equal(bytes.free(), 10);
  (await bytes.take(99))();
  assert.equal(bytes.free(), 10);
});

test("commands follow their table, and an ended run takes none", () => {
  assert.equal(statusAfter("pause", "Running"), "Pausing");
  assert.equal(statusAfter("pause", "Paused"), "Paused");
  assert.equal(statusAfter("pause", "Cancelling"), undefined);
  assert.equal(statusAfter("resume", "Paused"), "Running");
  assert.equal(statusAfter("resume", "Running"), undefined);
  assert.equal(statusAfter("cancel", "Paused"), "Cancelled");
  assert.equal(statusAfter("cancel", "Running"), "Cancelling");
  const ended: RunStatus[] = ["Succeeded", "CompletedWithErrors", "Failed", "Cancelled"];
  for (const status of ended) {
    assert.ok(!isLive(status));
    for (const command of ["pause", "resume", "cancel"] as const) assert.equal(statusAfter(command, status), undefined);
  }
});
