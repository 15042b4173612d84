/** What to do with names that Gen2 refuses. */
export const nameRules = ["fail", "skip", "rename"] as const;

/** One of nameRules. */
export type NameRule = (typeof nameRules)[number];

/**
 * A name that Gen2 takes, for any name Gen1 gave. Every character that Gen2 refuses becomes "^" and the four hex digits
 * of its UTF-16 unit, as does a "^" that would read as such an escape; all else stays. No two names share a result.
 *
 *   a\b      a^005Cb         "." at the end   dots.^002E    (Gen2 drops it)
 *   a^005Cb  a^005E005Cb     2^10             2^10
 *
 * A path that is too long or too deep stays so: whyGen2Refuses says it.
 */
export function acceptedName(name: string): string {
  return name.replaceAll(toEscape, escaped);
}

/** The name that acceptedName made this sink name of; undefined when it is no result of it, so not ours. */
export function sourceName(accepted: string): string | undefined {
  const name = accepted.replaceAll(escapes, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  return acceptedName(name) === accepted ? name : undefined;
}

// The characters of names.ts, and the surrogates that have no partner.
// oxlint-disable-next-line no-control-regex
const toEscape = /[\u0000-\u001f\u007f\u0081\\\ufffe\uffff\ud800-\udfff]|\.$|\^(?=[0-9A-F]{4})/gu;
const escapes = /\^([0-9A-F]{4})/gu;

function escaped(character: string): string {
  return `^${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
