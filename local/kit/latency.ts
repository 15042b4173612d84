/** The least and the most that something takes. */
export type SpanMs = { readonly leastMs: number; readonly mostMs: number };

/** How slow a task hub is. */
export type HubLatency = {
  /** From sending a message to its being seen. */
  readonly hopMs: number;
  /** Of the whole hub, whatever the number of instances. */
  readonly activitiesPerSecond: number;
};

/** How slow the places are that this machine has in memory. */
export type Latency = {
  readonly hub: HubLatency;
  /** Each request to a lake, and to blobs. */
  readonly stores: SpanMs;
  /** Each request to Table Storage. */
  readonly tables: SpanMs;
};

/** A hub without any delay of its own. */
export const promptHub: HubLatency = { hopMs: 0, activitiesPerSecond: Number.POSITIVE_INFINITY };

const withinRegion = {
  hub: { hopMs: 200, activitiesPerSecond: 100 },
  stores: { leastMs: 5, mostMs: 20 },
  tables: { leastMs: 5, mostMs: 5 },
} as const;

/** The models by name. 100 activities a second is Microsoft's target for the Azure Storage provider; the others are usual figures: within a region, and with both lakes in another one. */
export const latencies = {
  azure: withinRegion,
  far: { ...withinRegion, stores: { leastMs: 80, mostMs: 120 } },
} as const satisfies Readonly<Record<string, Latency>>;

/** The model of a name from a command line, undefined for none; throws an Error that lists the names. */
export function latencyNamed(name: string | undefined): Latency | undefined {
  if (name === undefined) return undefined;
  if (Object.hasOwn(latencies, name)) return latencies[name as keyof typeof latencies];
  throw new Error(`--latency ${name}: expected ${Object.keys(latencies).join(", ")}`);
}

/** Draws one delay after the other, evenly from the span; the same seed gives the same delays. */
export function delaysIn({ leastMs, mostMs }: SpanMs, seed = 1): () => number {
  let state = seed >>> 0;
  return () => {
    // Mulberry32: small, and good enough for delays.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return leastMs + (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (mostMs - leastMs);
  };
}
