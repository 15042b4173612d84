import { inputBytes, openCrc64Wasm } from "./crc64Wasm.ts";

/** A CRC-64 of some bytes, with the polynomial of Azure Storage (also known as CRC-64/NVME), in two 32-bit halves. */
export type Crc64 = { readonly low: number; readonly high: number };

/** The CRC-64 of nothing. */
export const emptyCrc64: Crc64 = { low: 0, high: 0 };

/** The CRC-64 of what `crc` covers, followed by `bytes`. */
export function addToCrc64(crc: Crc64, bytes: Uint8Array): Crc64 {
  const { remainder, input, add } = wasm;
  remainder[0] = ~crc.low;
  remainder[1] = ~crc.high;
  for (let at = 0; at < bytes.length; at += inputBytes) {
    const piece = at === 0 && bytes.length <= inputBytes ? bytes : bytes.subarray(at, at + inputBytes);
    input.set(piece);
    add(piece.length);
  }
  return { low: ~remainder[0] >>> 0, high: ~remainder[1] >>> 0 };
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
const wasm = openCrc64Wasm();
fill(wasm.tables);

// Entry k * 256 + byte is the remainder of that byte with k more bytes of zero behind it.
function fill(tables: Uint32Array): void {
  for (let entry = 0; entry < tables.length / 2; entry++) {
    let value: Crc64 = { low: entry, high: 0 };
    if (entry < 256) {
      for (let bit = 0; bit < 8; bit++) value = timesX(value);
    } else {
      const [low = 0, high = 0] = tables.subarray(2 * (entry - 256));
      const byte = low & 0xff;
      value = {
        low: ((low >>> 8) | (high << 24)) ^ tables[2 * byte]!,
        high: (high >>> 8) ^ tables[2 * byte + 1]!,
      };
    }
    tables[2 * entry] = value.low;
    tables[2 * entry + 1] = value.high;
  }
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
