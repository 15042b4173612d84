import type { Waits } from "./waits.ts";

/** What a lane can be busy with; "waiting" is for memory or a slot, "idle" for work. */
export const busyWith = ["listing", "reading", "writing", "waiting"] as const;

/** One of busyWith. */
export type BusyWith = (typeof busyWith)[number];

/** What a lane did between its last two saves. Times are milliseconds since 1970. */
export type Glance = {
  /** When it was written down, and over how many milliseconds it looks back. */
  readonly atMs: number;
  readonly overMs: number;
  /** A folder or file that it was at. */
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly requests: number;
  /** How many listings, reads, writes and waits there were at a time, on average. */
  readonly atOnce: Readonly<Record<BusyWith, number>>;
  /** What was waited for; absent where a lakeferry wrote it down that did not measure that. */
  readonly waits?: Waits;
  readonly known: Known;
};

/** Files that were listed and not yet started, and their bytes and those of blocks: what is known of the rest of some work. */
export type Known = { readonly files: number; readonly bytes: number };

/** Nothing is known of it. */
export const nothingKnown: Known = { files: 0, bytes: 0 };

/** Milliseconds by kind; those of all that went on at the same time add up. */
export type Spent = Readonly<Record<BusyWith, number>>;

/** What is seen to begin and end; who waits does so for a slot, as a name that a file's turn is to come to, or for memory. */
const watched = ["listing", "reading", "writing", "slots", "memory"] as const;

/** One of watched. */
export type Watched = (typeof watched)[number];

/** Adds up how many of each kind are under way, over time. */
export type Activity = {
  /** Notes that one has begun; the result, called once, notes its end. */
  readonly begin: (kind: Watched) => () => void;
  /** Averages since the last take, in tenths, the milliseconds of all of a kind added up, and what they tell of waits. */
  readonly take: () => {
    readonly seen: Pick<Glance, "atMs" | "overMs" | "atOnce">;
    readonly spentMs: Spent;
    readonly waits: Pick<Waits, "overMs" | "listingAloneMs" | "slotsMs" | "memoryMs">;
  };
};

/** A lane that has done nothing yet. */
export function openActivity(nowMs: () => number): Activity {
  const running: Record<Watched, number> = { listing: 0, reading: 0, writing: 0, slots: 0, memory: 0 };
  // A time that has begun is taken away, and added when it ends: what is between is what it took.
  const sums: Record<Watched, number> = { ...running };
  const whole = { listingAlone: openSwitch(), slots: openSwitch(), memory: openSwitch() };
  let sinceMs = nowMs();

  function turn(kind: Watched, by: 1 | -1, now: number): void {
    running[kind] += by;
    sums[kind] -= by * now;
    if (kind === "memory") return whole.memory.set(running.memory > 0, now);
    if (kind !== "slots" && kind !== "listing") return;
    whole.slots.set(running.slots > 0, now);
    whole.listingAlone.set(running.listing > 0 && running.slots === 0, now);
  }

  return {
    begin: (kind) => {
      turn(kind, 1, nowMs());
      return () => turn(kind, -1, nowMs());
    },
    take: () => {
      const atMs = nowMs();
      const overMs = Math.max(0, atMs - sinceMs);
      const spent = (kind: Watched) => {
        const ms = Math.max(0, sums[kind] + running[kind] * atMs);
        sums[kind] = -running[kind] * atMs;
        return ms;
      };
      const spentMs = {
        listing: spent("listing"),
        reading: spent("reading"),
        writing: spent("writing"),
        waiting: spent("slots") + spent("memory"),
      };
      const now = { ...running, waiting: running.slots + running.memory };
      const average = (kind: BusyWith) => Math.round((overMs === 0 ? now[kind] : spentMs[kind] / overMs) * 10) / 10;
      const atOnce = {
        listing: average("listing"),
        reading: average("reading"),
        writing: average("writing"),
        waiting: average("waiting"),
      };
      sinceMs = atMs;
      const waits = {
        overMs,
        listingAloneMs: whole.listingAlone.take(atMs),
        slotsMs: whole.slots.take(atMs),
        memoryMs: whole.memory.take(atMs),
      };
      return { seen: { atMs, overMs, atOnce }, spentMs, waits };
    },
  };
}

// For how long something holds, however often it is said.
function openSwitch() {
  let isOn = false;
  let sum = 0;
  return {
    set: (wanted: boolean, nowMs: number) => {
      if (wanted === isOn) return;
      sum += isOn ? nowMs : -nowMs;
      isOn = wanted;
    },
    take: (nowMs: number) => {
      const ms = Math.max(0, isOn ? sum + nowMs : sum);
      sum = isOn ? -nowMs : 0;
      return ms;
    },
  };
}

/** What a lane mostly did; "idle" when hardly anything. */
export function mostly({ atOnce }: Glance): BusyWith | "idle" {
  const most = busyWith.reduce((a, b) => (atOnce[b] > atOnce[a] ? b : a));
  return atOnce[most] < 0.1 ? "idle" : most;
}

/** Files, bytes and requests per second. */
export type Rates = { readonly files: number; readonly bytes: number; readonly requests: number };

/** The rates of a lane, as far as they are of `nowMs`: a glance from long ago says nothing of now. */
export function ratesOf({ atMs, overMs, files, bytes, requests }: Glance, nowMs: number): Rates {
  if (overMs <= 0 || !isOfNow({ atMs, overMs }, nowMs)) return { files: 0, bytes: 0, requests: 0 };
  const perSecond = (count: number) => (count * 1000) / overMs;
  return { files: perSecond(files), bytes: perSecond(bytes), requests: perSecond(requests) };
}

/** Whether what a glance says still holds: one from long ago says nothing. */
export function isOfNow({ atMs, overMs }: Pick<Glance, "atMs" | "overMs">, nowMs: number): boolean {
  return nowMs - atMs <= overMs + freshMs;
}

const freshMs = 10_000;
