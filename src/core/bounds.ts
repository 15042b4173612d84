const slash = 0x2f;
const space = 0x20;

/**
 * Where a listing begins whose first name of interest begins with this text: below all of those, above nearly all others.
 * Undefined: at the first name. Holds no slash and no control character, whatever the text.
 */
export function justBefore(start: string): string | undefined {
  const head = start.slice(0, -1);
  const code = start.charCodeAt(start.length - 1) - 1;
  if (start === "") return undefined;
  const below = String.fromCharCode(code === slash ? code - 1 : code);
  if (code >= space) return `${head}${below}\ud7ff`;
  return head === "" ? undefined : head;
}

/** A place behind all names that begin with this text, for comparing only; undefined when there is none. */
export function justBehind(start: string): string | undefined {
  if (start === "") return undefined;
  const code = start.charCodeAt(start.length - 1) + 1;
  return code < 0xd8_00 ? start.slice(0, -1) + String.fromCharCode(code) : undefined;
}
