import type { LakePath } from "./path.ts";

/**
 * A folder and an interval of its children's names, `(after, upTo]`; a selected child folder is taken whole.
 * ADF calls the ends listAfter (exclusive) and listBefore (inclusive). Absent ends are open.
 */
export type NameRange = { readonly folder: LakePath; readonly after?: string; readonly upTo?: string };

/** The interval part of a range. */
export type Interval = { readonly after?: string; readonly upTo?: string };

/** True when no name can lie in the interval. */
export function isEmptyInterval({ after, upTo }: Interval): boolean {
  return after !== undefined && upTo !== undefined && after >= upTo;
}

/**
 * True when `name` lies beyond `upTo`. Names are compared by UTF-16 code units, as Gen1 orders them; an `upTo` below
 * U+D800 gives the same answer in byte order, any other one is only ever used as a filter.
 */
export function isBeyond(name: string, upTo: string | undefined): boolean {
  return upTo !== undefined && name > upTo;
}

/** True when both orders a lake may have (UTF-16 units, UTF-8 bytes) agree on what lies beyond this name. */
export function isOrderSafe(name: string): boolean {
  return !/[\ud800-\uffff]/.test(name);
}

/**
 * The index of an interval that can't be united with others: its `after` is for the lake, which may put the names around
 * it in another order than we do, so a name could be visited twice or not at all. Undefined when all can be united.
 */
export function unsafeStart(intervals: readonly Interval[]): number | undefined {
  if (intervals.length < 2) return undefined;
  const index = intervals.findIndex(({ after }) => after !== undefined && !isOrderSafe(after));
  return index < 0 ? undefined : index;
}

/**
 * The same names with overlapping and touching intervals joined, ascending: no name is visited twice, in whichever order
 * the lake lists them, unless there is an `unsafeStart`.
 */
export function uniteIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = intervals
    .filter((interval) => !isEmptyInterval(interval))
    .toSorted((a, b) => compareStarts(a.after, b.after));
  const united: Interval[] = [];
  for (const next of sorted) {
    const last = united.at(-1);
    if (last !== undefined && reaches(last, next)) united[united.length - 1] = joined(last, next);
    else united.push(next);
  }
  return united;
}

function compareStarts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}

function reaches(first: Interval, second: Interval): boolean {
  return first.upTo === undefined || second.after === undefined || second.after <= first.upTo;
}

function joined(first: Interval, second: Interval): Interval {
  const upTo =
    first.upTo === undefined || second.upTo === undefined
      ? undefined
      : first.upTo > second.upTo
        ? first.upTo
        : second.upTo;
  return { ...(first.after === undefined ? {} : { after: first.after }), ...(upTo === undefined ? {} : { upTo }) };
}
