/** Query parameters by name; names ignore case, the last one of a name wins. */
export type Query = ReadonlyMap<string, string>;

/** Splits a request target as it was sent: nothing decoded, no segment resolved or dropped. */
export function splitTarget(target: string): { readonly rawPath: string; readonly rawQuery: string } {
  const mark = target.indexOf("?");
  return mark < 0
    ? { rawPath: target, rawQuery: "" }
    : { rawPath: target.slice(0, mark), rawQuery: target.slice(mark + 1) };
}

/** Reads a raw query; keys of the result are in lower case. A value that isn't valid UTF-8 once decoded stays as sent. */
export function parseQuery(rawQuery: string): Query {
  if (rawQuery === "") return noQuery;
  const query = new Map<string, string>();
  for (const pair of rawQuery.split("&")) {
    if (pair === "") continue;
    const mark = pair.indexOf("=");
    const name = mark < 0 ? pair : pair.slice(0, mark);
    const value = mark < 0 ? "" : pair.slice(mark + 1);
    query.set(decodeField(name).toLowerCase(), decodeField(value));
  }
  return query;
}

const noQuery: Query = new Map();

/** Percent-decodes once; undefined when the result isn't valid UTF-8. A plus stays a plus. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

// Python's clients send form encoding, where a space is a plus; everyone sends a real plus as %2B.
function decodeField(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  return percentDecode(spaced) ?? text;
}
