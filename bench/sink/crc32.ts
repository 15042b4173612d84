// The polynomial of zlib's crc32, bits reversed, and x^(2^n) modulo it, for shifting a checksum over bytes that follow.
const polynomial = 0xedb88320;
const powers: number[] = [0x40000000];
for (let n = 1; n < 64; n++) powers.push(times(powers[n - 1] ?? 0, powers[n - 1] ?? 0));

/** The CRC-32 of two pieces one after the other, from those of the pieces and the length of the second. */
export function joinedCrc32(first: number, second: number, secondBytes: number): number {
  let shift = 0x80000000;
  for (let left = secondBytes, n = 3; left > 0; left = Math.floor(left / 2), n++) {
    if (left % 2 === 1) shift = times(powers[n] ?? 0, shift);
  }
  return (times(shift, first) ^ second) >>> 0;
}

// The product of two polynomials modulo the one above.
function times(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return product >>> 0;
}
