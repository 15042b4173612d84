/** A CRC-64 being computed: the two 32-bit halves of its register. */
export type Crc64 = { low: number; high: number };

/** An empty CRC-64 with the polynomial that Azure Storage uses. */
export function crc64Start(): Crc64 {
  return { low: 0xffffffff, high: 0xffffffff };
}

/** Takes more bytes into a CRC-64. */
export function crc64Update(crc: Crc64, bytes: Uint8Array): void {
  let low = crc.low | 0;
  let high = crc.high | 0;
  const slicedEnd = bytes.length - (bytes.length % SLICES);
  let at = 0;
  for (; at < slicedEnd; at += SLICES) {
    low ^=
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    high ^=
      byteAt(bytes, at + 4) |
      (byteAt(bytes, at + 5) << 8) |
      (byteAt(bytes, at + 6) << 16) |
      (byteAt(bytes, at + 7) << 24);
    const a = 7 * 256 + (low & 0xff);
    const b = 6 * 256 + ((low >>> 8) & 0xff);
    const c = 5 * 256 + ((low >>> 16) & 0xff);
    const d = 4 * 256 + (low >>> 24);
    const e = 3 * 256 + (high & 0xff);
    const f = 2 * 256 + ((high >>> 8) & 0xff);
    const g = 256 + ((high >>> 16) & 0xff);
    const h = high >>> 24;
    low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!;
    high = highs[a]! ^ highs[b]! ^ highs[c]! ^ highs[d]! ^ highs[e]! ^ highs[f]! ^ highs[g]! ^ highs[h]!;
  }
  for (; at < bytes.length; at++) {
    const index = (low ^ byteAt(bytes, at)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ lows[index]!;
    high = (high >>> 8) ^ highs[index]!;
  }
  crc.low = low;
  crc.high = high;
}

/** The checksum as `x-ms-content-crc64` carries it: eight bytes, least significant first, in base64. */
export function crc64Text(crc: Crc64): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt32LE(~crc.low, 0);
  bytes.writeInt32LE(~crc.high, 4);
  return bytes.toString("base64");
}

const SLICES = 8;
const POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

// Table k at offset k * 256 advances a byte by k further bytes, so that eight bytes cost eight look-ups and no carried dependency.
const lows = new Int32Array(SLICES * 256);
const highs = new Int32Array(SLICES * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ POLYNOMIAL : value >> 1n;
  lows[byte] = Number(BigInt.asIntN(32, value));
  highs[byte] = Number(BigInt.asIntN(32, value >> 32n));
}
for (let index = 256; index < SLICES * 256; index++) {
  const low = lows[index - 256]!;
  const high = highs[index - 256]!;
  lows[index] = ((low >>> 8) | (high << 24)) ^ lows[low & 0xff]!;
  highs[index] = (high >>> 8) ^ highs[low & 0xff]!;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index]!;
}
