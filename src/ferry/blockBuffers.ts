/**
 * Memory for blocks of files, used again: made anew for every file, it would be garbage that only a collection of the whole heap
 * frees, and that the kernel has to fill with zeros. How much is out at a time is the byte budget's business.
 */
export type BlockBuffers = {
  /** Memory for a block, with anything in it. */
  readonly take: (bytes: number) => Buffer;
  /** Takes memory back that nobody looks at any more. */
  readonly give: (block: Buffer) => void;
};

/** Keeps up to `mostBytes` for later; beyond that the oldest goes. */
export function openBlockBuffers(mostBytes: number): BlockBuffers {
  const spare: Buffer[] = [];
  let spareBytes = 0;

  function takeOut(index: number): Buffer | undefined {
    const [block] = spare.splice(index, 1);
    spareBytes -= block?.byteLength ?? 0;
    return block;
  }

  return {
    take: (bytes) => {
      const index = spare.findLastIndex(({ byteLength }) => byteLength === bytes);
      return (index < 0 ? undefined : takeOut(index)) ?? Buffer.allocUnsafeSlow(bytes);
    },
    give: (block) => {
      spare.push(block);
      spareBytes += block.byteLength;
      while (spareBytes > mostBytes) takeOut(0);
    },
  };
}
