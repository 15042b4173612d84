import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "../../local/kit/faults.ts";
import { emulatedFerry } from "../kit/emulatedFerry.ts";
import { assertBooks } from "../kit/books.ts";
import { type PlannedItem, plannedLake } from "../kit/plannedLake.ts";
import { addRun, drive, requestOf } from "../kit/testFerry.ts";

const each50th = (op: string): Fault => ({ match: { op }, every: 50, effect: { flip: 2 } });

// Some hundreds of small files over both wires with bytes flipped on the way; the sink is then read without.
async function corrupted(faults: Readonly<Record<"gen1" | "gen2", readonly Fault[]>>, consistency: string) {
  const items = plannedLake(300).map(
    (item): PlannedItem =>
      item.content === undefined ? item : { ...item, content: Buffer.from(`content of ${item.path}`) },
  );
  const { ferry, blobs, gen1, gen2, close } = await emulatedFerry(items);
  try {
    gen1.setFaults(faults.gen1);
    gen2.setFaults(faults.gen2);
    // Few at a time: so no file meets two flips.
    await addRun(ferry, "r", requestOf({ validateDataConsistency: consistency, filesPerLane: 4, preserve: [] }));
    const run = await drive(ferry, "r");
    assert.deepEqual([...gen1.unusedFaults(), ...gen2.unusedFaults()], [], "a fault that never fired");
    gen2.setFaults([]);
    assert.equal(run.status, "Succeeded", run.error?.detail);
    await assertBooks(ferry.work("r"), blobs);
    const { sink } = ferry.lakes(run.request, undefined as never, undefined as never);
    for (const { path, content } of items) {
      if (content === undefined) continue;
      const chunks: Uint8Array[] = [];
      await sink.read(path as never, 0, content.byteLength, (chunk) => void chunks.push(Uint8Array.from(chunk)));
      assert.ok(Buffer.concat(chunks).equals(content), `${path} is another than at the source`);
    }
    return (await ferry.work("r").account()).tally;
  } finally {
    await close();
  }
}

test("a byte that is flipped in each 50th write is found by the service's checksum, and every file ends right", async () => {
  const { filesCopied, filesReadBack } = await corrupted({ gen1: [], gen2: [each50th("putBlob")] }, "wire");
  assert.ok(filesCopied > 150, String(filesCopied));
  assert.equal(filesReadBack, 0);
});

test("a byte that is flipped in each 50th read of both lakes is found by reading back, and every file ends right", async () => {
  const faults = { gen1: [each50th("OPEN")], gen2: [each50th("read")] };
  const { filesCopied, filesReadBack, bytesRead, bytesCopied } = await corrupted(faults, "readBack");
  assert.ok(filesCopied > 150, String(filesCopied));
  assert.equal(filesReadBack, filesCopied);
  assert.ok(bytesRead > bytesCopied, "nothing was copied twice");
});
