import * as z from "zod";
import { comparison } from "../core/comparison.ts";
import { isKind, LakeError } from "../core/error.ts";
import { fidelity } from "../core/fidelity.ts";
import { type LakePath, pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { nextMs, type Past, type Schedule, scheduleNamePattern, sinceMs, type Started } from "../core/schedule.ts";
import {
  requestOfSlot,
  type ScheduleRequest,
  scheduleRequest,
  sinkRootOf,
  whyNotScheduled,
} from "../core/scheduleRequest.ts";
import type { Claim } from "../state/roots.ts";
import type { App } from "./app.ts";
import { whatCantBeDone } from "./checks.ts";
import { wrongAssessment } from "./estimated.ts";
import { isoTime } from "./overview.ts";
import { type Answer, answering, badRequest, type FieldError, problem, wrongFields } from "./problem.ts";

/** The HTTP API over schedules, without HTTP. */
export type ScheduleApi = {
  readonly put: (name: string, body: unknown) => Promise<Answer>;
  readonly list: () => Promise<Answer>;
  readonly get: (name: string) => Promise<Answer>;
  readonly remove: (name: string) => Promise<Answer>;
};

/** Properties of source and sink that don't tell what is copied from where to where. */
const harmless = new Set([
  "blockSizeInMB",
  "maxConcurrentConnections",
  "maxRequestsPerSecond",
  "maxMegabytesPerSecond",
  "modifiedDatetimeStart",
]);

/** What decides besides them whether a file that is selected comes over. */
const deciding = z.object({
  dryRun: comparison.dryRun,
  mode: fidelity.mode,
  overwrite: fidelity.overwrite,
  names: fidelity.names,
});

/** Opens the API; `api` is the address of /api as the caller sees it. */
export function openScheduleApi(app: App, api: string): ScheduleApi {
  const { ferry, schedules, scheduledRoots } = app;

  async function put(name: string, body: unknown): Promise<Answer> {
    if (!scheduleNamePattern.test(name)) {
      const message = `"${name}" is no name: expected 1 to 40 letters, digits, '.', '_' or '-', the first a letter or digit`;
      return wrongFields([{ field: "name", message }]);
    }
    const parsed = scheduleRequest.safeParse(body);
    if (!parsed.success) return badRequest(parsed.error);
    const asked = parsed.data;
    const read = await checked(app, asked);
    if ("wrong" in read) return wrongFields(read.wrong);
    const key = ferry.rootsKey(read.request);
    const root = pathFrom(sinkRootOf(sinkFolderOf(asked)));
    const before = await schedules.get(name);
    return before === undefined ? create(name, asked, key, root) : change(before, asked, key, root);
  }

  // The row first, so that a claim that somebody sees is one of a schedule that is there.
  async function create(name: string, asked: ScheduleRequest, key: string, root: LakePath): Promise<Answer> {
    const made = created(name, asked, ferry.clock.nowMs());
    try {
      await schedules.add(made);
    } catch (error) {
      if (!isKind(error, "conflict")) throw error;
      return problem("conflict", `somebody else made schedule "${name}" at the same time; look at it, and try again`);
    }
    let other: Claim | undefined;
    try {
      other = await scheduledRoots.claim(key, { run: name, root });
    } catch (error) {
      await schedules.remove(name);
      throw error;
    }
    if (other === undefined) return { status: 201, headers: { location: self(name) }, body: shown(made) };
    await schedules.remove(name);
    return overlap(root, other);
  }

  async function change(before: Schedule, asked: ScheduleRequest, key: string, root: LakePath): Promise<Answer> {
    const { name } = before;
    const other = await scheduledRoots.claim(key, { run: name, root });
    if (other !== undefined) return overlap(root, other);
    const nowMs = ferry.clock.nowMs();
    const after = await schedules.change(name, (now) => changed(now, asked, nowMs));
    const keyBefore = keyOf(before);
    if (keyBefore !== undefined && keyBefore !== key) await scheduledRoots.release(keyBefore, name);
    return { status: 200, body: shown(after) };
  }

  async function remove(name: string): Promise<Answer> {
    const there = await named(name);
    await schedules.remove(name);
    const key = keyOf(there);
    if (key !== undefined) await scheduledRoots.release(key, name);
    return { status: 204, body: undefined };
  }

  // Undefined for a request that can't be read any more; the claim of a schedule that is gone counts for nothing.
  function keyOf({ request }: Schedule): string | undefined {
    const read = requestOfSlot(request, { window: sampleWindow });
    return "wrong" in read ? undefined : ferry.rootsKey(read.request);
  }

  async function named(name: string): Promise<Schedule> {
    const there = await schedules.get(name);
    if (there !== undefined) return there;
    throw new LakeError("not-found", { op: "schedule", path: name, detail: `there is no schedule "${name}"` });
  }

  function self(name: string): string {
    return `${api}/schedules/${name}`;
  }

  function shown(schedule: Schedule): Record<string, unknown> {
    const next = nextMs(schedule, ferry.clock.nowMs());
    const since = sinceMs(schedule);
    return {
      name: schedule.name,
      cron: schedule.cron,
      request: schedule.request,
      delta: schedule.delta,
      overlapMinutes: schedule.overlapMinutes,
      enabled: schedule.isEnabled,
      createdTime: isoTime(schedule.createdMs),
      changedTime: isoTime(schedule.changedMs),
      ...timeOf("nextTime", next),
      ...timeOf("watermark", schedule.watermarkMs),
      ...timeOf("windowStart", schedule.windowEndMs),
      ...timeOf("nextModifiedDatetimeStart", since),
      ...(schedule.current === undefined ? {} : { current: startedOf(schedule.current) }),
      ...(schedule.lastSuccess === undefined ? {} : { lastSuccess: schedule.lastSuccess }),
      history: schedule.history.map(pastOf),
      links: {
        self: self(schedule.name),
        ...(schedule.current === undefined ? {} : { current: `${api}/migrations/${schedule.current.run}` }),
      },
    };
  }

  return {
    put: (name, body) => answering(() => put(name, body)),
    list: () =>
      answering(async () => {
        const { records, unreadable } = await schedules.list();
        const body = { schedules: records.map((schedule) => ({ ...shown(schedule), history: [] })) };
        return { status: 200, body: unreadable.length === 0 ? body : { ...body, unreadable } };
      }),
    get: (name) => answering(async () => ({ status: 200, body: shown(await named(name)) })),
    remove: (name) => answering(() => remove(name)),
  };
}

/** Any window will do to see whether a request with variables can be read. */
const sampleWindow = { startMs: 0, endMs: 86_400_000 };

// Read as its runs will be, also with what the schedule fills in.
async function checked(
  app: App,
  asked: ScheduleRequest,
): Promise<{ readonly request: MigrationRequest } | { readonly wrong: readonly FieldError[] }> {
  const inRequest = (wrong: readonly FieldError[]) =>
    wrong.map(({ field, message }) => ({ field: `request.${field}`.replace(".(body)", ""), message }));
  const wrong = whyNotScheduled(asked);
  if (wrong.length > 0) return { wrong: inRequest(wrong) };
  const since = asked.delta === "modified" ? { sinceMs: 0 } : {};
  const read = requestOfSlot(asked.request, { window: sampleWindow, ...since });
  if ("wrong" in read) return { wrong: inRequest(read.wrong) };
  const cant = [...whatCantBeDone(app, read.request), ...(await wrongAssessment(app.ferry, read.request))];
  return cant.length > 0 ? { wrong: inRequest(cant) } : read;
}

function created(name: string, asked: ScheduleRequest, nowMs: number): Schedule {
  return {
    name,
    cron: asked.cron,
    request: asked.request,
    delta: asked.delta,
    overlapMinutes: asked.overlapMinutes,
    isEnabled: asked.enabled,
    createdMs: nowMs,
    changedMs: nowMs,
    generation: 1,
    doneMs: nowMs,
    ...setTo("watermarkMs", undefined, asked.watermark),
    ...setTo("windowEndMs", undefined, asked.windowStart),
    history: [],
  };
}

// A watermark is one of these lakes: with others, another selection or another rule it would hide what never was copied.
function changed(now: Schedule, asked: ScheduleRequest, nowMs: number): Schedule {
  const { watermarkMs, windowEndMs, ...rest } = now;
  const isMoved = whatIsCopied(now.request) !== whatIsCopied(asked.request);
  const isSet = asked.watermark !== undefined || asked.windowStart !== undefined;
  // Slots of another expression, or of the time without one, were never due.
  const isAnew = now.cron !== asked.cron || (!now.isEnabled && asked.enabled);
  return {
    ...rest,
    cron: asked.cron,
    request: asked.request,
    delta: asked.delta,
    overlapMinutes: asked.overlapMinutes,
    isEnabled: asked.enabled,
    changedMs: nowMs,
    generation: now.generation + (isMoved || isSet ? 1 : 0),
    doneMs: isAnew ? nowMs : now.doneMs,
    ...setTo("watermarkMs", isMoved ? undefined : watermarkMs, asked.watermark),
    ...setTo("windowEndMs", isMoved ? undefined : windowEndMs, asked.windowStart),
  };
}

function setTo(property: string, before: number | undefined, asked: string | null | undefined): Record<string, number> {
  const value = asked === undefined ? before : asked === null ? undefined : Date.parse(asked);
  return value === undefined ? {} : { [property]: value };
}

function whatIsCopied(request: Readonly<Record<string, unknown>>): string {
  const lakes = [request["source"], request["sink"]];
  const how = deciding.safeParse(request).data;
  return JSON.stringify([lakes, how], (key, value: unknown) => (harmless.has(key) ? undefined : value));
}

function sinkFolderOf({ request }: ScheduleRequest): string {
  const folder = (request["sink"] as { readonly folderPath?: unknown } | undefined)?.folderPath;
  return typeof folder === "string" ? folder : "/";
}

function overlap(root: LakePath, other: Claim): Answer {
  const detail = `schedule "${other.run}" writes to ${other.root}, which overlaps with ${root}; choose another sink folder, or delete that schedule`;
  return problem("schedule-overlap", detail);
}

function startedOf({ run, slotMs, window, sinceMs: since }: Started): Record<string, unknown> {
  return {
    run,
    slot: isoTime(slotMs),
    windowStart: isoTime(window.startMs),
    windowEnd: isoTime(window.endMs),
    ...timeOf("modifiedDatetimeStart", since),
  };
}

function pastOf({ slotMs, lastSlotMs, ...past }: Past): Record<string, unknown> {
  return { slot: isoTime(slotMs), ...timeOf("lastSlot", lastSlotMs), ...past };
}

function timeOf(property: string, ms: number | undefined): Record<string, string> {
  return ms === undefined ? {} : { [property]: isoTime(ms) };
}
