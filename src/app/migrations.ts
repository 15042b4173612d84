import { hash } from "node:crypto";
import { capsChange, capsOf, changedCaps } from "../core/caps.ts";
import { LakeError } from "../core/error.ts";
import { pathFrom } from "../core/path.ts";
import { describeRun, type Report, reportOf } from "../core/report.ts";
import { intervalsOf, type MigrationRequest, migrationRequest } from "../core/request.ts";
import { type Command, instanceOf, isLive, isReading, type Run, statusAfter } from "../core/run.ts";
import { windowAt } from "../core/window.ts";
import { announce, claimRoot, launch, setOff, type Start } from "../ferry/launch.ts";
import { sealJournal } from "../state/journal.ts";
import { type Claim, rootTaken } from "../state/roots.ts";
import type { App } from "./app.ts";
import { tooManyConnections, tooSmallBlocks, whatCantBeDone } from "./checks.ts";
import { isDifference } from "../core/journal.ts";
import { estimatedBeside, wrongAssessment } from "./estimated.ts";
import { journalPage } from "./journal.ts";
import { isoTime, lanesOf, wavesOf } from "./overview.ts";
import { type Answer, answering, badRequest, problem, wrongFields } from "./problem.ts";

/** The HTTP API over migrations, without HTTP: parsed bodies in, answers out. */
export type Migrations = {
  readonly start: (body: unknown) => Promise<Answer>;
  /** Begins a run of another kind, whose request was checked. */
  readonly begin: (request: MigrationRequest, about: Pick<Run, "job" | "cutOffMs" | "assess">) => Promise<Answer>;
  readonly list: () => Promise<Answer>;
  readonly get: (id: string) => Promise<Answer>;
  /** A page of the journal; the query as it stands in the address. */
  readonly journal: (id: string, query: Readonly<Record<string, string>>) => Promise<Answer>;
  /** The lines of the journal that say how the lakes differ. */
  readonly differences: (id: string, query: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly command: (id: string, command: Command) => Promise<Answer>;
  readonly rerun: (id: string) => Promise<Answer>;
  /** Starts a run over the names that failed in one that has ended, and over nothing else. */
  readonly retry: (id: string) => Promise<Answer>;
  /** Replaces caps of a live run; its lanes heed them within seconds. */
  readonly change: (id: string, body: unknown) => Promise<Answer>;
};

const mostListed = 200;
/** As many failures are looked at before a retry. */
const mostLookedAt = 1000;

/** Opens the API; `base` is the address of /api/migrations as the caller sees it. */
export function openMigrations(app: App, starter: Start, base: string): Migrations {
  const { ferry } = app;

  async function start(body: unknown): Promise<Answer> {
    const parsed = migrationRequest.safeParse(body);
    if (!parsed.success) return badRequest(parsed.error);
    return fresh(parsed.data, {});
  }

  async function fresh(
    request: MigrationRequest,
    about: Pick<Run, "job" | "cutOffMs" | "assess" | "retryOf">,
  ): Promise<Answer> {
    const known = whatCantBeDone(app, request, about);
    const asked = [...known, ...(await wrongAssessment(ferry, request))];
    const wrong = asked.length > 0 ? asked : await tooSmallBlocks(app, request);
    if (wrong.length > 0) return wrongFields(wrong);
    const nowMs = ferry.clock.nowMs();
    const run: Run = {
      id: request.id ?? newId(nowMs, ferry.clock.roll()),
      status: "Queued",
      epoch: 1,
      request,
      createdMs: nowMs,
      workedMs: 0,
      ...about,
    };
    return begin(run);
  }

  async function begin(run: Run): Promise<Answer> {
    const launched = await launch(ferry, starter, run);
    switch (launched.do) {
      case "exists":
        return problem("id-taken", `there is a migration "${run.id}" already; choose another id, or leave it out`);
      case "held":
        return problem("root-overlap", rootTaken(pathFrom(run.request.sink.folderPath), launched.by).detail);
      case "started":
        return accepted(run);
    }
  }

  function accepted(run: Run): Answer {
    return {
      status: 202,
      headers: { location: `${base}/${run.id}`, "retry-after": "2" },
      body: { id: run.id, status: run.status, links: linksOf(run.id) },
    };
  }

  function linksOf(id: string): Record<string, string> {
    const self = `${base}/${id}`;
    return {
      self,
      pause: `${self}/pause`,
      resume: `${self}/resume`,
      cancel: `${self}/cancel`,
      rerun: `${self}/rerun`,
      retry: `${self}/retry`,
      journal: `${self}/journal`,
    };
  }

  async function runNamed(id: string): Promise<Run> {
    const run = await ferry.runs.get(id);
    if (run !== undefined) return run;
    throw new LakeError("not-found", { op: "run", path: id, detail: `there is no migration "${id}"` });
  }

  async function command(id: string, wish: Command): Promise<Answer> {
    let refused: string | undefined;
    let before: Run | undefined;
    const run = await ferry.runs.change(id, (now) => {
      const nowMs = ferry.clock.nowMs();
      const status = now.isPurged === true ? undefined : statusAfter(wish, now.status);
      refused = status === undefined ? `it can't be ${past[wish]} now` : undefined;
      const isOutside = wish === "resume" && !windowAt(now.request.window, nowMs).isOpen;
      if (isOutside && status !== undefined) refused = outside(now, nowMs);
      if (status === undefined || refused !== undefined) return void (before = now);
      before = now;
      const { rest, ...known } = now;
      if (status === now.status) return rest === undefined ? undefined : known;
      return wish === "resume"
        ? resumed(known, nowMs)
        : { ...known, status, ...(isLive(status) ? {} : { endedMs: nowMs }) };
    });
    if (refused !== undefined) return problem("command-not-allowed", `migration "${id}" is ${run.status}; ${refused}`);
    if (wish === "resume") {
      const by = await claimRoot(ferry, run);
      if (by !== undefined && before !== undefined) return takenBack(before, run, by);
      await announce(ferry, id, ferry.clock.nowMs());
      await setOff(ferry, starter, run, "Paused");
    }
    if (!isLive(run.status)) await ferry.roots.release(ferry.rootsKey(run.request), run.id);
    return accepted(run);
  }

  async function change(id: string, body: unknown): Promise<Answer> {
    const parsed = capsChange.safeParse(body);
    if (!parsed.success) return badRequest(parsed.error);
    const wrong = tooManyConnections(app, parsed.data);
    if (wrong.length > 0) return wrongFields(wrong);
    const run = await ferry.runs.change(id, (now) =>
      isLive(now.status) ? { ...now, caps: changedCaps(capsOf(now), parsed.data) } : undefined,
    );
    if (isLive(run.status)) return { status: 200, body: { id, status: run.status, caps: capsOf(run) } };
    return problem("command-not-allowed", `migration "${id}" is ${run.status}; its caps can't be changed now`);
  }

  // What was never reached is no failure, so a run that ended before its walk did can't be made whole like this.
  async function retry(id: string): Promise<Answer> {
    const run = await runNamed(id);
    const { status, request, cutover, isPurged } = run;
    const refuse = (why: string) => problem("command-not-allowed", `migration "${id}" is ${status}; ${why}`);
    if (status !== "CompletedWithErrors") {
      return refuse("only one that is CompletedWithErrors can be retried; run it again, which copies what is missing");
    }
    if (isReading(run) || cutover !== undefined) return refuse("it copied nothing by itself that could be retried");
    if (isPurged === true) return refuse("what failed in it is not known any more");
    const failures = await ferry.work(id).failures(mostLookedAt);
    if (failures.length === 0) return refuse("nothing failed in it: names were skipped by skipErrorFile; run it again");
    if (isDivided(request) && failures.some(({ path }) => path === request.source.folderPath)) {
      return refuse("its folderPath itself failed, and it had ranges of names; run it again");
    }
    // A purge that looks at its row from here on leaves it, though it may not know of the retry yet.
    const kept = await ferry.runs.change(id, (now) =>
      now.isPurged === true ? undefined : { ...now, retriedMs: ferry.clock.nowMs() },
    );
    if (kept.isPurged === true) return refuse("what failed in it is not known any more");
    const { id: _, audit: _audit, extra, ...again } = request;
    return fresh({ ...again, audit: false, extra: extra === "delete" ? "report" : extra }, { retryOf: id });
  }

  // One that had stopped holds its root no longer, and another run may have taken it.
  async function takenBack(before: Run, run: Run, by: Claim): Promise<Answer> {
    await ferry.runs.change(run.id, (now) => (now.epoch === run.epoch ? { ...before, epoch: run.epoch } : undefined));
    return problem("root-overlap", rootTaken(pathFrom(run.request.sink.folderPath), by).detail);
  }

  return {
    start: (body) => answering(() => start(body)),
    begin: (request, about) => answering(() => fresh(request, about)),

    change: (id, body) => answering(() => change(id, body)),

    list: () =>
      answering(async () => {
        const { runs, unreadable } = await ferry.runs.list();
        const body = { migrations: runs.slice(0, mostListed).map(summaryOf), total: runs.length };
        return { status: 200, body: unreadable.length === 0 ? body : { ...body, unreadable } };
      }),

    get: (id) =>
      answering(async () => {
        const run = await runNamed(id);
        const nowMs = ferry.clock.nowMs();
        const overview = await app.overviews(run);
        const { account, failures } = overview;
        // A run that ended without its last step has no seal in its row.
        const journal = run.journal ?? (isLive(run.status) ? undefined : await sealJournal(ferry.work(id).journal()));
        const sealed = journal === undefined ? run : { ...run, journal };
        const report: Report = reportOf(sealed, account.tally, nowMs);
        const seal = isLive(run.status) ? {} : { seal: hash("sha256", JSON.stringify(report), "hex") };
        const estimated = await estimatedBeside(ferry, run.request, account.tally.requests);
        const orchestration = { instanceId: instanceOf(run), epoch: run.epoch };
        const body = {
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
          links: linksOf(id),
        };
        return { status: 200, body };
      }),

    journal: (id, query) =>
      answering(async () => journalPage(app, (await runNamed(id)).id, `${base}/${id}/journal`, query)),

    differences: (id, query) =>
      answering(async () => {
        const self = `${base.replace(/\/migrations$/u, "/audits")}/${id}/differences`;
        return journalPage(app, (await runNamed(id)).id, self, query, isDifference);
      }),

    command: (id, wish) => answering(() => command(id, wish)),

    retry: (id) => answering(() => retry(id)),

    rerun: (id) =>
      answering(async () => {
        const { status, request, job, cutover, assess } = await runNamed(id);
        if (isLive(status))
          return problem("command-not-allowed", `migration "${id}" is ${status}; only an ended one runs again`);
        if (cutover !== undefined) {
          return problem("command-not-allowed", `migration "${id}" is a step of cut-over "${cutover}"; cut over again`);
        }
        const { id: _, ...again } = request;
        if (job === undefined || job === "copy") return start(again);
        if (assess !== undefined) return fresh(again, { job, assess });
        return fresh(again, { job, cutOffMs: ferry.clock.nowMs() });
      }),
  };
}

function isDivided(request: MigrationRequest): boolean {
  const [only, ...more] = intervalsOf(request);
  return more.length > 0 || only?.after !== undefined || only?.upTo !== undefined;
}

function resumed({ error: _, endedMs: _ended, journal: _journal, ...run }: Run, nowMs: number): Run {
  return { ...run, status: "Running", epoch: run.epoch + 1, resumedMs: nowMs };
}

function outside({ request }: Run, nowMs: number): string {
  return `it works in its window only, goes on by itself at ${isoTime(windowAt(request.window, nowMs).untilMs)}, and can't be resumed before`;
}

const past: Readonly<Record<Command, string>> = { pause: "paused", resume: "resumed", cancel: "cancelled" };

function summaryOf(run: Run): Record<string, unknown> {
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

function newId(nowMs: number, roll: number): string {
  const stamp = isoTime(nowMs).slice(0, 19).replaceAll(/[-:]/gu, "").replace("T", "-");
  return `${stamp}-${Math.floor(roll * 36 ** 4)
    .toString(36)
    .padStart(4, "0")}`;
}
