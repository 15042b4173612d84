import { hash } from "node:crypto";
import { capsOf } from "../core/caps.ts";
import { LakeError } from "../core/error.ts";
import { describeRun, type Report, reportOf } from "../core/report.ts";
import { instanceOf, isLive, type Run } from "../core/run.ts";
import type { Ferry } from "../ferry/ferry.ts";
import { sealJournal } from "../state/journal.ts";
import type { App } from "./app.ts";
import { linksOf } from "./begin.ts";
import { estimatedBeside } from "./estimated.ts";
import { isoTime, lanesOf, wavesOf } from "./overview.ts";

/** The run of an id that a caller gave; throws LakeError "not-found". */
export async function runNamed({ runs }: Pick<Ferry, "runs">, id: string): Promise<Run> {
  const run = await runs.get(id);
  if (run !== undefined) return run;
  throw new LakeError("not-found", { op: "run", path: id, detail: `there is no migration "${id}"` });
}

/** All there is to see of a run. */
export async function shownRun(app: App, run: Run, base: string): Promise<Record<string, unknown>> {
  const { ferry } = app;
  const nowMs = ferry.clock.nowMs();
  const overview = await app.overviews(run);
  const { account, failures } = overview;
  // A run that ended without its last step has no seal in its row.
  const journal = run.journal ?? (isLive(run.status) ? undefined : await sealJournal(ferry.work(run.id).journal()));
  const sealed = journal === undefined ? run : { ...run, journal };
  const report: Report = reportOf(sealed, account.tally, nowMs);
  const seal = isLive(run.status) ? {} : { seal: hash("sha256", JSON.stringify(report), "hex") };
  const estimated = await estimatedBeside(app, run.request, account.tally.requests);
  const orchestration = { instanceId: instanceOf(run), epoch: run.epoch };
  return {
    ...summaryOf(run),
    request: run.request,
    caps: capsOf(run),
    report,
    ...seal,
    ...(estimated === undefined ? {} : { estimated }),
    ...wavesOf(run),
    ...lanesOf(run, overview, nowMs),
    failures,
    orchestration,
    links: linksOf(base, run.id),
  };
}

/** A run in a list. */
export function summaryOf(run: Run): Record<string, unknown> {
  const { name, labels } = run.request;
  return {
    id: run.id,
    ...(name === undefined ? {} : { name }),
    ...(labels === undefined ? {} : { labels }),
    status: run.status,
    ...(run.job === undefined ? {} : { job: run.job }),
    ...(run.schedule === undefined ? {} : { schedule: run.schedule }),
    ...(run.cutover === undefined ? {} : { cutover: run.cutover }),
    ...(run.retryOf === undefined ? {} : { retryOf: run.retryOf }),
    ...(run.phase === undefined ? {} : { phase: run.phase }),
    ...restOf(run),
    what: describeRun(run),
    createdTime: isoTime(run.createdMs),
    ...(run.startedMs === undefined ? {} : { startTime: isoTime(run.startedMs) }),
    ...(run.endedMs === undefined ? {} : { endTime: isoTime(run.endedMs) }),
    ...(run.error === undefined ? {} : { error: run.error }),
  };
}

// A run that rests by its own request says so.
function restOf({ rest }: Run): Record<string, unknown> {
  if (rest === undefined) return {};
  return { rest: rest.because === "window" ? { because: rest.because, until: isoTime(rest.untilMs) } : rest };
}
