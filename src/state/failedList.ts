import type { Failure } from "../core/error.ts";
import type { ListItem, NameList } from "../core/nameList.ts";
import { gather, type Rows } from "./rows.ts";

/** Behind so many failures of a row. */
type Place = readonly [rowKey: string, passed: number];

const itemsAtOnce = 1000;

/** The names that failed in a run that has ended, in the order of their rows: each row holds some. */
export function failedList(rows: Rows, partitionKey: string, prefix: string, run: string): NameList {
  async function read(from: string, to: string) {
    const [start, end] = [placeOf(from), placeOf(to)];
    const items: ListItem[] = [];
    let before = from;
    for await (const { row } of rows.list(partitionKey, prefix, undefined, start?.[0])) {
      if (end !== undefined && row.rowKey > end[0]) return { items, to };
      const failures = gather("failures", row) as readonly Failure[];
      const first = start?.[0] === row.rowKey ? start[1] : 0;
      const last = end?.[0] === row.rowKey ? end[1] : failures.length;
      for (const [index, { path }] of failures.slice(first, last).entries()) {
        const place = JSON.stringify([row.rowKey, first + index + 1] satisfies Place);
        items.push({ text: path, at: `failure ${first + index + 1} of ${row.rowKey}`, from: before, to: place });
        before = place;
      }
      if (items.length >= itemsAtOnce) return { items, to: before };
    }
    return { items, to };
  }

  return {
    name: `what failed in ${run}`,
    // What has ended doesn't change any more.
    whole: async () => ({ version: "", from: "first", to: "last" }),
    read: ({ from, to }) => read(from, to),
  };
}

function placeOf(text: string): Place | undefined {
  return text.startsWith("[") ? (JSON.parse(text) as Place) : undefined;
}
