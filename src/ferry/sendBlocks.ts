import { type Budget, budget } from "../core/budget.ts";
import { addToCrc64, combineCrc64, type Crc64, emptyCrc64 } from "../core/crc64.ts";
import { blockIdOf } from "../core/largeFile.ts";
import type { LakePath } from "../core/path.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { Buffers } from "./buffers.ts";
import { shrunk } from "./readWhole.ts";

const mostInFlight = 4;
/** So many share the memory. */
const filesAtOnce = 4;

/** Some blocks of a file, one after the other. */
export type BlockJob = {
  readonly source: Source;
  readonly sink: Sink;
  readonly memory: Budget;
  readonly buffers: Buffers;
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
  const { source, sink, memory, buffers, from, to, file, first, bytes, blockBytes, ending } = job;
  // One block is being filled while the others are sent. Several files at a time do more than many blocks of one, as one reading
  // is one connection; large blocks go one by one rather than over the budget.
  const fair = memory.size() / filesAtOnce;
  const blocksInFlight = Math.max(1, Math.min(mostInFlight, Math.floor(fair / blockBytes) - 1));
  const waiting = ending === undefined ? signal : AbortSignal.any([signal, ending]);
  const release = await memory.take((blocksInFlight + 1) * blockBytes, waiting);
  const slots = budget(blocksInFlight);
  const sums: Crc64[] = [];
  let next = 0;
  const staging = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let block: Buffer | undefined;
  let filled = 0;
  /** Of what is in the block, taken from the bytes as they came: whatever happens to them here is seen at the sink. */
  let sum = emptyCrc64;

  async function sendBlock(): Promise<void> {
    const free = await slots.take(1, signal);
    if (failure !== undefined) throw failure.error;
    const content = blockHere();
    const index = next++;
    sums[index] = sum;
    const staged = sink
      .stageBlock(to, blockIdOf(file, first + index), content.subarray(0, filled), signal, sum)
      .then(
        () => undefined,
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => {
        free();
        staging.delete(staged);
        buffers.give(content);
      });
    staging.add(staged);
    block = undefined;
    filled = 0;
    sum = emptyCrc64;
  }

  function blockHere(): Buffer {
    block ??= buffers.take(blockBytes);
    return block;
  }

  function add(part: Uint8Array): void {
    sum = addToCrc64(sum, part);
    blockHere().set(part, filled);
    filled += part.byteLength;
  }

  async function sendAndAdd(rest: Uint8Array): Promise<void> {
    await sendBlock();
    for (let at = 0; at < rest.byteLength; at += blockBytes) {
      add(rest.subarray(at, at + blockBytes));
      if (filled === blockBytes) await sendBlock();
    }
  }

  function receive(chunk: Uint8Array): Promise<void> | undefined {
    const fits = blockBytes - filled;
    add(chunk.subarray(0, fits));
    // What comes after may have to wait, and the chunk's bytes are good for now only.
    return filled < blockBytes ? undefined : sendAndAdd(Buffer.from(chunk.subarray(fits)));
  }

  try {
    const given = await source.read(from, first * blockBytes, bytes, receive, signal);
    if (given < bytes) throw shrunk(from, bytes, given);
    if (filled > 0) await sendBlock();
    await Promise.all(staging);
    if (failure !== undefined) throw failure.error;
    return sums.reduce((whole, one, index) =>
      combineCrc64(whole, one, Math.min(blockBytes, bytes - index * blockBytes)),
    );
  } finally {
    await Promise.all(staging);
    if (block !== undefined) buffers.give(block);
    release();
  }
}
