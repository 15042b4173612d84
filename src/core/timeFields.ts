/** The parts of a time that a name may tell, from the largest down. */
export type Part = "year" | "month" | "day" | "hour" | "minute";

/** What is known of a time, in UTC. */
export type Fields = { readonly [part in Part]?: number };

/** A stretch of time: from its start to before its end, in milliseconds since 1970. */
export type TimeWindow = { readonly startMs: number; readonly endMs: number };

/** How a pattern spells each part, as .NET's and ADF's date formats do; one letter: without a leading zero. */
export const parts: ReadonlyMap<string, Part> = new Map([
  ["yyyy", "year"],
  ["MM", "month"],
  ["M", "month"],
  ["dd", "day"],
  ["d", "day"],
  ["HH", "hour"],
  ["H", "hour"],
  ["mm", "minute"],
  ["m", "minute"],
]);

const order: readonly Part[] = ["year", "month", "day", "hour", "minute"];

/** Each part needs all larger ones beside it: the first that is missing, with the part that needs it. */
export function missingPart(told: readonly Part[]): { readonly missing: Part; readonly for: Part } | undefined {
  const finest = order.findLast((part) => told.includes(part)) ?? "year";
  const missing = order.slice(0, order.indexOf(finest) + 1).find((part) => !told.includes(part));
  return missing === undefined ? undefined : { missing, for: finest };
}

/** A part's value as a name spells it. */
export function text(field: string, value: number): string {
  return String(value).padStart(field.length, "0");
}

/** The ways to read a part at a place of a name. */
export function fieldAt(
  field: string,
  name: string,
  at: number,
): readonly { readonly end: number; readonly value: number }[] {
  // One digit or two, and none of them a leading zero.
  const lengths = field.length === 1 ? [1, 2] : [field.length];
  return lengths.flatMap((length) => {
    const digits = name.slice(at, at + length);
    if (digits.length < length || !/^\d+$/u.test(digits) || text(field, Number(digits)) !== digits) return [];
    return [{ end: at + length, value: Number(digits) }];
  });
}

/** What is known with one part more; undefined when it was told otherwise already, or there is no such date. */
export function agree(known: Fields, part: Part, value: number): Fields | undefined {
  const told = known[part];
  if (told !== undefined) return told === value ? known : undefined;
  const fields = { ...known, [part]: value };
  return isPossible(fields) ? fields : undefined;
}

const most: Readonly<Record<Part, readonly [number, number]>> = {
  // Earlier ones are no years of data, and a calendar in JavaScript takes those before 100 for others.
  year: [100, 9999],
  month: [1, 12],
  day: [1, 31],
  hour: [0, 23],
  minute: [0, 59],
};

function isPossible(fields: Fields): boolean {
  for (const part of order) {
    const value = fields[part];
    const [first, last] = most[part];
    if (value !== undefined && (value < first || value > last)) return false;
  }
  const { year, month, day } = fields;
  return year === undefined || month === undefined || day === undefined || day <= daysIn(year, month);
}

// oxlint-disable no-restricted-globals -- the calendar, not the clock
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** A time as its parts. */
export function timeOf(ms: number): Fields {
  const time = new Date(ms);
  return {
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
  };
}

/** The time that is meant: all of the year, the month, the day, the hour or the minute that is told. */
export function spanOf(fields: Fields): TimeWindow | undefined {
  // A part tells nothing as long as a larger one is missing.
  const missing = order.findIndex((part) => fields[part] === undefined);
  const told = missing < 0 ? order.length : missing;
  if (told === 0) return undefined;
  const at = (more: number) => {
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = order
      .slice(0, told)
      .map((part, index) => (fields[part] ?? 0) + (index === told - 1 ? more : 0));
    return Date.UTC(year, month - 1, day, hour, minute);
  };
  return { startMs: at(0), endMs: at(1) };
}
// oxlint-enable no-restricted-globals

/** The part of a window that lies in what is known of a time; its end isn't after its start when there is none. */
export function windowWithin(window: TimeWindow, known: Fields): TimeWindow {
  const span = spanOf(known);
  if (span === undefined) return window;
  return { startMs: Math.max(window.startMs, span.startMs), endMs: Math.min(window.endMs, span.endMs) };
}

/** True when any of the time that is meant lies in the window. */
export function meets(window: TimeWindow, known: Fields): boolean {
  const { startMs, endMs } = windowWithin(window, known);
  return startMs < endMs;
}
