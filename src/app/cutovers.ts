import { hash } from "node:crypto";
import { type Cutover, cutoverOf, cutoverRequest, cutoverSteps, runOfStep, type Seen } from "../core/cutover.ts";
import { isKind, LakeError } from "../core/error.ts";
import { isWithin, pathFrom } from "../core/path.ts";
import { describeRequest } from "../core/report.ts";
import { isLive, isOfSourceOnly } from "../core/run.ts";
import { requestOfSlot, sinkRootOf } from "../core/scheduleRequest.ts";
import { cancelRunOf } from "../ferry/cutovers.ts";
import { journalLines } from "../state/journal.ts";
import type { App } from "./app.ts";
import { isoTime } from "./overview.ts";
import { pathMapPage } from "./pathMap.ts";
import { type Answer, answering, badRequest, problem } from "./problem.ts";

/** The HTTP API over cut-overs, without HTTP. */
export type CutoverApi = {
  readonly start: (migration: string, body: unknown) => Promise<Answer>;
  readonly list: () => Promise<Answer>;
  readonly get: (id: string) => Promise<Answer>;
  readonly cancel: (id: string) => Promise<Answer>;
  readonly pathMap: (id: string, query: Readonly<Record<string, string>>) => Promise<Answer>;
};

/** Characters of a migration's id that its cut-overs' ids begin with: their runs' ids must fit as well. */
const mostOfId = 40;

