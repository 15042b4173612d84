import assert from "node:assert/strict";
import { test } from "node:test";
import { LakeError } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { noProgress } from "../../src/core/run.ts";
import { assertBooks } from "../kit/books.ts";
import { addRun, drive, requestOf, sliceOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

type Calls = Record<string, number>;

// Counts what is asked of the source; `also` sees each call, with how often it was made for that path.
function counting({ source }: TestFerry, also: (op: string, path: LakePath, times: number) => void = () => undefined) {
  const calls: Calls = { stat: 0, list: 0, read: 0 };
  const byPath = new Map<string, number>();
  source.onCall = (op, path) => {
    if (op in calls) calls[op] = (calls[op] ?? 0) + 1;
    const key = `${op} ${path}`;
    const times = (byPath.get(key) ?? 0) + 1;
    byPath.set(key, times);
    also(op, path, times);
  };
  return calls;
}

async function outcomes({ ferry, blobs }: TestFerry, run = "r") {
  const lines = await assertBooks(ferry.work(run), blobs);
  return Object.fromEntries(
    lines
      .filter(({ type }) => type === "file")
      .map(({ path, outcome, because }) => [path, outcome === "copied" ? outcome : (because ?? outcome)]),
  );
}

test("a file that is overwritten in place while it is read is copied again, and arrives as it is", async () => {
  const made = testFerry();
  const { ferry, source, sink } = made;
  for (const name of "abc") source.write(`/${name}`, `old ${name}`, 1000);
  // Its length stays, so no read would notice.
  counting(made, (op, path, times) => {
    if (op === "read" && path === "/b" && times === 1) source.write(path, "new b", 2000);
  });
  const { read } = source;
  Object.assign(source, {
    read: async (...what: Parameters<typeof read>) => {
      const [path] = what;
      // The torn reading: what was there before the change.
      if (path === "/b" && sink.writes().get("/b") === undefined) {
        await source.onCall("read", path);
        await what[3](Buffer.from("old b"));
        return 5;
      }
      return read(...what);
    },
  });
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.deepEqual([sink.writes().get("/a"), sink.writes().get("/b")], [1, 2]);
  assert.deepEqual(await outcomes(made), { "/a": "copied", "/b": "copied", "/c": "copied" });
});

test("a file that changes each time it is read is copied twice, and then a failure of kind changed", async () => {
  const made = testFerry();
  const { ferry, source, sink } = made;
  source.write("/a", "a", 1000);
  source.write("/busy", "0", 1000);
  counting(made, (op, path, times) => {
    if (op === "read" && path === "/busy") source.write(path, String(times), 1000 + times);
  });
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual(await outcomes(made), { "/a": "copied", "/busy": "changed" });
  assert.equal(sink.writes().get("/busy"), 2);
  // The next run finds that the sink has another version, whatever it holds.
  source.onCall = () => undefined;
  await addRun(ferry, "s", requestOf());
  assert.equal((await drive(ferry, "s")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
});

test("a file that changes and falls under the rule for inconsistent data is skipped, and said", async () => {
  const made = testFerry();
  const { ferry, source } = made;
  source.write("/busy", "0", 1000);
  counting(made, (op, path, times) => {
    if (op === "read") source.write(path, String(times), 1000 + times);
  });
  await addRun(ferry, "r", requestOf({ skipErrorFile: { dataInconsistency: true } }));
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual(await outcomes(made), { "/busy": "dataInconsistency" });
});

test("a file that goes after it was sent stays copied, and the journal says that nobody could look again", async () => {
  const made = testFerry();
  const { ferry, source, sink, blobs } = made;
  for (const name of "abc") source.write(`/${name}`, name);
  sink.onWrite = (when, op, path) => {
    if (when === "after" && path === "/b") source.remove("/b");
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  const lines = await assertBooks(ferry.work("r"), blobs);
  const gone = lines.filter((line) => line["isGone"] === true);
  assert.deepEqual(
    gone.map(({ path, outcome }) => [path, outcome]),
    [["/b", "copied"]],
  );
});

for (const { names, saveMs, looks } of [
  { names: 1200, saveMs: 60_000, looks: 3 },
  // Three times of saving, with too few names to look again before the end.
  { names: 12, saveMs: 10, looks: 1 },
]) {
  test(`${names} files of a folder are looked at again with ${looks} listings, and not for each save`, async () => {
    const made = testFerry({ saveMs });
    const { ferry, source, clock } = made;
    for (let n = 0; n < names; n++) source.write(`/d/${n}`, "x");
    let lists = 0;
    source.onCall = async (op, path) => {
      if (op === "list" && path === "/d") lists++;
      if (op === "read" && names === 12) await clock.sleep(1);
    };
    await addRun(ferry, "r", requestOf({ parallelism: 1 }));
    assert.equal((await drive(ferry, "r")).status, "Succeeded");
    assert.equal(lists, 1 + looks);
  });
}

test("a folder that goes after its files were sent leaves each of them with its own word", async () => {
  const made = testFerry();
  const { ferry, source, sink } = made;
  for (const name of "abc") source.write(`/d/${name}`, name);
  sink.onWrite = (when, _op, path) => {
    if (when === "after" && path === "/d/c") source.remove("/d");
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(await outcomes(made), { "/d/a": "copied", "/d/b": "copied", "/d/c": "copied" });
});

test("files that may no longer be looked at are failures, as their rule says", async () => {
  const made = testFerry();
  const { ferry, source, sink } = made;
  for (const name of "ab") source.write(`/d/${name}`, name);
  source.onCall = (op, path) => {
    const isShut = sink.files().size === 2 && path.startsWith("/d");
    if (isShut) throw new LakeError("denied", { op: "GETFILESTATUS", path, detail: "no" });
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual(await outcomes(made), { "/d/a": "denied", "/d/b": "denied" });
});

test("a file that becomes a folder after it was sent is a failure, never a file that nobody knows of", async () => {
  const made = testFerry();
  const { ferry, source, sink } = made;
  for (const name of "ab") source.write(`/${name}`, name);
  sink.onWrite = (when, op, path) => {
    if (when !== "after" || op !== "putFile" || path !== "/b") return;
    source.remove("/b");
    source.write("/b/inner", "x");
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
  assert.deepEqual(await outcomes(made), { "/a": "copied", "/b": "changed" });
});

test("looking again costs one listing for a page of files, whatever their number, and none where nothing was sent", async () => {
  const made = testFerry({}, 500);
  const { ferry, source } = made;
  for (let index = 0; index < 2000; index++) source.write(`/wide/f${String(index).padStart(4, "0")}`, "x");
  for (let index = 0; index < 10; index++) source.makeFolder(`/empty${index}`);
  const first = counting(made);
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  // The root and its ten empty folders once, once more for prepare; four pages and the end of the wide one, each once again.
  assert.deepEqual(first, { stat: 1, list: 1 + 1 + 10 + 5 + 4, read: 2000 });
  const second = counting(made);
  await addRun(ferry, "s", requestOf());
  assert.equal((await drive(ferry, "s")).status, "Succeeded");
  assert.deepEqual(second, { stat: 1, list: 1 + 1 + 10 + 5, read: 0 });
});

test("a worker that is lost between sending and looking again: nothing is sent twice, and what changed meanwhile is seen", async () => {
  const made = testFerry();
  const { ferry, source, sink } = made;
  for (let index = 0; index < 40; index++) source.write(`/f${String(index).padStart(2, "0")}`, `old ${index}`, 1000);
  let isLost = false;
  source.onCall = (op, path) => {
    if (op !== "list" || path !== "/" || sink.files().size < 40 || isLost) return;
    isLost = true;
    return new Promise<void>(() => undefined);
  };
  await addRun(ferry, "r", requestOf());
  const input = { run: "r", epoch: 1, progress: noProgress };
  assert.equal((await planWave(ferry, { ...input, wave: 0 })).do, "ferry");
  void ferryPacket(ferry, sliceOf("r"));
  while (!isLost) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await ferry.work("r").account()).tally.filesListed, 0, "nothing was counted");
  source.write("/f07", "new 7", 2000);
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.deepEqual(sink.files(), source.files());
  assert.deepEqual(
    [...sink.writes()].filter(([, times]) => times > 1),
    [["/f07", 2]],
  ); // prettier-ignore
  assert.equal((await ferry.work("r").account()).tally.filesCopied, 40);
});

test("what was sent long before its page is through is looked at again meanwhile, and saved", async () => {
  const made = testFerry({ saveMs: 500, lookMs: 600_000 });
  const { ferry, source } = made;
  for (let index = 0; index < 200; index++) source.write(`/f${String(index).padStart(3, "0")}`, "x");
  let most = 0;
  source.onCall = async (op) => {
    if (op !== "read") return;
    await ferry.clock.sleep(2000);
    most = Math.max(most, (await ferry.work("r").account()).tally.filesCopied);
  };
  await addRun(ferry, "r", requestOf());
  assert.equal((await drive(ferry, "r")).status, "Succeeded");
  assert.ok(most >= 150, `${most} were saved before the last was sent`);
});
