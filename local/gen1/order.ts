/** The order in which a folder's names are listed. */
export type NameOrder = "utf16" | "utf8";

/** Compares two names; negative when the first comes first. */
export type CompareNames = (a: string, b: string) => number;

/**
 * The comparison of an order. The two differ only where a supplementary character (two UTF-16 units from U+D800 on)
 * meets one of U+E000 to U+FFFF: UTF-16 puts the supplementary one first, UTF-8 last.
 */
export function compareIn(order: NameOrder): CompareNames {
  return order === "utf16" ? compareUtf16 : compareUtf8;
}

/** The index of the first name that comes after `name`, which need not be there; names ascend. */
export function indexAfter(names: readonly string[], name: string, compare: CompareNames): number {
  return partition(names, (other) => compare(other, name) <= 0);
}

/** The index of the first name that doesn't come before `name`, which need not be there; names ascend. */
export function indexFrom(names: readonly string[], name: string, compare: CompareNames): number {
  return partition(names, (other) => compare(other, name) < 0);
}

function partition(names: readonly string[], isBefore: (name: string) => boolean): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(names[middle] ?? "")) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareUtf16(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return byteRank(unitA) - byteRank(unitB);
  }
  return a.length - b.length;
}

function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
