import { type Budget, budget } from "../core/budget.ts";
import { combineCrc64, type Crc64 } from "../core/crc64.ts";
import { blockIdOf } from "../core/largeFile.ts";
import type { LakePath } from "../core/path.ts";
import type { Sink, Source } from "../lake/lake.ts";
import { shrunk } from "./readWhole.ts";

const mostInFlight = 4;

/** Some blocks of a file, one after the other. */
export type BlockJob = {
  readonly source: Source;
  readonly sink: Sink;
  readonly memory: Budget;
  readonly from: LakePath;
  readonly to: LakePath;
  /** Makes the block ids of this attempt unlike all others'. */
  readonly file: string;
  readonly blockBytes: number;
  /** The first block's index, and how many bytes to send from there on. */
  readonly first: number;
  readonly bytes: number;
  /** Ends the wait for memory, and nothing else. */
  readonly ending?: AbortSignal;
};

/** Reads a piece of a file in one go and stages it block by block, some at a time; resolves to its CRC-64. */
export async function sendBlocks(job: BlockJob, signal: AbortSignal): Promise<Crc64> {
  const { source, sink, memory, from, to, file, first, bytes, blockBytes, ending } = job;
  // One block is being filled while the others are sent; large blocks go one by one rather than over the budget.
  const blocksInFlight = Math.max(1, Math.min(mostInFlight, Math.floor(memory.size() / blockBytes) - 1));
  const waiting = ending === undefined ? signal : AbortSignal.any([signal, ending]);
  const release = await memory.take((blocksInFlight + 1) * blockBytes, waiting);
  const slots = budget(blocksInFlight);
  const spare: Buffer[] = [];
  const sums: Crc64[] = [];
  let next = 0;
  const staging = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let block: Buffer = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;

  async function sendBlock(): Promise<void> {
    const free = await slots.take(1, signal);
    if (failure !== undefined) throw failure.error;
    const content = block;
    const index = next++;
    const staged = sink
      .stageBlock(to, blockIdOf(file, first + index), content.subarray(0, filled), signal)
      .then(
        (sum) => {
          sums[index] = sum;
          spare.push(content);
        },
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => {
        free();
        staging.delete(staged);
      });
    staging.add(staged);
    block = spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    filled = 0;
  }

  async function fill(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      const part = chunk.subarray(at, at + block.byteLength - filled);
      block.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === block.byteLength) await sendBlock();
    }
  }

  function receive(chunk: Uint8Array): Promise<void> | undefined {
    if (filled + chunk.byteLength >= block.byteLength) return fill(chunk);
    block.set(chunk, filled);
    filled += chunk.byteLength;
    return undefined;
  }

  try {
    const given = await source.read(from, first * blockBytes, bytes, receive, signal);
    if (given < bytes) throw shrunk(from, bytes, given);
    if (filled > 0) await sendBlock();
    await Promise.all(staging);
    if (failure !== undefined) throw failure.error;
    return sums.reduce((whole, sum, index) =>
      combineCrc64(whole, sum, Math.min(blockBytes, bytes - index * blockBytes)),
    );
  } finally {
    await Promise.all(staging);
    release();
  }
}
