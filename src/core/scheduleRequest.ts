import * as z from "zod";
import { cronText } from "./cron.ts";
import { type MigrationRequest, migrationRequest } from "./request.ts";
import type { Started } from "./schedule.ts";
import { wrongIn } from "./wrong.ts";
import { resolveWindow, type WrongProperty } from "./windowVariables.ts";

const weekMinutes = 7 * 24 * 60;
const fewMinutes = `expected 0 to ${weekMinutes} minutes`;
const time = z.iso.datetime({ offset: true, error: 'expected a time as "2026-11-26T02:00:00Z"' });

/** What PUT /api/schedules/{name} takes. */
export const scheduleRequest = z.strictObject({
  cron: cronText,
  request: z
    .record(z.string(), z.unknown(), "expected the body of a migration")
    .meta({ description: "As MigrationRequest, without an id; texts of source and sink may hold window variables." }),
  delta: z.enum(["modified", "compare"], "expected modified or compare").default("modified"),
  overlapMinutes: z.int(fewMinutes).min(0, fewMinutes).max(weekMinutes, fewMinutes).default(5),
  enabled: z.boolean().default(true),
  /** Sets what the schedule keeps by itself; null forgets it, absent leaves it. */
  watermark: time.nullable().optional(),
  windowStart: time.nullable().optional(),
});

/** See scheduleRequest. */
export type ScheduleRequest = z.infer<typeof scheduleRequest>;

/** The request of a slot's run, checked; or what is wrong with it. */
export function requestOfSlot(
  body: Readonly<Record<string, unknown>>,
  { window, sinceMs }: Pick<Started, "window" | "sinceMs">,
): { readonly request: MigrationRequest } | { readonly wrong: readonly WrongProperty[] } {
  const resolved = resolveWindow(body, window);
  if ("wrong" in resolved) return resolved;
  const parsed = migrationRequest.safeParse(since(resolved.body as typeof body, sinceMs));
  return parsed.success ? { request: parsed.data } : { wrong: wrongIn(parsed.error) };
}

/** What a schedule has against the body of its request, besides what is wrong with the request itself. */
export function whyNotScheduled({ request, delta }: ScheduleRequest): readonly WrongProperty[] {
  const { source, sink } = request as { readonly source?: unknown; readonly sink?: unknown };
  const held = (of: unknown, property: string) =>
    typeof of === "object" && of !== null ? (of as Readonly<Record<string, unknown>>)[property] : undefined;
  const wrong: WrongProperty[] = [];
  if (request["id"] !== undefined) {
    wrong.push({ field: "id", message: "the ids of a schedule's runs are made of its name and their time" });
  }
  if (delta === "modified" && held(source, "modifiedDatetimeStart") !== undefined) {
    const message = 'the schedule fills it from its watermark; set "watermark", or use it with "delta": "compare"';
    wrong.push({ field: "source.modifiedDatetimeStart", message });
  }
  for (const property of ["connection", "fileSystem"]) {
    const value = held(sink, property);
    if (typeof value === "string" && value.includes("{")) {
      wrong.push({
        field: `sink.${property}`,
        message: "may hold no variable: it tells which schedules would overlap",
      });
    }
  }
  return wrong;
}

/** The folder under which all runs of a schedule write: the sink's, up to the first name with a variable. */
export function sinkRootOf(folderPath: string): string {
  const names = folderPath.split("/");
  const first = names.findIndex((name) => name.includes("{window"));
  return first < 0 ? folderPath : names.slice(0, first).join("/");
}

function since(body: Readonly<Record<string, unknown>>, sinceMs: number | undefined): Record<string, unknown> {
  const { source } = body;
  if (sinceMs === undefined || (source !== undefined && (typeof source !== "object" || source === null)))
    return { ...body };
  // oxlint-disable-next-line no-restricted-globals -- a format, not the clock
  return { ...body, source: { ...source, modifiedDatetimeStart: new Date(sinceMs).toISOString() } };
}
