import { pathFrom } from "../core/path.ts";
import { intervalsOf, type MigrationRequest } from "../core/request.ts";
import { isLive, isReading } from "../core/run.ts";
import { skippedByRule, type Tally } from "../core/tally.ts";
import type { App } from "./app.ts";
import type { Begin } from "./begin.ts";
import { type Answer, problem } from "./problem.ts";
import { runNamed } from "./shown.ts";

/** Runs that come of other ones. */
export type Again = {
  /** Starts a run over the names that failed in one that has ended, and over nothing else. */
  readonly retry: (id: string) => Promise<Answer>;
  /** Starts the request of an ended run once more. */
  readonly rerun: (id: string) => Promise<Answer>;
};

/** Opens them over what begins runs: of a request that was parsed, and of a body that wasn't. */
export function openAgain({ ferry }: App, begin: Begin, start: (body: unknown) => Promise<Answer>): Again {
  // What was never reached is no failure, so a run that ended before its walk did can't be made whole like this.
  async function retry(id: string): Promise<Answer> {
    const run = await runNamed(ferry, id);
    const { status, request, cutover, isPurged } = run;
    const refuse = (why: string) => problem("command-not-allowed", `migration "${id}" is ${status}; ${why}`);
    if (status !== "CompletedWithErrors") {
      return refuse("only one that is CompletedWithErrors can be retried; run it again, which copies what is missing");
    }
    if (isReading(run) || cutover !== undefined) return refuse("it copied nothing by itself that could be retried");
    if (isPurged === true) return refuse("what failed in it is not known any more");
    const work = ferry.work(id);
    if ((await work.failures(1)).length === 0 && !mayBeBorneNoMore((await work.account()).tally)) {
      return refuse("nothing failed in it, and nothing was skipped that another run could bring over");
    }
    if (isDivided(request) && (await work.hasFailed(pathFrom(request.source.folderPath)))) {
      return refuse("its folderPath itself failed, and it had ranges of names; run it again");
    }
    // A purge that looks at its row from here on leaves it, though it may not know of the retry yet.
    const kept = await ferry.runs.change(id, (now) =>
      now.isPurged === true ? undefined : { ...now, retriedMs: ferry.clock.nowMs() },
    );
    if (kept.isPurged === true) return refuse("what failed in it is not known any more");
    // What was estimated is no measure for a few names of it.
    const { id: _, maxDeletes: _limit, assessment: _whole, extra, ...rest } = request;
    const told = extra === "delete" ? "report" : extra;
    return begin({ ...rest, audit: false, extra: told, deleteForeign: false }, { retryOf: id });
  }

  return {
    retry,
    rerun: async (id) => {
      const { status, request, job, cutover, assess } = await runNamed(ferry, id);
      if (isLive(status))
        return problem("command-not-allowed", `migration "${id}" is ${status}; only an ended one runs again`);
      if (cutover !== undefined) {
        return problem("command-not-allowed", `migration "${id}" is a step of cut-over "${cutover}"; cut over again`);
      }
      const { id: _, assessment, ...rest } = request;
      const isThere = assessment !== undefined && (await ferry.runs.get(assessment)) !== undefined;
      const again = isThere ? { ...rest, assessment } : rest;
      if (job === undefined || job === "copy") return start(again);
      if (assess !== undefined) return begin(again, { job, assess });
      return begin(again, { job, cutOffMs: ferry.clock.nowMs() });
    },
  };
}

// Names that Gen2 can't hold would be skipped again.
function mayBeBorneNoMore(tally: Tally): boolean {
  const { invalidFileName: files = 0 } = tally.filesSkipped;
  const { invalidFileName: folders = 0 } = tally.foldersSkipped;
  return skippedByRule(tally) > files + folders;
}

function isDivided(request: MigrationRequest): boolean {
  const [only, ...more] = intervalsOf(request);
  return more.length > 0 || only?.after !== undefined || only?.upTo !== undefined;
}
