/** Many durations in little room: each is kept to within a few percent. */
export type Quantiles = {
  readonly add: (ms: number) => void;
  readonly count: () => number;
  /** The duration that this share of them doesn't exceed; undefined of none. */
  readonly at: (share: number) => number | undefined;
};

// Each bucket is 5 % wider than the one before: from below a millisecond to hours in some 350 of them.
const growth = Math.log(1.05);

/** Opens an empty collection. */
export function openQuantiles(): Quantiles {
  const buckets = new Map<number, number>();
  let all = 0;
  return {
    add: (ms) => {
      const bucket = ms <= 0.1 ? -Infinity : Math.ceil(Math.log(ms) / growth);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      all++;
    },
    count: () => all,
    at: (share) => {
      let left = share * all;
      for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
        left -= buckets.get(bucket) ?? 0;
        if (left <= 1e-9) return bucket === -Infinity ? 0 : Math.exp(bucket * growth);
      }
      return undefined;
    },
  };
}
