/** The two stores that a run deals with. */
export type StoreName = "source" | "sink";

/** What holds requests to one store back before they go out. */
const holds = [
  // The caps of the run.
  "maxRequestsPerSecond",
  "maxMegabytesPerSecond",
  "maxConcurrentConnections",
  // No connection of the process was free.
  "connections",
  // The pace that was learned from the store's refusals.
  "pace",
  // After a failure, until it is tried again.
  "retry",
] as const;

/** One of holds. */
export type Hold = (typeof holds)[number];

/**
 * What requests to one store took: milliseconds before they went out, by what held them back, and on the wire. Those of all
 * requests at the same time add up. A large one moves at least `largeBytes`; lists are a kind of their own.
 */
export type StoreWaits = Readonly<Record<Hold | OnWire, number>>;

const onWire = [
  "lists",
  "listMs",
  "small",
  "smallMs",
  "large",
  "largeMs",
  "largeBytes",
  // Requests that the store refused as too many.
  "refused",
] as const;
type OnWire = (typeof onWire)[number];

/** From so many bytes on, the time of a request tells of the line as well as of the store. */
export const largeBytes = 256 * 1024;

/** The same, to be added to. */
export type OpenWaits = { -readonly [K in keyof StoreWaits]: StoreWaits[K] };

/** What lanes have waited for; milliseconds, those of all lanes added up. */
export type Waits = Readonly<Record<StoreName, StoreWaits>> & {
  /** How long lanes were at a packet. */
  readonly overMs: number;
  /** The part of that in which a listing was under way, and no name was at hand that waited for a slot. */
  readonly listingAloneMs: number;
  /** The part in which names waited for a slot though there are no more to be had, and in which files waited for memory. */
  readonly slotsMs: number;
  readonly memoryMs: number;
  /** The part in which the event loop of the lane's process was at work, and the time its process had of processors. */
  readonly loopMs: number;
  readonly cpuMs: number;
};

/** Nothing was waited for. */
export function noWaitsAt(): OpenWaits {
  return {
    maxRequestsPerSecond: 0,
    maxMegabytesPerSecond: 0,
    maxConcurrentConnections: 0,
    connections: 0,
    pace: 0,
    retry: 0,
    lists: 0,
    listMs: 0,
    small: 0,
    smallMs: 0,
    large: 0,
    largeMs: 0,
    largeBytes: 0,
    refused: 0,
  };
}

/** See noWaitsAt. */
export const noWaits: Waits = {
  source: noWaitsAt(),
  sink: noWaitsAt(),
  overMs: 0,
  listingAloneMs: 0,
  slotsMs: 0,
  memoryMs: 0,
  loopMs: 0,
  cpuMs: 0,
};

/** Two sums of waits together. */
export function addWaits(a: Waits, b: Waits): Waits {
  return combined(a, b, (one, other) => one + other);
}

/** What waits have come to since they were `before`, in whole milliseconds. */
export function waitsSince(now: Waits, before: Waits): Waits {
  return combined(now, before, (one, other) => Math.max(0, Math.round(one - other)));
}

function combined(a: Waits, b: Waits, by: (one: number, other: number) => number): Waits {
  const sum = (name: Exclude<keyof Waits, StoreName>) => by(a[name], b[name]);
  const at = (store: StoreName) => {
    const all = noWaitsAt();
    for (const name of names) all[name] = by(a[store][name], b[store][name]);
    return all;
  };
  return {
    source: at("source"),
    sink: at("sink"),
    overMs: sum("overMs"),
    listingAloneMs: sum("listingAloneMs"),
    slotsMs: sum("slotsMs"),
    memoryMs: sum("memoryMs"),
    loopMs: sum("loopMs"),
    cpuMs: sum("cpuMs"),
  };
}

const names: readonly (keyof StoreWaits)[] = [...holds, ...onWire];
