import { isOrderSafe } from "./range.ts";

const lowest = 0x20;
const highest = 0x7e;

/** The characters that names are made of, ascending; those whose order the lakes disagree about are left out. */
export function alphabetOf(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const name of names) if (isOrderSafe(name)) for (const unit of name) seen.add(unit);
  return [...seen].toSorted();
}

/**
 * A text in the middle between two names, `upTo` absent for no end; undefined when there is no room. It need not be a
 * name: it only says where to look. Plain ASCII, so that every lake orders it alike.
 */
export function middleOf(after: string, upTo: string | undefined): string | undefined {
  for (let at = 0; at < 64; at++) {
    const low = at < after.length ? unitAt(after, at) : lowest - 1;
    const isPrefixed = upTo?.startsWith(after.slice(0, at)) === true;
    const high = isPrefixed && at < (upTo?.length ?? 0) ? unitAt(upTo ?? "", at) : highest + 1;
    const middle = Math.floor((low + high) / 2);
    if (middle > low && middle < high && middle >= lowest) return after.slice(0, at) + String.fromCharCode(middle);
    // No room at this place: the next one, under the name itself.
    if (at >= after.length) return undefined;
  }
  return undefined;
}

function unitAt(name: string, at: number): number {
  return Math.min(highest + 1, name.charCodeAt(at));
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
