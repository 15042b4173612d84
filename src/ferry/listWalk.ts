import type { ListItem, ListRange, NameList } from "../core/nameList.ts";

/** The part of a walk that goes through ranges of a list of names. */
export type ListWalk = {
  /** What isn't done: entries not started yet, and those on their way. */
  readonly left: () => readonly ListRange[];
  /** Ranges that nobody reads. */
  readonly spare: () => number;
  /** Takes at most so many ranges out, to be walked by somebody else. */
  readonly give: (most: number) => readonly ListRange[];
  /** Reads ahead for places at which to cut, so that there is more to give. */
  readonly spread: (parts: number, signal: AbortSignal) => Promise<void>;
  /** Entries that were read and not started. */
  readonly known: () => number;
  /** Starts one entry after the other until all are started, or the walk is stopped. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Begins with an entry, unless the walk is stopped. `close` is called in the instant in which it is counted. */
export type StartItem = (item: ListItem, close: () => void) => Promise<"started" | "stopped">;

/** A range being read: `ahead` are entries that were read and not started, up to the place `read`. */
type Run = { readonly version: string; ahead: readonly ListItem[]; at: number; from: string; read: string; to: string };

/** Half as many entries aren't worth a packet. */
const fewItems = 128;

/** Walks ranges of a list; entries are started in order, one range after the other. */
export function openListWalk(list: NameList, ranges: readonly ListRange[], start: StartItem): ListWalk {
  const waiting: Run[] = ranges.map(runOf);
  const open = new Map<ListItem, ListRange>();
  let reading: Run | undefined;

  function tailOf(run: Run, from: string): Run {
    const tail = runOf({ version: run.version, from, to: run.to });
    run.to = from;
    return tail;
  }

  async function walk(run: Run, signal: AbortSignal): Promise<"done" | "stopped"> {
    while (run.from !== run.to) {
      const { version, from, to } = run;
      const portion = await list.read({ version, from, to }, signal);
      // What lies behind was given away meanwhile: what was read may belong to it.
      if (run.to !== to) continue;
      run.ahead = portion.items;
      run.at = 0;
      run.read = portion.to;
      for (let item = run.ahead[0]; item !== undefined; item = run.ahead[run.at]) {
        // Out of the run and among the open ones in one instant.
        const started = item;
        open.set(started, { version, from: item.from, to: item.to });
        run.at++;
        run.from = item.to;
        if ((await start(started, () => void open.delete(started))) === "stopped") return "stopped";
      }
      run.from = run.read;
    }
    return "done";
  }

  // The second half of what was read of the run at hand, with all behind it.
  function half(): Run | undefined {
    const run = reading;
    if (run === undefined || run.ahead.length - run.at < fewItems) return undefined;
    const middle = Math.ceil((run.at + run.ahead.length) / 2);
    const from = run.ahead[middle]?.from;
    if (from === undefined) return undefined;
    run.ahead = run.ahead.slice(0, middle);
    run.read = from;
    return tailOf(run, from);
  }

  return {
    left: () => {
      const runs = [...waiting, ...(reading === undefined ? [] : [reading])].filter(({ from, to }) => from !== to);
      return united([...open.values(), ...runs.map(({ version, from, to }) => ({ version, from, to }))]);
    },
    spare: () => waiting.length,
    give: (most) => {
      const parted = waiting.length === 0 ? half() : undefined;
      if (parted !== undefined) waiting.push(parted);
      // Those at the front go furthest: whoever takes the last one has the rest of the list to give away.
      return waiting
        .splice(0, Math.min(most, Math.ceil(waiting.length / 2)))
        .map(({ version, from, to }) => ({ version, from, to }));
    },
    spread: async (parts, signal) => {
      const run = reading;
      if (run === undefined || run.read === run.to) return;
      const { to, version } = run;
      const cuts = [run.read];
      for (let from = run.read; from !== to && cuts.length < parts; cuts.push(from)) {
        from = (await list.read({ version, from, to }, signal)).to;
      }
      // Meanwhile it was read on; what was found still holds where it goes on, unless its end is another by now.
      const at = cuts.indexOf(run.read);
      if (reading !== run || run.to !== to || at < 0) return;
      for (const cut of cuts
        .slice(at)
        .filter((cut) => cut !== to)
        .toReversed())
        waiting.push(tailOf(run, cut));
    },
    known: () => (reading === undefined ? 0 : reading.ahead.length - reading.at),
    run: async (signal) => {
      for (reading = waiting.pop(); reading !== undefined; reading = waiting.pop()) {
        // What is left of it stays where it is.
        if ((await walk(reading, signal)) === "stopped") return;
      }
    },
  };
}

function runOf({ version, from, to }: ListRange): Run {
  return { version, ahead: [], at: 0, from, read: from, to };
}

// Entries on their way that follow each other are one range: a save has few, however many are on their way.
function united(ranges: readonly ListRange[]): readonly ListRange[] {
  const found: ListRange[] = [];
  for (const range of ranges) {
    const last = found.at(-1);
    if (last?.to === range.from) found[found.length - 1] = { ...last, to: range.to };
    else found.push(range);
  }
  return found;
}
