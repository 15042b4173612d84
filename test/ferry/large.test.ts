import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { budget } from "../../src/core/budget.ts";
import { addToCrc64, crc64Hex, emptyCrc64 } from "../../src/core/crc64.ts";
import { LakeError } from "../../src/core/error.ts";
import { noProgress } from "../../src/core/run.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { assertBooks, type Line } from "../kit/books.ts";
import { addRun, drive, ferryAt, requestOf, sliceOf, type TestFerry, testFerry } from "../kit/testFerry.ts";
import { timeline } from "../kit/timeline.ts";

const blockBytes = 10;
const content = Array.from({ length: 400 }, (_, index) => `${index} `).join("");
const blocks = Math.ceil(content.length / blockBytes);

// Files of more than a hundred bytes are large ones, with blocks of ten.
function small<M extends Pick<TestFerry, "ferry">>(made: M): M {
  const sizes = { largeFileBytes: 100, bytesFor: () => blockBytes, bytesPerRead: 8 * blockBytes };
  return { ...made, ferry: { ...made.ferry, sizes } };
}

function crcOf(text: string): string {
  return crc64Hex(addToCrc64(emptyCrc64, Buffer.from(text)));
}

async function ended(made: Pick<TestFerry, "ferry" | "blobs">): Promise<readonly Line[]> {
  const work = made.ferry.work("r");
  const { created, done, failed } = await work.account();
  assert.equal(created, done + failed);
  return assertBooks(work, made.blobs);
}

async function failuresOf({ ferry }: TestFerry): Promise<readonly string[]> {
  return (await ferry.work("r").failures(10)).map(({ kind, path }) => `${kind} ${path}`);
}

