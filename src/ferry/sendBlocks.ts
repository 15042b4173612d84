import { createHash } from "node:crypto";
import { type Budget, budget } from "../core/budget.ts";
import type { LakePath } from "../core/path.ts";
import type { Sink, Source } from "../lake/lake.ts";
import { shrunk } from "./readWhole.ts";

const mostInFlight = 4;

/** One large file on its way; `version` makes the block ids of this attempt unlike all others'. */
export type BlockJob = {
  readonly source: Source;
  readonly sink: Sink;
  readonly memory: Budget;
  readonly from: LakePath;
  readonly to: LakePath;
  readonly bytes: number;
  readonly blockBytes: number;
  readonly version: string;
};

/** The blocks to commit, in order, and the MD5 of the whole in hex. */
export type StagedFile = { readonly blockIds: readonly string[]; readonly md5: string };

/** Reads a file in one go and stages it block by block, some at a time. */
export async function sendBlocks(job: BlockJob, signal: AbortSignal): Promise<StagedFile> {
  const { source, sink, memory, from, to, bytes, blockBytes } = job;
  // One block is being filled while the others are sent; large blocks go one by one rather than over the budget.
  const blocksInFlight = Math.max(1, Math.min(mostInFlight, Math.floor(memory.size / blockBytes) - 1));
  const release = await memory.take((blocksInFlight + 1) * blockBytes, signal);
  const slots = budget(blocksInFlight);
  const spare: Buffer[] = [];
  const ids: string[] = [];
  const hash = createHash("md5");
  const staging = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let block: Buffer = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;

  async function sendBlock(): Promise<void> {
    const free = await slots.take(1, signal);
    if (failure !== undefined) throw failure.error;
    const content = block;
    const id = blockId(job.version, ids.length);
    ids.push(id);
    const staged = sink
      .stageBlock(to, id, content.subarray(0, filled), signal)
      .then(
        () => void spare.push(content),
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
    hash.update(chunk);
    if (filled + chunk.byteLength >= block.byteLength) return fill(chunk);
    block.set(chunk, filled);
    filled += chunk.byteLength;
    return undefined;
  }

  try {
    const given = await source.read(from, 0, bytes, receive, signal);
    if (given < bytes) throw shrunk(from, bytes, given);
    if (filled > 0) await sendBlock();
    await Promise.all(staging);
    if (failure !== undefined) throw failure.error;
    return { blockIds: ids, md5: hash.digest("hex") };
  } finally {
    await Promise.all(staging);
    release();
  }
}

// All ids of a file have one length, as the service demands.
function blockId(version: string, index: number): string {
  return Buffer.from(`${version}-${String(index).padStart(5, "0")}`, "latin1").toString("base64");
}
