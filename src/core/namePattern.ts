import {
  agree,
  type Fields,
  fieldAt,
  type Part,
  parts,
  text,
  type TimeWindow,
  timeOf,
  windowWithin,
} from "./timeFields.ts";
import { justBefore, justBehind } from "./bounds.ts";
import type { Interval } from "./range.ts";

/** One piece of a pattern for a name: text as it is, any characters, one character or none, a part of a time. */
type Token =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "any" }
  | { readonly is: "maybe" }
  | { readonly is: "time"; readonly field: string; readonly part: Part };

/** A pattern for one name: ADF's wildcards, and parts of a time where it may have them. */
export type NamePattern = readonly Token[];

/** What a text that should be a pattern has wrong. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/**
 * Reads a path of patterns, one for each name between slashes. `*` is any characters, `?` one or none, `^` takes the next
 * character as it is; with `withTime`, `{yyyy}` and the like are parts of a time. Throws PatternError.
 */
export function parsePatterns(path: string, withTime: boolean): readonly NamePattern[] {
  const names: Token[][] = [[]];
  let at = 0;
  const last = () => names.at(-1) ?? [];
  const add = (character: string) => {
    const token = last().at(-1);
    if (token?.is === "text") last()[last().length - 1] = { is: "text", text: token.text + character };
    else last().push({ is: "text", text: character });
  };
  const trimmed = path.replace(/^\//u, "").replace(/\/$/u, "");
  while (at < trimmed.length) {
    const character = trimmed[at++] ?? "";
    if (character === "/") names.push([]);
    else if (character === "*") {
      // Two in a row say no more than one.
      if (last().at(-1)?.is !== "any") last().push({ is: "any" });
    } else if (character === "?") last().push({ is: "maybe" });
    else if (character === "^") {
      const escaped = trimmed[at++];
      if (escaped === undefined || escaped === "/") throw new PatternError('"^" escapes a character, and none follows');
      add(escaped);
    } else if (withTime && character === "{") {
      const end = trimmed.indexOf("}", at);
      const field = end < 0 ? trimmed.slice(at) : trimmed.slice(at, end);
      const part = parts.get(field);
      if (end < 0 || part === undefined) throw new PatternError(unknownField(field, end < 0));
      last().push({ is: "time", field, part });
      at = end + 1;
    } else add(character);
  }
  for (const name of names) checkName(name);
  return names;
}

function unknownField(field: string, isOpen: boolean): string {
  const known = [...parts.keys()].map((name) => `{${name}}`).join(", ");
  if (isOpen) return `"{${field}" is not closed; expected one of ${known}, or "^{" for a brace`;
  return `unknown field {${field}}; expected one of ${known}, or "^{" for a brace`;
}

function checkName(name: NamePattern): void {
  const [only, ...more] = name;
  if (only === undefined) throw new PatternError("it holds an empty name: no name of a lake is empty");
  if (more.length > 0 || only.is !== "text") return;
  if (only.text === "." || only.text === "..")
    throw new PatternError(`it holds the name "${only.text}", which no item has`);
}

/** True for a pattern that every name matches. */
export function matchesAll(pattern: NamePattern): boolean {
  return (
    pattern.length > 0 &&
    pattern.every(({ is }) => is === "any" || is === "maybe") &&
    pattern.some(({ is }) => is === "any")
  );
}

/** The parts of a time that a pattern reads off a name. */
export function partsOf(pattern: NamePattern): readonly Part[] {
  return pattern.flatMap((token) => (token.is === "time" ? [token.part] : []));
}

type Place = { readonly at: number; readonly fields: Fields };

/**
 * Every way to read the name by the pattern, as the time that it and the names above it tell; none when it doesn't match.
 */
export function readings(pattern: NamePattern, name: string, known: Fields): readonly Fields[] {
  let places: readonly Place[] = [{ at: 0, fields: known }];
  for (const token of pattern) {
    places = distinct(places.flatMap((place) => after(token, name, place)));
    if (places.length === 0) return [];
  }
  return places.filter(({ at }) => at === name.length).map(({ fields }) => fields);
}

function after(token: Token, name: string, { at, fields }: Place): readonly Place[] {
  switch (token.is) {
    case "text":
      return name.startsWith(token.text, at) ? [{ at: at + token.text.length, fields }] : [];
    case "any":
      return Array.from({ length: name.length - at + 1 }, (_, more) => ({ at: at + more, fields }));
    case "maybe": {
      const point = name.codePointAt(at);
      const one = point === undefined ? [] : [{ at: at + (point > 0xff_ff ? 2 : 1), fields }];
      return [{ at, fields }, ...one];
    }
    case "time":
      return fieldAt(token.field, name, at).flatMap(({ end, value }) => {
        const more = agree(fields, token.part, value);
        return more === undefined ? [] : [{ at: end, fields: more }];
      });
  }
}

// Without this a name of n characters could be read in as many ways as there are paths through its wildcards.
function distinct(places: readonly Place[]): readonly Place[] {
  if (places.length < 2) return places;
  const seen = new Map<string, Place>();
  for (const place of places) seen.set(`${place.at} ${keyOf(place.fields)}`, place);
  return [...seen.values()];
}

function keyOf({ year, month, day, hour, minute }: Fields): string {
  return `${year} ${month} ${day} ${hour} ${minute}`;
}

/**
 * An interval that holds every name which the pattern can match within the window, in both orders that a lake may have;
 * open ends where the pattern doesn't say. Its `after` is fit for a listing.
 */
export function boundsOf(pattern: NamePattern, known: Fields, window: TimeWindow | undefined): Interval {
  const within = window === undefined ? undefined : windowWithin(window, known);
  let [lower, upper] = ["", ""];
  let isWhole = true;
  let coarser: readonly Part[] = [];
  for (const token of pattern) {
    if (token.is === "text") {
      const safe = /^[^\ud800-\uffff]*/u.exec(token.text)?.[0] ?? "";
      lower += safe;
      upper += safe;
      if (safe.length === token.text.length) continue;
    } else if (token.is === "time" && within !== undefined) {
      const [first, last] = [timeOf(within.startMs), timeOf(within.endMs - 1)];
      const isFixed = sameDownTo(token.part, first, last);
      // Names ascend with time only while its parts come from the largest down, each with all its digits.
      const isOrdered =
        token.field.length > 1 &&
        order
          .slice(0, order.indexOf(token.part))
          .every((part) => coarser.includes(part) || sameDownTo(part, first, last));
      const [from, to] = [text(token.field, first[token.part] ?? 0), text(token.field, last[token.part] ?? 0)];
      if (isFixed || isOrdered) {
        lower += from;
        upper += to;
        coarser = [...coarser, token.part];
        continue;
      }
    }
    isWhole = false;
    break;
  }
  const afterName = justBefore(lower);
  const upTo = isWhole ? upper : justBehind(upper);
  return { ...(afterName === undefined ? {} : { after: afterName }), ...(upTo === undefined ? {} : { upTo }) };
}

const order: readonly Part[] = ["year", "month", "day", "hour", "minute"];

function sameDownTo(part: Part, a: Fields, b: Fields): boolean {
  return order.slice(0, order.indexOf(part) + 1).every((one) => a[one] === b[one]);
}