suite("a large file", () => {
  test("is shared by the lanes of a wave, and its checksum is that of the whole", async () => {
    const made = small(ferryAt(timeline(1_000_000), { saveMs: 300, pulseMs: 200, lookMs: 500, waveMs: 20_000 }));
    const { ferry, source, sink, clock } = made;
    source.write("/big", content);
    source.write("/small", "x");
    source.onCall = () => clock.sleep(200);
    await addRun(ferry, "r", requestOf({ parallelism: 8 }));
    const run = await clock.run(drive(ferry, "r"));
    assert.equal(run.status, "Succeeded", run.error?.detail);
    assert.deepEqual(sink.files(), source.files());
    const lines = await ended(made);
    const line = lines.find(({ path }) => path === "/big");
    assert.deepEqual([line?.["crc64"], line?.bytes], [crcOf(content), content.length]);
    const { tally } = await ferry.work("r").account();
    assert.equal(tally.blocksSent, blocks);
    assert.equal(tally.bytesRead, content.length + 1);
    const lanes: string[] = [];
    for await (const { row } of made.rows.list("work-r", "lane-")) {
      if (/"blocksSent":[1-9]/u.test(String(row["account0"]))) lanes.push(row.rowKey);
    }
    assert.ok(lanes.length >= 4, `sent by ${lanes.join(", ")}`);
  });

  test("is let go at the deadline once a piece of it was sent, though no file was done", async () => {
    const made = small(ferryAt(timeline(1_000_000), { saveMs: 300 }));
    const { ferry, source, clock } = made;
    source.write("/big", content);
    source.onCall = (op) => (op === "read" ? clock.sleep(2000) : undefined);
    await addRun(ferry, "r", requestOf({ parallelism: 1 }));
    const wave = { run: "r", epoch: 1, progress: noProgress, seen: { lanes: 1, late: 0, idle: 0 } };
    const slice = (ms: number) => {
      const nowMs = clock.nowMs();
      return ferryPacket(ferry, { ...sliceOf("r"), plannedMs: nowMs, deadlineMs: nowMs + ms });
    };
    await clock.run(planWave(ferry, { ...wave, wave: 0 }));
    await clock.run(slice(1000));
    await clock.run(planWave(ferry, { ...wave, wave: 1 }));
    const startedMs = clock.nowMs();
    assert.equal((await clock.run(slice(1000))).ended, "deadline");
    assert.ok(clock.nowMs() - startedMs < 5000, `${clock.nowMs() - startedMs} ms`);
  });

  test("has the pieces that wait for memory left for later at the deadline", async () => {
    const made = small(ferryAt(timeline(1_000_000), { saveMs: 300 }));
    const { source, clock } = made;
    // One piece at a time.
    const ferry: Ferry = { ...made.ferry, memory: budget(2 * blockBytes) };
    source.write("/big", content);
    source.onCall = (op) => (op === "read" ? clock.sleep(2000) : undefined);
    await addRun(ferry, "r", requestOf({ parallelism: 1 }));
    await clock.run(planWave(ferry, { run: "r", epoch: 1, wave: 0, progress: noProgress }));
    const startedMs = clock.nowMs();
    const slice = { ...sliceOf("r"), plannedMs: startedMs, deadlineMs: startedMs + 5000 };
    assert.equal((await clock.run(ferryPacket(ferry, slice))).ended, "deadline");
    assert.ok(clock.nowMs() - startedMs < 7000, `${clock.nowMs() - startedMs} ms`);
    source.onCall = () => undefined;
    assert.equal((await clock.run(drive(ferry, "r"))).status, "Succeeded");
    await ended(made);
  });

  test("of a slice that ends goes on where it was, and after a kill sends again only what was on its way", async () => {
    const made = small(testFerry({ saveMs: 1, graceMs: 0 }));
    const { ferry, source, sink } = made;
    source.write("/big", content);
    const staged: string[] = [];
    const stageBlock = sink.stageBlock;
    let left = 40;
    const dies = Promise.withResolvers<never>();
    dies.promise.catch(() => undefined);
    const mortal: Ferry = {
      ...ferry,
      lakes: () => ({
        source,
        sink: {
          ...sink,
          stageBlock: async (path, id, bytes) => {
            if (left-- <= 0) {
              dies.reject(new Error("killed"));
              return new Promise<never>(() => undefined);
            }
            await new Promise((resolve) => setTimeout(resolve, 1));
            staged.push(id);
            return stageBlock(path, id, bytes);
          },
        },
      }),
    };
    await addRun(ferry, "r", requestOf({ parallelism: 1 }));
    let kills = 0;
    const run = await drive(mortal, "r", 1, async () => {
      if (kills++ >= 3) {
        left = Number.POSITIVE_INFINITY;
        return;
      }
      left = 40;
      await Promise.race([dies.promise, ferryPacket(mortal, sliceOf("r"))]);
    });
    assert.equal(run.status, "Succeeded", run.error?.detail);
    assert.deepEqual(sink.files(), source.files());
    assert.ok(staged.length >= blocks && staged.length < 2 * blocks, `${staged.length} blocks for ${blocks}`);
    await ended(made);
  });

  test("that changes half-way gets one new attempt, and arrives as it is then", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content, 1000);
    let reads = 0;
    source.onCall = (op) => {
      if (op === "read" && ++reads === 5) source.write("/big", content.toUpperCase().replaceAll(" ", "-"), 2000);
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(ferry, "r")).status, "Succeeded");
    assert.deepEqual(sink.files(), source.files());
    const [line] = (await ended(made)).filter(({ type }) => type === "file");
    assert.equal(line?.["crc64"], crcOf(content.replaceAll(" ", "-")));
  });

  test("that changes whenever it is read is a failure of its own", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content, 1000);
    let reads = 0;
    source.onCall = (op) => {
      if (op === "read") source.write("/big", content, 2000 + reads++);
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
    assert.deepEqual(await failuresOf(made), ["changed /big"]);
    assert.equal(sink.files().size, 0);
    await ended(made);
  });

  test("that shrinks below the size of large ones travels in one request", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content, 1000);
    let reads = 0;
    source.onCall = (op) => {
      if (op === "read" && ++reads === 5) source.write("/big", "short", 2000);
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(ferry, "r")).status, "Succeeded");
    assert.deepEqual(sink.files(), source.files());
    await ended(made);
  });

  test("that vanishes half-way is skipped, and says so", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content, 1000);
    let reads = 0;
    source.onCall = (op) => {
      if (op === "read" && ++reads === 5) source.remove("/big");
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
    assert.equal(sink.files().size, 0);
    assert.equal((await ended(made)).find(({ path }) => path === "/big")?.because, "fileMissing");
  });

  test("whose blocks are gone at the end is sent again", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content);
    const commitBlocks = sink.commitBlocks;
    let commits = 0;
    const forgetful: Ferry = {
      ...ferry,
      lakes: () => ({
        source,
        sink: {
          ...sink,
          commitBlocks: async (path, ...rest) => {
            if (commits++ === 0)
              throw new LakeError("changed", { op: "Put Block List", path, detail: "blocks are gone" });
            return commitBlocks(path, ...rest);
          },
        },
      }),
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(forgetful, "r")).status, "Succeeded");
    assert.deepEqual([commits, sink.files()], [2, source.files()]);
    assert.equal((await ferry.work("r").account()).tally.blocksSent, 2 * blocks);
    await ended(made);
  });

  test("that was committed by a worker that could not say so is counted once, and not sent again", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content);
    let commits = 0;
    sink.onWrite = (when, op) => {
      if (op === "commitBlocks" && when === "after" && commits++ === 0) {
        throw new LakeError("unavailable", {
          op: "Put Block List",
          path: "/big",
          detail: "no reply",
          retry: "exhausted",
        });
      }
    };
    await addRun(ferry, "r", requestOf());
    const run = await drive(ferry, "r");
    assert.equal(run.status, "Succeeded", run.error?.detail);
    const { tally } = await ferry.work("r").account();
    assert.deepEqual([tally.filesCopied, tally.blocksSent], [1, blocks]);
    await ended(made);
  });

  test("that may not be read is a failure of its own, after all its blocks were tried or passed over", async () => {
    const made = small(testFerry());
    const { ferry, source } = made;
    source.write("/big", content);
    source.write("/d/other", content);
    source.onCall = (op, path) => {
      if (op === "read" && path === "/big") throw new LakeError("denied", { op: "OPEN", path, detail: "no" });
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(ferry, "r")).status, "CompletedWithErrors");
    assert.deepEqual(await failuresOf(made), ["denied /big"]);
    assert.deepEqual([...made.sink.files().keys()], ["/d/other"]);
    await ended(made);
  });

  test("that the sink got from somebody else meanwhile is replaced, guarded, and never mixed", async () => {
    const made = small(testFerry());
    const { ferry, source, sink } = made;
    source.write("/big", content);
    let reads = 0;
    source.onCall = (op) => {
      if (op === "read" && ++reads === 5) sink.plant("/big", "somebody else's");
    };
    await addRun(ferry, "r", requestOf());
    assert.equal((await drive(ferry, "r")).status, "Succeeded");
    assert.deepEqual(sink.files(), source.files());
    await ended(made);
  });

  test("is no burden for a step in any number: a folder of a thousand arrives", async () => {
    const made = small(testFerry({ saveMs: 1 }));
    const { ferry, source, sink } = made;
    for (let index = 0; index < 1000; index++) source.write(`/d/f${index}`, `${index} `.repeat(60));
    await addRun(ferry, "r", requestOf({ parallelism: 1 }));
    const run = await drive(ferry, "r");
    assert.equal(run.status, "Succeeded", run.error?.detail);
    assert.deepEqual(sink.files(), source.files());
    await ended(made);
  });
});
