/** A source of ETags like the service's: ticks of 100 ns since year 1 in hexadecimal, each one later than the last. */
export function etagSource(): () => string {
  let last = 0n;
  return () => {
    // The machine's time, even where the emulator's clock stands still: an ETag must not come back after a restart.
    const now = BigInt(Date.now()) * TICKS_PER_MS + TICKS_TO_1970;
    last = now > last ? now : last + 1n;
    return `0x${last.toString(16).toUpperCase()}`;
  };
}

const TICKS_PER_MS = 10_000n;
const TICKS_TO_1970 = 621_355_968_000_000_000n;
