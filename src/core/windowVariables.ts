import { parts, text, timeOf, type TimeWindow } from "./timeFields.ts";

/** What is wrong with one property. */
export type WrongProperty = { readonly field: string; readonly message: string };

/**
 * The body of a request in which `{windowStart}` and `{windowEnd}`, anywhere in the texts of its source and sink, are
 * replaced by the ends of a window: as 2019-05-13T00:00:00.000Z, or as `{windowStart:yyyy/MM/dd}` spells it. Only the
 * letters of a name pattern's fields are replaced in such a format; unknown ones are named.
 */
export function resolveWindow(
  body: unknown,
  window: TimeWindow,
): { readonly body: unknown } | { readonly wrong: readonly WrongProperty[] } {
  const wrong: WrongProperty[] = [];

  function resolved(value: unknown, field: string): unknown {
    if (typeof value === "string") return resolvedText(value, field);
    if (Array.isArray(value)) return value.map((item, index) => resolved(item, `${field}.${index}`));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolved(item, `${field}.${name}`)]));
  }

  function resolvedText(value: string, field: string): string {
    return value.replaceAll(/\{window(\w*)(:[^}]*)?\}/gu, (whole, end: string, format: string | undefined) => {
      const ms = end === "Start" ? window.startMs : end === "End" ? window.endMs : undefined;
      const message =
        ms === undefined ? `unknown variable ${whole}; expected {windowStart} or {windowEnd}` : whyNoFormat(format);
      if (message !== undefined) wrong.push({ field, message });
      return ms === undefined || message !== undefined ? whole : spelled(ms, format);
    });
  }

  if (typeof body !== "object" || body === null || Array.isArray(body)) return { body };
  const sides = Object.entries(body).map(([name, value]) => [
    name,
    name === "source" || name === "sink" ? resolved(value, name) : value,
  ]);
  return wrong.length > 0 ? { wrong } : { body: Object.fromEntries(sides) };
}

// A field is one letter, several times.
const letters = /([A-Za-z])\1*/gu;

function whyNoFormat(format: string | undefined): string | undefined {
  const unknown = format?.match(letters)?.find((field) => !parts.has(field));
  if (unknown === undefined) return undefined;
  return `unknown field "${unknown}" in the format; expected ${[...parts.keys()].join(", ")} and what stands between them`;
}

function spelled(ms: number, format: string | undefined): string {
  // oxlint-disable-next-line no-restricted-globals -- a format, not the clock
  if (format === undefined) return new Date(ms).toISOString();
  const time = timeOf(ms);
  return format.slice(1).replaceAll(letters, (field) => {
    const part = parts.get(field);
    return part === undefined ? field : text(field, time[part] ?? 0);
  });
}
