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
  /** Names that were listed and not yet started, and the bytes of files and blocks among them: what is known of the rest. */
  readonly known: { readonly files: number; readonly bytes: number };
};

/** Milliseconds by kind; those of all that went on at the same time add up. */
export type Spent = Readonly<Record<BusyWith, number>>;

/** Adds up how many of each kind are under way, over time. */
export type Activity = {
  /** Notes that one has begun; the result notes its end. */
  readonly begin: (kind: BusyWith) => () => void;
  /** Averages since the last take, in tenths, and the milliseconds of all of a kind added up. */
  readonly take: () => { readonly seen: Pick<Glance, "atMs" | "overMs" | "atOnce">; readonly spentMs: Spent };
};

/** A lane that has done nothing yet. */
export function openActivity(nowMs: () => number): Activity {
  const running: Record<BusyWith, number> = { listing: 0, reading: 0, writing: 0, waiting: 0 };
  const sums: Record<BusyWith, number> = { ...running };
  let sinceMs = nowMs();
  let lastMs = sinceMs;

  function addUp(): number {
    const now = nowMs();
    for (const kind of busyWith) sums[kind] += running[kind] * Math.max(0, now - lastMs);
    lastMs = now;
    return now;
  }

  return {
    begin: (kind) => {
      addUp();
      running[kind]++;
      return () => {
        addUp();
        running[kind]--;
      };
    },
    take: () => {
      const atMs = addUp();
      const overMs = Math.max(0, atMs - sinceMs);
      const average = (kind: BusyWith) => Math.round((overMs === 0 ? running[kind] : sums[kind] / overMs) * 10) / 10;
      const atOnce = {
        listing: average("listing"),
        reading: average("reading"),
        writing: average("writing"),
        waiting: average("waiting"),
      };
      const spentMs = { ...sums };
      for (const kind of busyWith) sums[kind] = 0;
      sinceMs = atMs;
      return { seen: { atMs, overMs, atOnce }, spentMs };
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
  if (overMs <= 0 || nowMs - atMs > overMs + freshMs) return { files: 0, bytes: 0, requests: 0 };
  const perSecond = (count: number) => (count * 1000) / overMs;
  return { files: perSecond(files), bytes: perSecond(bytes), requests: perSecond(requests) };
}

const freshMs = 10_000;
