import { hash } from "node:crypto";

/** Chance from a seed: the same seed gives the same rolls, and each fork its own row of them. */
export type Dice = {
  /** A number in [0, 1). */
  readonly roll: () => number;
  /** A whole number from `least` to `most`, both included. */
  readonly between: (least: number, most: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(from: readonly [T, ...T[]] | readonly T[]) => T;
  /** Other dice, whose rolls don't depend on how often these were thrown. */
  readonly fork: (name: string) => Dice;
};

/** Dice for a seed. */
export function diceOf(seed: string): Dice {
  let state = Number.parseInt(hash("md5", seed, "hex").slice(0, 8), 16);

  function roll(): number {
    // Mulberry32: small, and good enough for chaos.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(roll() * from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  return {
    roll,
    between: (least, most) => least + Math.floor(roll() * (most - least + 1)),
    chance: (probability) => roll() < probability,
    pick,
    fork: (name) => diceOf(`${seed}/${name}`),
  };
}
