import type { OnReadOpts, Socket } from "node:net";

/** As much is read at once as the kernel has, up to so many bytes. */
const readBytes = 64 * 1024;
/** Up to here a copy is cheaper than a buffer. Parsers refer to what they have of a reply's head, which is shorter than this. */
const copiedBytes = 16 * 1024;

/**
 * How connections read, as options of net.connect and tls.connect: into buffers that are used again, where Node makes one for
 * each read. Few bytes are copied out; many are handed on as they stand, and are good until whoever reads the socket has taken
 * them and asks for more.
 */
export function readingInPlace(): { readonly onread: OnReadOpts; readonly highWaterMark: number } {
  /** The buffer before the one that a socket reads into. */
  const handedOn = new WeakMap<Socket, Buffer>();
  let next: Buffer | undefined;

  function take(this: Socket, bytes: number, buffer: Buffer): boolean {
    if (bytes <= copiedBytes) {
      next = buffer;
      return this.push(Buffer.from(buffer.subarray(0, bytes)));
    }
    // What was handed on before is taken when nothing is left.
    const before = this.readableLength === 0 ? handedOn.get(this) : undefined;
    next = before ?? Buffer.allocUnsafeSlow(readBytes);
    handedOn.set(this, buffer);
    return this.push(buffer.subarray(0, bytes));
  }

  return {
    onread: {
      // Asked once for each new socket, and right after each read.
      buffer: () => {
        const given = next ?? Buffer.allocUnsafeSlow(readBytes);
        next = undefined;
        return given;
      },
      callback: take,
    },
    highWaterMark: 2 * readBytes,
  };
}
