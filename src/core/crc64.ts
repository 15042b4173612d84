/** A CRC-64 of some bytes, with the polynomial of Azure Storage (also known as CRC-64/NVME), in two 32-bit halves. */
export type Crc64 = { readonly low: number; readonly high: number };

/** The CRC-64 of nothing. */
export const emptyCrc64: Crc64 = { low: 0, high: 0 };

/** The CRC-64 of what `crc` covers, followed by `bytes`. */
export function addToCrc64(crc: Crc64, bytes: Uint8Array): Crc64 {
  // 32-bit words are read half as fast again as bytes, from where they are aligned. Every machine that runs Azure
  // Functions is little-endian, as these words must be.
  const wordsFrom = -bytes.byteOffset & 3;
  const words = Math.floor((bytes.length - wordsFrom) / 4 / 2) * 2;
  const start = { low: ~crc.low, high: ~crc.high };
  const end =
    words <= 0
      ? addBytes(start, bytes)
      : addBytes(
          addWords(
            addBytes(start, bytes.subarray(0, wordsFrom)),
            new Int32Array(bytes.buffer, bytes.byteOffset + wordsFrom, words),
          ),
          bytes.subarray(wordsFrom + 4 * words),
        );
  return { low: ~end.low >>> 0, high: ~end.high >>> 0 };
}

/** The CRC-64 of two pieces one after the other, from theirs and the length of the second in bytes. */
export function combineCrc64(first: Crc64, second: Crc64, secondBytes: number): Crc64 {
  // Following the first piece by n bytes multiplies its remainder by x^8n.
  let shifted = first;
  let power = 0;
  for (let rest = secondBytes; rest > 0; rest = Math.floor(rest / 2), power++) {
    if (rest % 2 === 1) shifted = multiply(shifted, bytePowers[power]!);
  }
  return { low: (shifted.low ^ second.low) >>> 0, high: (shifted.high ^ second.high) >>> 0 };
}

/** The eight bytes of a CRC-64, least significant first, as x-ms-content-crc64 carries them in base64. */
export function crc64Bytes({ low, high }: Crc64): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, low, true);
  view.setUint32(4, high, true);
  return bytes;
}

/** The CRC-64 as a number of 16 hex digits, most significant first, for people and journals. */
export function crc64Hex({ low, high }: Crc64): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

// Bits are reflected: bit 0 of `low` is the coefficient of x^63, bit 31 of `high` that of x^0.
const polynomial: Crc64 = { low: 0xac4bc9b5, high: 0x9a6c9329 };
const slices = 8;

// The table at k * 256 advances a byte by k further bytes: eight bytes cost eight look-ups that don't wait for each other.
const lows = new Int32Array(slices * 256);
const highs = new Int32Array(slices * 256);
for (let byte = 0; byte < 256; byte++) {
  let value: Crc64 = { low: byte, high: 0 };
  for (let bit = 0; bit < 8; bit++) value = timesX(value);
  lows[byte] = value.low;
  highs[byte] = value.high;
}
for (let index = 256; index < slices * 256; index++) {
  const low = lows[index - 256]!;
  const high = highs[index - 256]!;
  lows[index] = ((low >>> 8) | (high << 24)) ^ lows[low & 0xff]!;
  highs[index] = (high >>> 8) ^ highs[low & 0xff]!;
}

function addWords({ low, high }: Crc64, words: Int32Array): Crc64 {
  for (let at = 0; at < words.length; at += 2) {
    low ^= words[at]!;
    high ^= words[at + 1]!;
    const a = 1792 | (low & 0xff);
    const b = 1536 | ((low >>> 8) & 0xff);
    const c = 1280 | ((low >>> 16) & 0xff);
    const d = 1024 | (low >>> 24);
    const e = 768 | (high & 0xff);
    const f = 512 | ((high >>> 8) & 0xff);
    const g = 256 | ((high >>> 16) & 0xff);
    const h = high >>> 24;
    low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!;
    high = highs[a]! ^ highs[b]! ^ highs[c]! ^ highs[d]! ^ highs[e]! ^ highs[f]! ^ highs[g]! ^ highs[h]!;
  }
  return { low, high };
}

function addBytes({ low, high }: Crc64, bytes: Uint8Array): Crc64 {
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ lows[index]!;
    high = (high >>> 8) ^ highs[index]!;
  }
  return { low, high };
}

// x^8, x^16, x^32, …: one for each bit of a length below 2^53.
const bytePowers: readonly Crc64[] = Array.from({ length: 53 }).reduce<Crc64[]>(
  (powers) => {
    const last = powers.at(-1)!;
    return [...powers, multiply(last, last)];
  },
  [{ low: 0, high: 0x00800000 }],
);

function timesX({ low, high }: Crc64): Crc64 {
  const isReduced = (low & 1) === 1;
  return {
    low: (((low >>> 1) | (high << 31)) ^ (isReduced ? polynomial.low : 0)) >>> 0,
    high: ((high >>> 1) ^ (isReduced ? polynomial.high : 0)) >>> 0,
  };
}

function multiply(a: Crc64, b: Crc64): Crc64 {
  let low = 0;
  let high = 0;
  let shifted = b;
  for (let bit = 63; bit >= 0; bit--) {
    const half = bit > 31 ? a.high : a.low;
    if (((half >>> (bit & 31)) & 1) === 1) {
      low ^= shifted.low;
      high ^= shifted.high;
    }
    shifted = timesX(shifted);
  }
  return { low: low >>> 0, high: high >>> 0 };
}
