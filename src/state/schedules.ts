import { isKind } from "../core/error.ts";
import { type Schedule, scheduleNamePattern } from "../core/schedule.ts";
import { openRecords, type Records } from "./records.ts";
import { openRoots, type Roots } from "./roots.ts";
import type { Rows } from "./rows.ts";

/** The schedules of this app, by their names. */
export type Schedules = Records<Schedule>;

/** Opens the schedules. */
export function openSchedules(rows: Rows): Schedules {
  return openRecords<Schedule>(rows, {
    partitionKey: "schedules",
    property: "schedule",
    noun: "schedule",
    ids: scheduleNamePattern,
    idOf: ({ name }) => name,
    isSound: ({ cron, request }) => typeof cron === "string" && typeof request === "object" && request !== null,
  });
}

/** Which schedules write under which folders. The claim of one that is gone counts for nothing. */
export function openScheduledRoots(rows: Rows, schedules: Schedules): Roots {
  const isThere = async (name: string) => {
    try {
      return (await schedules.get(name)) !== undefined;
    } catch (error) {
      if (isKind(error, "corrupt")) return true;
      throw error;
    }
  };
  return openRoots(rows, isThere, "scheduled-roots");
}
