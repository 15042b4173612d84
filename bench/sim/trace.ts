import type { Clock } from "../../src/core/clock.ts";
import { type Cut, decodeCut, type EncodedCut } from "../../src/core/cut.ts";
import { gather, type Rows } from "../../src/state/rows.ts";
import type { LaneWatch } from "./lanes.ts";
import { indexAfter, openFinder, type SyntheticLake } from "./shelves.ts";

/** Something that happened, at so many milliseconds after the start. */
export type Look = {
  readonly atMs: number;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** Packets that are shown when lanes wait. */
const mostHolders = 6;

/** Looks at all lanes every so often, and at who holds what while a quarter of them has nothing. */
export async function lookAround(
  clock: Clock,
  startMs: number,
  { everyMs, tell }: { readonly everyMs: number; readonly tell: (look: Look) => void },
  watch: LaneWatch,
  rows: Rows,
  run: string,
  lake: SyntheticLake,
  isOver: () => boolean,
): Promise<void> {
  const { shelfAt } = openFinder(lake.root);

  // Children that are left in the ranges of a cut, not counting what is under them.
  function childrenIn({ ranges, open }: Cut): number {
    return ranges.reduce((sum, { folder, after, upTo }) => {
      const shelf = shelfAt(folder);
      if (shelf === undefined) return sum;
      const to = upTo === undefined ? shelf.count : indexAfter(shelf, upTo);
      return sum + Math.max(0, to - (after === undefined ? 0 : indexAfter(shelf, after)));
    }, open.length);
  }

  while (!isOver()) {
    const { absent, waiting, holding, busy } = watch.now();
    const states = { pending: 0, claimed: 0, done: 0 };
    const held: { readonly lane: number; readonly left: number; readonly ranges: number; readonly first: string }[] =
      [];
    for await (const { row } of rows.list(`work-${run}`, "packet-")) {
      const state = row["state"] as keyof typeof states;
      states[state]++;
      if (state === "done") continue;
      const cut = decodeCut(gather("cut", row) as EncodedCut);
      held.push({
        lane: state === "claimed" ? Number(row["lane"]) : -1,
        left: childrenIn(cut),
        ranges: cut.ranges.length,
        first: firstOf(cut),
      });
    }
    const isScarce = waiting + absent >= (waiting + absent + holding + busy) / 4;
    const holders = held.toSorted((a, b) => b.left - a.left).slice(0, mostHolders);
    const fields = { absent, waiting, holding, busy, ...states, left: held.reduce((sum, { left }) => sum + left, 0) };
    tell({ atMs: clock.nowMs() - startMs, event: "look", fields: isScarce ? { ...fields, holders } : fields });
    await clock.sleep(everyMs);
  }
}

function firstOf({ ranges, open }: Cut): string {
  const [range] = ranges;
  return range === undefined ? (open[0] ?? "") : `${range.folder} (${range.after ?? ""}, ${range.upTo ?? ""}]`;
}
