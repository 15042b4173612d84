/**
 * Memory for blocks and for files that go in one request, used again: made anew for every file, it would be garbage that only a
 * collection of the whole heap frees, and that the kernel has to fill with zeros. How much is out at a time is the byte budget's
 * business.
 */
export type Buffers = {
  /** Memory with place for so many bytes, with anything in it. */
  readonly take: (bytes: number) => Buffer;
  /** Takes memory back that nobody looks at any more. */
  readonly give: (buffer: Buffer) => void;
};

/** Less is cheaper made than kept. */
const leastKept = 64 * 1024;

/** Files have all lengths: with less than that, of the byte budget, what is kept seldom suits. */
const mostOfBudget = 1.5;

/** What is in use and what is kept for later are half as much again as the budget at most, unless more is in use; the oldest goes first. */
export function openBuffers(budgetBytes: number): Buffers {
  const mostBytes = mostOfBudget * budgetBytes;
  const spare: Buffer[] = [];
  let spareBytes = 0;
  let usedBytes = 0;

  function takeOut(index: number): Buffer | undefined {
    const [buffer] = spare.splice(index, 1);
    spareBytes -= buffer?.byteLength ?? 0;
    return buffer;
  }

  // The least that is long enough, of these the last one, and nothing that is more than twice as long.
  function indexFor(length: number): number {
    let [found, foundLength] = [-1, 2 * length + 1];
    for (const [index, { byteLength }] of spare.entries()) {
      if (byteLength < length || byteLength > foundLength) continue;
      [found, foundLength] = [index, byteLength];
    }
    return found;
  }

  function use(buffer: Buffer): Buffer {
    usedBytes += buffer.byteLength;
    while (spareBytes > 0 && usedBytes + spareBytes > mostBytes) takeOut(0);
    return buffer;
  }

  return {
    take: (bytes) => {
      if (bytes < leastKept) return Buffer.allocUnsafe(bytes);
      const length = lengthFor(bytes);
      const index = indexFor(length);
      return use((index < 0 ? undefined : takeOut(index)) ?? Buffer.allocUnsafeSlow(length));
    },
    give: (buffer) => {
      if (buffer.byteLength < leastKept) return;
      usedBytes -= buffer.byteLength;
      if (usedBytes + spareBytes + buffer.byteLength > mostBytes) return;
      spare.push(buffer);
      spareBytes += buffer.byteLength;
    },
  };
}

// Few lengths, so that what one file has left serves others: four from a power of two to the next.
function lengthFor(bytes: number): number {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
