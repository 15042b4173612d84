import type { OnReadOpts, Socket } from "node:net";

/** Up to here a copy is cheaper than a buffer. Parsers refer to what they have of a reply's head, which is shorter than this. */
const smallBytes = 16 * 1024;
/** What a connection reads at once whose last reading was full. */
const largeBytes = 64 * 1024;
/** Large buffers that are kept for whoever needs one next. */
const mostSpare = 16;

/**
 * How connections read, as options of net.connect and tls.connect: into memory that is used again, where Node makes some for
 * each read. Few bytes are read into one buffer for all and copied out at once. While a connection has more, it has a buffer
 * of its own: that is handed on as it stands, and is good until whoever reads the socket has taken it and asks for more.
 */
export function readingInPlace(): { readonly onread: OnReadOpts; readonly highWaterMark: number } {
  const small = Buffer.allocUnsafeSlow(smallBytes);
  const spare: Buffer[] = [];
  /** The buffer that each connection has handed on last. */
  const handedOn = new WeakMap<Socket, Buffer>();
  let next: Buffer = small;

  function take(this: Socket, bytes: number, buffer: Buffer): boolean {
    // What was handed on before is taken when nothing is left.
    const before = this.readableLength === 0 ? handedOn.get(this) : undefined;
    if (bytes > smallBytes) {
      next = before ?? spare.pop() ?? Buffer.allocUnsafeSlow(largeBytes);
      handedOn.set(this, buffer);
      return this.push(buffer.subarray(0, bytes));
    }
    if (before !== undefined) {
      handedOn.delete(this);
      keep(before);
    }
    const copy = Buffer.from(buffer.subarray(0, bytes));
    if (buffer !== small) keep(buffer);
    next = bytes < smallBytes ? small : (spare.pop() ?? Buffer.allocUnsafeSlow(largeBytes));
    return this.push(copy);
  }

  function keep(buffer: Buffer): void {
    if (spare.length < mostSpare) spare.push(buffer);
  }

  return {
    onread: {
      // Asked once for each new connection, and right after each read.
      buffer: () => {
        const given = next;
        next = small;
        return given;
      },
      callback: take,
    },
    highWaterMark: 2 * largeBytes,
  };
}