/** Opens the API; `api` is the address of /api as the caller sees it. */
export function openCutoverApi(app: App, api: string): CutoverApi {
  const { ferry, cutovers } = app;

  async function start(migration: string, body: unknown): Promise<Answer> {
    const parsed = cutoverRequest.safeParse(body ?? {});
    if (!parsed.success) return badRequest(parsed.error);
    const run = await ferry.runs.get(migration);
    if (run === undefined) {
      throw new LakeError("not-found", { op: "run", path: migration, detail: `there is no migration "${migration}"` });
    }
    if (isLive(run.status)) {
      return problem("command-not-allowed", `migration "${migration}" is ${run.status}; only an ended one is cut over`);
    }
    if (run.look !== undefined || run.cutover !== undefined) {
      return problem("command-not-allowed", `migration "${migration}" is a part of cut-over "${run.cutover}"`);
    }
    if (isOfSourceOnly(run)) {
      return problem("command-not-allowed", `"${migration}" is an assessment: there is nothing to cut over`);
    }
    const { quietMinutes, access, ...extras } = parsed.data;
    const request = cutoverOf(run, extras);
    if ("why" in request)
      return problem("command-not-allowed", `migration "${migration}" can't be cut over: ${request.why}`);
    const others = (await cutovers.list()).records.filter((cutover) => cutover.migration === migration);
    const live = others.find(({ status }) => status === "Running");
    if (live !== undefined) {
      return problem("command-not-allowed", `cut-over "${live.id}" of this migration is under way; cancel it first`);
    }
    const schedule = await scheduleInTheWay(request.sink);
    if (schedule !== undefined) {
      const detail = `schedule "${schedule}" is enabled and writes to the same sink folder; disable or delete it, so that this is the last pass`;
      return problem("command-not-allowed", detail);
    }
    const nowMs = ferry.clock.nowMs();
    const cutover: Cutover = {
      id: `${prefixOf(migration)}-cutover-${others.length + 1}`,
      migration,
      request,
      quietMinutes,
      access,
      createdMs: nowMs,
      status: "Running",
      step: "look1",
      notBeforeMs: nowMs,
      seen: {},
    };
    try {
      await cutovers.add(cutover);
    } catch (error) {
      if (!isKind(error, "conflict")) throw error;
      return problem("conflict", `somebody else cuts migration "${migration}" over at the same time`);
    }
    return { status: 202, headers: { location: self(cutover.id), "retry-after": "30" }, body: shown(cutover) };
  }

  async function scheduleInTheWay(sink: Cutover["request"]["sink"]): Promise<string | undefined> {
    const root = pathFrom(sink.folderPath);
    for (const { name, isEnabled, request: body } of (await app.schedules.list()).records) {
      const read = requestOfSlot(body, { window: { startMs: 0, endMs: 0 } });
      if (!isEnabled || "wrong" in read || ferry.rootsKey(read.request) !== ferry.rootsKey({ ...read.request, sink }))
        continue;
      const folder = (body["sink"] as { readonly folderPath?: unknown } | undefined)?.folderPath;
      const other = pathFrom(sinkRootOf(typeof folder === "string" ? folder : "/"));
      if (isWithin(root, other) || isWithin(other, root)) return name;
    }
    return undefined;
  }

  async function cancel(id: string): Promise<Answer> {
    await named(id);
    const nowMs = ferry.clock.nowMs();
    const cutover = await cutovers.change(id, (now) =>
      now.status === "Running"
        ? { ...now, status: "Cancelled", endedMs: nowMs, detail: "somebody cancelled it" }
        : undefined,
    );
    if (cutover.status !== "Cancelled") {
      return problem("command-not-allowed", `cut-over "${id}" is ${cutover.status}; it can't be cancelled now`);
    }
    await cancelRunOf(ferry, cutover);
    return { status: 200, body: shown(cutover) };
  }

  async function named(id: string): Promise<Cutover> {
    const there = await cutovers.get(id);
    if (there !== undefined) return there;
    throw new LakeError("not-found", { op: "cutover", path: id, detail: `there is no cut-over "${id}"` });
  }

  function self(id: string): string {
    return `${api}/cutovers/${id}`;
  }

  function shown(cutover: Cutover): Record<string, unknown> {
    const { id, migration, status, step, detail, evidence, samples, seen } = cutover;
    const report = {
      id,
      migration,
      what: describeRequest(cutover.request),
      status,
      ...(status === "Running" ? { step } : {}),
      ...(detail === undefined ? {} : { detail }),
      ...(evidence === undefined ? {} : { evidence }),
      ...(samples === undefined ? {} : { samples }),
      quietMinutes: cutover.quietMinutes,
      access: cutover.access,
      extra: cutover.request.extra,
      createdTime: isoTime(cutover.createdMs),
      ...(cutover.endedMs === undefined ? {} : { endTime: isoTime(cutover.endedMs) }),
      runs: Object.fromEntries(
        cutoverSteps.flatMap((name) => {
          const of = seen[name];
          return of === undefined ? [] : [[name, seenOf(of)]];
        }),
      ),
    };
    return {
      ...report,
      ...(status === "Signed" ? { seal: hash("sha256", JSON.stringify(report), "hex") } : {}),
      links: {
        self: self(id),
        cancel: `${self(id)}/cancel`,
        pathMap: `${self(id)}/pathmap`,
        ...(status === "Running" ? { run: `${api}/migrations/${runOfStep(cutover, step)}` } : {}),
        differences: `${api}/migrations/${runOfStep(cutover, "delta")}/journal?outcome=different`,
        lastPass: `${api}/migrations/${runOfStep(cutover, "delta")}/journal?outcome=copied&format=csv`,
      },
    };
  }

  return {
    start: (migration, body) => answering(() => start(migration, body)),
    list: () =>
      answering(async () => {
        const { records, unreadable } = await cutovers.list();
        const body = { cutovers: records.toSorted((a, b) => b.createdMs - a.createdMs).map(shown) };
        return { status: 200, body: unreadable.length === 0 ? body : { ...body, unreadable } };
      }),
    get: (id) => answering(async () => ({ status: 200, body: shown(await named(id)) })),
    cancel: (id) => answering(() => cancel(id)),
    pathMap: (id, query) => answering(async () => pathMapPage(app, await named(id), `${self(id)}/pathmap`, query)),
  };
}

const mostSamples = 20;
const mostSampled = 64 * 1024 * 1024;

/** Some of the paths that a run of a cut-over found written to, or copied, from the beginning of its journal. */
export async function writtenPaths({ ferry, blobs }: App, run: string): Promise<readonly string[]> {
  const paths: string[] = [];
  let read = 0;
  for await (const { text } of journalLines(blobs, ferry.work(run).journal())) {
    read += text.length;
    const { outcome, because, path } = JSON.parse(text) as Readonly<Record<string, string>>;
    if (path !== undefined && (outcome === "copied" || because === "written")) paths.push(path);
    if (paths.length >= mostSamples || read >= mostSampled) break;
  }
  return paths;
}

function prefixOf(migration: string): string {
  if (migration.length <= mostOfId) return migration;
  return `${migration.slice(0, mostOfId - 9)}-${hash("sha256", migration, "hex").slice(0, 8)}`;
}

function seenOf({ startedMs, endedMs, sourceMs, ...seen }: Seen): Record<string, unknown> {
  return {
    ...seen,
    ...(startedMs === undefined ? {} : { startTime: isoTime(startedMs) }),
    ...(endedMs === undefined ? {} : { endTime: isoTime(endedMs) }),
    ...(sourceMs === undefined ? {} : { sourceTime: isoTime(sourceMs) }),
  };
}
