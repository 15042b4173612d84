import { toDigest } from "./digest.ts";
import { addTallies, emptyTally, type Tally } from "./tally.ts";

/** Adds up what single items count for, in place: for each of them only what it says costs anything. */
export type Sum = {
  readonly add: (part: Partial<Tally>) => void;
  /** Items since the last take. */
  readonly items: () => Pick<Tally, "filesListed" | "foldersListed" | "checked">;
  /** All since the last take; the next begins at zero. */
  readonly take: () => Tally;
};

type Counts = Record<string, number>;

/** A sum at zero. */
export function openSum(): Sum {
  let numbers: Counts = {};
  let counts: Record<string, Counts> = {};
  let digests = { digest: 0n, accessDigest: 0n };
  /** Of what has rules of its own to be added up. */
  let rest = emptyTally;

  function add(part: Partial<Tally>): void {
    for (const key in part) {
      const more: unknown = part[key as keyof Tally];
      if (typeof more === "number") numbers[key] = (numbers[key] ?? 0) + more;
      else if (key === "digest" || key === "accessDigest") digests[key] += BigInt(`0x${more as string}`);
      else if (key === "findings" || key === "assessed" || key === "waits") {
        rest = addTallies(rest, { ...emptyTally, [key]: more });
      } else addCounts((counts[key] ??= {}), more as Counts);
    }
  }

  return {
    add,
    items: () => {
      const { filesListed = 0, foldersListed = 0, checked = 0 } = numbers;
      return { filesListed, foldersListed, checked };
    },
    take: () => {
      const { digest, accessDigest } = digests;
      const sums = { ...counts, digest: toDigest(digest), accessDigest: toDigest(accessDigest) };
      const taken = addTallies(rest, { ...emptyTally, ...numbers, ...sums });
      numbers = {};
      counts = {};
      digests = { digest: 0n, accessDigest: 0n };
      rest = emptyTally;
      return taken;
    },
  };
}

function addCounts(sum: Counts, more: Readonly<Counts>): void {
  for (const key in more) sum[key] = (sum[key] ?? 0) + (more[key] ?? 0);
}
