import assert from "node:assert/strict";
import { test } from "node:test";
import { careFor } from "../../src/core/poison.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { assertBooks } from "../kit/books.ts";
import { inOwnProcess, savingBy } from "../kit/dying.ts";
import { addRun, drive, requestOf, sliceOf, testFerry, type TestFerry } from "../kit/testFerry.ts";

test("a packet that lost its workers is walked name by name, and then its name is given up", () => {
  assert.deepEqual(
    [0, 2, 3, 4, 5].map((barren) => careFor(barren, "/x")),
    [
      { isNarrow: false },
      { isNarrow: false },
      { isNarrow: true },
      { isNarrow: true },
      { isNarrow: true, condemned: "/x" },
    ],
  );
  assert.deepEqual(careFor(9, undefined), { isNarrow: true });
});

// A worker that touches a poisoned path is gone: nothing it does from then on reaches the table.
async function driveWithPoison(
  made: TestFerry,
  poison: { readonly op: "read" | "list"; readonly path: string },
): Promise<{ readonly status: string; readonly lost: number }> {
  const { ferry, source } = made;
  let lost = 0;
  const died = Promise.withResolvers<never>();
  let die = died;
  source.onCall = async (op, path) => {
    if (op !== poison.op || path !== poison.path) return;
    lost++;
    die.reject(new Error("the worker is lost"));
    await new Promise(() => undefined);
  };
  const mortal = savingBy(ferry, () => {
    const own = die;
    return async (save) => {
      await Promise.race([own.promise, Promise.resolve()]);
      return save();
    };
  });
  const run = await drive(ferry, "r", 1, async () => {
    die = Promise.withResolvers<never>();
    die.promise.catch(() => undefined);
    await Promise.race([die.promise, ferryPacket(inOwnProcess(mortal), sliceOf("r"))]);
  });
  return { status: run.status, lost };
}

test("a file that kills every worker is a failure of its own, and everything else arrives", async () => {
  const made = testFerry({ saveMs: 1 });
  for (let index = 0; index < 40; index++) made.source.write(`/d/f${index}`, `${index}`);
  await addRun(made.ferry, "r", requestOf({ parallelism: 1 }));
  const { status, lost } = await driveWithPoison(made, { op: "read", path: "/d/f20" });
  assert.equal(status, "CompletedWithErrors");
  assert.equal(made.sink.files().size, 39);
  assert.deepEqual(
    (await made.ferry.work("r").failures(10)).map(({ kind, path }) => `${kind} ${path}`),
    ["unprocessable /d/f20"],
  );
  assert.ok(lost >= 5 && lost < 12, `${lost} workers lost`);
  await assertBooks(made.ferry.work("r"), made.blobs);
});

test("a large file that kills every worker is a failure of its own, and everything else arrives", async () => {
  const made = testFerry({ saveMs: 1 });
  const sizes = { largeFileBytes: 100, bytesFor: () => 10, bytesPerRead: 80 };
  const large = { ...made, ferry: { ...made.ferry, sizes } };
  for (let index = 0; index < 6; index++) made.source.write(`/d/f${index}`, `${index} `.repeat(300));
  await addRun(large.ferry, "r", requestOf({ parallelism: 1 }));
  const { status } = await driveWithPoison(large, { op: "read", path: "/d/f3" });
  assert.equal(status, "CompletedWithErrors");
  assert.deepEqual(
    [...made.sink.files().keys()].toSorted(),
    [0, 1, 2, 4, 5].map((index) => `/d/f${index}`),
  );
  assert.deepEqual(
    (await made.ferry.work("r").failures(10)).map(({ kind, path }) => `${kind} ${path}`),
    ["unprocessable /d/f3"],
  );
  await assertBooks(made.ferry.work("r"), made.blobs);
});

test("a folder whose listing kills every worker is a failure of its own", async () => {
  const made = testFerry({ saveMs: 1 });
  for (let index = 0; index < 40; index++) made.source.write(`/d${index % 4}/f${index}`, `${index}`);
  await addRun(made.ferry, "r", requestOf({ parallelism: 1 }));
  const { status } = await driveWithPoison(made, { op: "list", path: "/d2" });
  assert.equal(status, "CompletedWithErrors");
  assert.equal(made.sink.files().size, 30);
  assert.deepEqual(
    (await made.ferry.work("r").failures(10)).map(({ kind, path }) => `${kind} ${path}`),
    ["unprocessable /d2"],
  );
  await assertBooks(made.ferry.work("r"), made.blobs);
});
