import * as z from "zod";
import { scheduleRequest } from "../core/scheduleRequest.ts";
import { named, type Operation } from "./operation.ts";

const time = z.iso.datetime();

const past = named(
  "ScheduleOutcome",
  "What became of one slot; `skipped` and `missed` may tell of several, up to `lastSlot`.",
  z.object({
    slot: time,
    lastSlot: time.exactOptional(),
    slots: z.int().min(1).exactOptional(),
    outcome: z.string(),
    run: z.string().exactOptional(),
    detail: z.string().exactOptional(),
  }),
);

/** One schedule. */
export const schedule = named(
  "Schedule",
  "A request that is started again and again; watermark and windowStart move with each success.",
  z.object({
    name: z.string(),
    cron: z.string(),
    request: z.looseObject({}),
    delta: z.enum(["modified", "compare"]),
    overlapMinutes: z.int(),
    enabled: z.boolean(),
    createdTime: time,
    changedTime: time,
    nextTime: time.exactOptional(),
    watermark: time.exactOptional(),
    windowStart: time.exactOptional(),
    nextModifiedDatetimeStart: time.exactOptional(),
    current: z
      .object({
        run: z.string(),
        slot: time,
        windowStart: time,
        windowEnd: time,
        modifiedDatetimeStart: time.exactOptional(),
      })
      .exactOptional(),
    lastSuccess: z.string().exactOptional(),
    history: z.array(past).meta({ description: "The last 50, newest first; empty in the list of schedules." }),
    links: z.record(z.string(), z.string()),
  }),
);

/** All schedules. */
export const scheduleList = z.object({
  schedules: z.array(schedule),
  unreadable: z.array(z.object({ id: z.string(), detail: z.string() })).exactOptional(),
});

named("ScheduleRequest", "When to start what.", scheduleRequest);

const content = { "application/json": schedule };

/** The routes under /schedules, by the names of their functions. */
export const scheduleOperations = {
  putSchedule: {
    method: "put",
    path: "/schedules/{name}",
    summary: "Makes a schedule, or changes it.",
    access: "function",
    body: scheduleRequest,
    answers: {
      200: { description: "It was changed.", content },
      201: { description: "It was made.", headers: { location: "The schedule" }, content },
    },
    problems: ["request-invalid", "body-too-large", "not-json", "schedule-overlap", "conflict", "not-found"],
  },
  listSchedules: {
    method: "get",
    path: "/schedules",
    summary: "Lists the schedules by name, without their histories.",
    access: "function",
    answers: {
      200: {
        description: "All of them.",
        content: {
          "application/json": scheduleList,
        },
      },
    },
    problems: [],
  },
  getSchedule: {
    method: "get",
    path: "/schedules/{name}",
    summary: "Shows a schedule.",
    access: "function",
    answers: { 200: { description: "The schedule.", content } },
    problems: ["not-found"],
  },
  deleteSchedule: {
    method: "delete",
    path: "/schedules/{name}",
    summary: "Removes a schedule; a run of it that is live goes on.",
    access: "function",
    answers: { 204: { description: "It is gone." } },
    problems: ["not-found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
