import { isOrderSafe } from "./range.ts";

/** The characters that names are made of, ascending; those whose order the lakes disagree about are left out. */
export function alphabetOf(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const name of names) if (isOrderSafe(name)) for (const unit of name) seen.add(unit);
  return [...seen].toSorted();
}

/** Behind every name that begins with what stands before it. */
const highest = "\ud7ff";

/**
 * A place behind the names that come after `last`, as far as they are made of the alphabet. `hasMore` says whether there
 * is a name behind a place. Undefined when names go on without end, as far as can be told.
 */
export async function topOf(
  last: string,
  alphabet: readonly string[],
  hasMore: (place: string) => Promise<boolean>,
): Promise<string | undefined> {
  // How many of its first characters all later names share: one more, and there are names behind it.
  const shared = await boundary(0, last.length, (length) => hasMore(last.slice(0, length) + highest));
  const prefix = last.slice(0, shared);
  if (!isOrderSafe(prefix)) return undefined;
  const above = alphabet.filter((unit) => unit > (last[shared] ?? ""));
  // The first character behind which, in that place, there is nothing.
  const end = await boundary(-1, above.length, async (at) => !(await hasMore(prefix + (above[at] ?? ""))));
  const unit = above[end + 1];
  return unit === undefined ? undefined : prefix + unit;
}

// The last place before `holds` begins to hold, which it does at `to` and not at `from`; it asks for places in between.
async function boundary(from: number, to: number, holds: (at: number) => Promise<boolean>): Promise<number> {
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = (before + after) >> 1;
    if (await holds(middle)) after = middle;
    else before = middle;
  }
  return before;
}

/**
 * At most `most` places at which to cut the names between two, ascending, spread over the characters that names there are
 * made of: after their common beginning one character, and two where that isn't enough.
 */
export function cutsBetween(
  after: string,
  upTo: string | undefined,
  alphabet: readonly string[],
  most: number,
): readonly string[] {
  let shared = 0;
  while (upTo !== undefined && shared < upTo.length && after[shared] === upTo[shared]) shared++;
  const prefix = after.slice(0, shared);
  if (!isOrderSafe(prefix)) return [];
  const isBetween = (place: string) => place > after && (upTo === undefined || place < upTo);
  const ones = alphabet.map((unit) => prefix + unit);
  let places = ones.filter(isBetween);
  if (places.length < most) {
    places = ones.flatMap((one) => [one, ...alphabet.map((unit) => one + unit)]).filter(isBetween);
  }
  if (places.length <= most) return places;
  return Array.from(
    { length: most },
    (_, index) => places[Math.floor(((index + 1) * places.length) / (most + 1))] ?? "",
  );
}
