import * as z from "zod";

/** Days of a week, as Azure Data Factory's triggers name them; a week begins on Sunday, as Date's does. */
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

const minuteMs = 60_000;
const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;
/** 1 January 1970 was a Thursday. */
const firstWeekday = 4;

const hours = z.string().superRefine((text, context) => {
  const why = typeof minutesOf(text) === "string" ? minutesOf(text) : undefined;
  if (typeof why === "string") context.addIssue({ code: "custom", message: why });
});
const ofDay = z.array(hours).min(1, 'expected hours, as ["18:00-24:00"]; leave the day out when no hour is meant');

/** The hours in which a run may work, by weekday, at a fixed offset from UTC. */
export const windowRequest = z.strictObject({
  utcOffset: z
    .string()
    .regex(
      /^(Z|[+-](0\d|1[0-4]):[0-5]\d)$/u,
      'expected "Z" or an offset from UTC as "+02:00", at most 14 hours; names of time zones change their offset in the year',
    )
    .default("Z"),
  hours: z
    .strictObject(
      Object.fromEntries(days.map((day) => [day, ofDay.optional()])) as Record<Day, z.ZodOptional<typeof ofDay>>,
    )
    .refine((all) => Object.keys(all).length > 0, "expected at least one day; without any the run could never work"),
});

type Day = (typeof days)[number];

/** See windowRequest. */
export type Window = z.infer<typeof windowRequest>;

/** Whether a window is open, and until when that stays so; for ever when it never closes. */
export type WindowState = { readonly isOpen: boolean; readonly untilMs: number };

/** How a window stands at a time; without a window every hour is good. */
export function windowAt(window: Window | undefined, nowMs: number): WindowState {
  if (window === undefined) return { isOpen: true, untilMs: Number.POSITIVE_INFINITY };
  const open = openMinutes(window);
  const offsetMs = offsetMinutes(window.utcOffset) * minuteMs;
  const weekMs = weekMinutes * minuteMs;
  const sinceSundayMs = mod(nowMs + offsetMs + firstWeekday * dayMinutes * minuteMs, weekMs);
  const inside = open.find(([from, to]) => {
    // A part that goes over the end of the week begins in the week before as well.
    const at = sinceSundayMs / minuteMs;
    return (from <= at && at < to) || (from <= at + weekMinutes && at + weekMinutes < to);
  });
  if (inside !== undefined) {
    const [from, to] = inside;
    if (to - from >= weekMinutes) return { isOpen: true, untilMs: Number.POSITIVE_INFINITY };
    return { isOpen: true, untilMs: nowMs + mod(to * minuteMs - sinceSundayMs, weekMs) };
  }
  const waits = open.map(([from]) => mod(from * minuteMs - sinceSundayMs, weekMs));
  return { isOpen: false, untilMs: nowMs + Math.min(...waits) };
}

// Minutes since Sunday, ascending, neighbours united: midnight between two open days closes nothing. The last part may
// go over the end of the week.
function openMinutes({ hours: byDay }: Window): readonly (readonly [number, number])[] {
  const parts = days
    .flatMap((day, index) =>
      (byDay[day] ?? []).map((text) => {
        const [from, to] = minutesOf(text) as readonly [number, number];
        return [index * dayMinutes + from, index * dayMinutes + to] as const;
      }),
    )
    .toSorted(([a], [b]) => a - b);
  const united: [number, number][] = [];
  for (const [from, to] of parts) {
    const last = united.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else united.push([from, to]);
  }
  const [first, last] = [united[0], united.at(-1)];
  if (first !== undefined && last !== undefined && first[0] === 0 && last[1] === weekMinutes && first !== last) {
    united.shift();
    last[1] += first[1];
  }
  return united;
}

// "18:00-24:00" in minutes of its day; or what is wrong with it.
function minutesOf(text: string): readonly [number, number] | string {
  const [, fromHour, fromMinute, toHour, toMinute] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/u.exec(text) ?? [];
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  const isTime = (minutes: number, ofHour: string | undefined) => minutes <= dayMinutes && Number(ofHour) < 60;
  if (!isTime(from, fromMinute) || !isTime(to, toMinute)) {
    return `"${text}" is no time of day: expected hours from and to, as "18:00-24:00"`;
  }
  if (from >= to) {
    return `"${text}" ends before it starts; hours over midnight are two, one up to 24:00 and one from 00:00 of the next day`;
  }
  return [from, to];
}

function offsetMinutes(text: string): number {
  if (text === "Z") return 0;
  const [hour = 0, minute = 0] = text.slice(1).split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * (hour * 60 + minute);
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
