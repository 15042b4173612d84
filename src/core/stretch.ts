import type { Cut, CutRange, Past } from "./cut.ts";
import { isOrderSafe } from "./range.ts";
import { childPath, type LakePath } from "./path.ts";

/**
 * What is left of names that a folder's listing gave one after the other, of which `isLeft` says which are not counted:
 * they may be walked again, the others must not. Neighbours are left as a range, which costs a row two names however
 * many it holds; its first name stands before it, as a range has no beginning of its own. Where a listing has no order,
 * there are no neighbours.
 *
 *   a b c d e f g     a, c, d, e and g are left     open a, c, g; range (c, e]
 */
export function leftOfStretch<T extends { readonly name: string }>(
  {
    folder,
    past,
    isOrdered,
  }: { readonly folder: LakePath; readonly past: Past | undefined; readonly isOrdered: boolean },
  names: readonly T[],
  isLeft: (name: T) => boolean,
): Required<Pick<Cut, "ranges" | "open">> {
  const ranges: CutRange[] = [];
  const open: LakePath[] = [];
  for (let from = 0; from < names.length; from++) {
    const first = names[from];
    if (first === undefined || !isLeft(first)) continue;
    let end = from + 1;
    for (let next = names[end]; next !== undefined && isLeft(next); next = names[end]) end++;
    const run = names.slice(from, end);
    // A range ends at a name that both orders agree on.
    const last = isOrdered ? run.findLastIndex(({ name }) => isOrderSafe(name)) : 0;
    const singles = last > 0 ? [first, ...run.slice(last + 1)] : run;
    open.push(...singles.map(({ name }) => childPath(folder, name)));
    const upTo = run[last]?.name;
    if (last > 0 && upTo !== undefined)
      ranges.push({ folder, after: first.name, upTo, ...(past === undefined ? {} : { past }) });
    from = end - 1;
  }
  return { ranges, open };
}
