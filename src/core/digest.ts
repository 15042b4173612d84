const modulus = 1n << 128n;

/** An order-free sum of item hashes mod 2^128, as 32 hex digits: equal lakes have equal digests, parts add up. */
export type Digest = string;

/** The digest of nothing. */
export const emptyDigest: Digest = "0".repeat(32);

/** The digest of two disjoint parts together. */
export function addDigests(a: Digest, b: Digest): Digest {
  return toDigest(BigInt(`0x${a}`) + BigInt(`0x${b}`));
}

/** Any whole number as a digest. */
export function toDigest(value: bigint): Digest {
  return (value % modulus).toString(16).padStart(32, "0");
}
