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

/** Keeps up to `mostBytes` for later; beyond that the oldest goes. */
export function openBuffers(mostBytes: number): Buffers {
  const spare: Buffer[] = [];
  let spareBytes = 0;

  function takeOut(index: number): Buffer | undefined {
    const [buffer] = spare.splice(index, 1);
    spareBytes -= buffer?.byteLength ?? 0;
    return buffer;
  }

  return {
    take: (bytes) => {
      if (bytes < leastKept) return Buffer.allocUnsafe(bytes);
      const length = lengthFor(bytes);
      const index = spare.findLastIndex(({ byteLength }) => byteLength === length);
      return (index < 0 ? undefined : takeOut(index)) ?? Buffer.allocUnsafeSlow(length);
    },
    give: (buffer) => {
      if (buffer.byteLength < leastKept) return;
      spare.push(buffer);
      spareBytes += buffer.byteLength;
      while (spareBytes > mostBytes) takeOut(0);
    },
  };
}

// Few lengths, so that what one file has left serves others: four from a power of two to the next.
function lengthFor(bytes: number): number {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
