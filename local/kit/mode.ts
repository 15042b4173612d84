/** Nine permission bits and the sticky bit. */
export type Mode = { readonly bits: number; readonly isSticky: boolean };

/** Reads `770` or `1770`, one to four octal digits; undefined for anything else. */
export function parseOctal(text: string): Mode | undefined {
  if (!/^[01]?[0-7]{1,3}$/.test(text)) return undefined;
  const value = Number.parseInt(text, 8);
  return { bits: value & 0o777, isSticky: (value & 0o1000) !== 0 };
}

/** Three octal digits, four when sticky: `770`, `1770`. */
export function formatOctal({ bits, isSticky }: Mode): string {
  return `${isSticky ? "1" : ""}${bits.toString(8).padStart(3, "0")}`;
}

/** Reads `rwxr-x--T`; a trailing `+` is allowed. Undefined for anything else. */
export function parseSymbolic(text: string): Mode | undefined {
  if (!/^([r-][w-][x-]){2}[r-][w-][xtT-]\+?$/.test(text)) return undefined;
  let bits = 0;
  for (const character of text.slice(0, 9)) bits = (bits << 1) | (character === "-" || character === "T" ? 0 : 1);
  return { bits, isSticky: text[8] === "t" || text[8] === "T" };
}

/** The form that `ls -l` prints, without the type and without `+`. */
export function formatSymbolic({ bits, isSticky }: Mode): string {
  const letters = Array.from("rwxrwxrwx", (letter, index) => (bits & (0o400 >> index) ? letter : "-"));
  if (isSticky) letters[8] = bits & 1 ? "t" : "T";
  return letters.join("");
}
