import { setTimeout as sleep } from "node:timers/promises";

/** The same bytes with one bit of byte `index` flipped; a shorter stream passes unchanged. */
export async function* corrupted(chunks: AsyncIterable<Buffer>, index: number): AsyncIterable<Buffer> {
  let seen = 0;
  for await (const chunk of chunks) {
    const at = index - seen;
    seen += chunk.length;
    yield at >= 0 && at < chunk.length ? flipped(chunk, at) : chunk;
  }
}

/** At most the first `bytes` bytes. */
export async function* shortened(chunks: AsyncIterable<Buffer>, bytes: number): AsyncIterable<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left <= 0) return;
    yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** The same bytes at no more than this rate, in steps of a hundredth of a second. */
export async function* paced(chunks: AsyncIterable<Buffer>, bytesPerS: number): AsyncIterable<Buffer> {
  const stepBytes = Math.max(1, Math.floor(bytesPerS / 100));
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += stepBytes) {
      const step = chunk.subarray(start, start + stepBytes);
      yield step;
      await sleep((step.length / bytesPerS) * 1000);
    }
  }
}

// A copy, because the chunk may be what the emulator keeps.
function flipped(chunk: Buffer, at: number): Buffer {
  const copy = Buffer.from(chunk);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
