import { Cron } from "croner";
import * as z from "zod";
import { messageOf } from "./error.ts";

const secondMs = 1000;
/** From here on missed times are only said to be many. */
const mostCounted = 1000;

/**
 * A cron expression of six fields, seconds first, in UTC; day of month and day of week must both fit, as in the timers of
 * Azure Functions.
 */
export const cronText = z.string().superRefine((text, context) => {
  try {
    cronOf(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: `"${text}" can't be read: ${messageOf(error)}` });
    return;
  }
  // oxlint-disable-next-line no-restricted-globals -- a fixed time, not the clock
  if (cronOf(text).nextRun(new Date(0)) === null) {
    context.addIssue({ code: "custom", message: `"${text}" never comes: there is no such day` });
  }
});

/** The first time of a cron expression after `ms`; undefined when there is none. */
export function timeAfter(text: string, ms: number): number | undefined {
  return cronOf(text).nextRun(dateOf(ms))?.getTime();
}

/** The last time of a cron expression before `ms`; undefined when there is none. */
export function timeBefore(text: string, ms: number): number | undefined {
  // What is asked is exclusive, to the second.
  return cronOf(text)
    .previousRuns(1, dateOf(Math.ceil(ms / secondMs) * secondMs))[0]
    ?.getTime();
}

/** How many times a cron expression has after `fromMs` and up to `toMs`; a thousand may be more. */
export function timesBetween(text: string, fromMs: number, toMs: number): number {
  const cron = cronOf(text);
  let count = 0;
  for (let at = cron.nextRun(dateOf(fromMs)); at !== null && at.getTime() <= toMs; at = cron.nextRun(at)) {
    count++;
    if (count >= mostCounted) break;
  }
  return count;
}

function cronOf(text: string): Cron {
  const fields = text.trim().split(/\s+/u).length;
  if (fields !== 6) throw new Error(`expected six fields, seconds first, as "0 30 2 * * *"; there are ${fields}`);
  return new Cron(text, { mode: "6-part", timezone: "UTC", domAndDow: true });
}

function dateOf(ms: number): Date {
  // oxlint-disable-next-line no-restricted-globals -- a time that is given, not the clock
  return new Date(ms);
}
