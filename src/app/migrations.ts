import { isDifference } from "../core/journal.ts";
import { migrationRequest } from "../core/request.ts";
import type { Command } from "../core/run.ts";
import type { Start } from "../ferry/launch.ts";
import { openAgain } from "./again.ts";
import type { App } from "./app.ts";
import { type Begin, openBegin } from "./begin.ts";
import { openCommands } from "./commands.ts";
import { journalPage } from "./journal.ts";
import { type Answer, answering, badRequest } from "./problem.ts";
import { runNamed, shownRun, summaryOf } from "./shown.ts";

/** The HTTP API over migrations, without HTTP: parsed bodies in, answers out. */
export type Migrations = {
  readonly start: (body: unknown) => Promise<Answer>;
  /** Begins a run of another kind, whose request was checked. */
  readonly begin: Begin;
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

/** Opens the API; `base` is the address of /api/migrations as the caller sees it. */
export function openMigrations(app: App, starter: Start, base: string): Migrations {
  const { ferry } = app;
  const begin = openBegin(app, starter, base);
  const { command, change } = openCommands(app, starter, base);
  const start = async (body: unknown) => {
    const parsed = migrationRequest.safeParse(body);
    return parsed.success ? begin(parsed.data, {}) : badRequest(parsed.error);
  };
  const { retry, rerun } = openAgain(app, begin, start);

  return {
    start: (body) => answering(() => start(body)),
    begin: (request, about) => answering(() => begin(request, about)),
    command: (id, wish) => answering(() => command(id, wish)),
    change: (id, body) => answering(() => change(id, body)),
    retry: (id) => answering(() => retry(id)),
    rerun: (id) => answering(() => rerun(id)),

    list: () =>
      answering(async () => {
        const { records, unreadable } = await ferry.runs.each((run) => ({ ms: run.createdMs, shown: summaryOf(run) }));
        const newest = records.toSorted((a, b) => b.ms - a.ms).slice(0, mostListed);
        const body = { migrations: newest.map(({ shown }) => shown), total: records.length };
        return { status: 200, body: unreadable.length === 0 ? body : { ...body, unreadable } };
      }),

    get: (id) => answering(async () => ({ status: 200, body: await shownRun(app, await runNamed(ferry, id), base) })),

    journal: (id, query) =>
      answering(async () => journalPage(app, (await runNamed(ferry, id)).id, `${base}/${id}/journal`, query)),

    differences: (id, query) =>
      answering(async () => {
        const self = `${base.replace(/\/migrations$/u, "/audits")}/${id}/differences`;
        return journalPage(app, (await runNamed(ferry, id)).id, self, query, isDifference);
      }),
  };
}
