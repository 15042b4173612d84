import type { Failure } from "../core/error.ts";
import { isTooMany } from "../core/faultRules.ts";
import { limitOf } from "../core/fidelity.ts";
import { isLive, type Progress, type Rest, restingStatus, type Run, type RunStatus, type Totals } from "../core/run.ts";
import { standingOf } from "../core/standing.ts";
import type { Spent } from "../core/stopAfter.ts";
import type { WavePlan } from "../core/steps.ts";
import { isBalanced } from "../core/tally.ts";
import { sealJournal } from "../state/journal.ts";
import { countedIn, type LaneAccount } from "../state/workRows.ts";
import type { Ferry } from "./ferry.ts";
import { isUnclean, nextWalk } from "./phases.ts";

const maxStalls = 8;
/** The same where a lake doesn't accept who asks: about a day, in which a person may renew a secret. */
const maxWaits = 300;

/** Ends a run, or lays it to rest. The status is chosen in the same step that writes it, so that a command given meanwhile isn't lost. */
export async function endRun(
  ferry: Ferry,
  run: Run,
  choose: (now: RunStatus) => RunStatus | undefined,
  { error, rest, spent }: { readonly error?: Failure | undefined; readonly rest?: Rest; readonly spent?: Spent } = {},
): Promise<WavePlan> {
  const nowMs = ferry.clock.nowMs();
  const journal = await sealJournal(ferry.work(run.id).journal());
  const { status } = await ferry.runs.change(run.id, ({ resumedMs, error: before, ...now }) => {
    // A live run's is what it has waited for.
    const wrong = error ?? (isLive(now.status) ? undefined : before);
    if (now.epoch !== run.epoch || (!isLive(now.status) && now.endedMs !== undefined)) return undefined;
    // A person's wish goes over what the run's own request says.
    const isOwn = rest !== undefined && restingStatus(now.status) === undefined;
    const status = (rest === undefined || isOwn ? choose : restingStatus)(now.status) ?? now.status;
    return {
      ...now,
      status,
      workedMs: now.workedMs + (resumedMs === undefined ? 0 : nowMs - resumedMs),
      ...(isLive(status) ? {} : { endedMs: now.endedMs ?? nowMs, journal }),
      ...(wrong === undefined ? {} : { error: wrong }),
      ...(isOwn ? { rest } : {}),
      ...(isOwn && spent !== undefined ? { spent } : {}),
    };
  });
  await ferry.rivals.leave([run.id]);
  // The claim of a run that has ended counts for nothing, so losing this step holds nobody up.
  if (!isLive(status)) await ferry.roots.release(ferry.rootsKey(run.request), run.id);
  const account = await ferry.work(run.id).account();
  ferry.log("run.ended", { ...standingOf({ ...run, status }, account.tally), error });
  return { do: "end", status, totals: totalsOf(account) };
}

/** How a run of which nothing is left has gone. */
export function outcomeOf(run: Run, account: LaneAccount): { status: RunStatus; error?: Failure } {
  const { tally, created, done, failed } = account;
  if (created === 0 || created !== done + failed || !isBalanced(tally)) {
    return {
      status: "Failed",
      error: {
        kind: "unexpected",
        op: "finish",
        path: "/",
        detail: `the books don't balance: ${created} packets made, ${done} done, ${failed} failed; please report this`,
      },
    };
  }
  const next = nextWalk(run, account);
  if (next.do === "end" && next.error !== undefined) return { status: "CompletedWithErrors", error: next.error };
  return { status: failed === 0 && !isUnclean(tally) ? "Succeeded" : "CompletedWithErrors" };
}

/** Why a run goes no further; what was done stays done, and what is left stays as it is. */
export function tooManyFailures(run: Run, account: LaneAccount): Failure | undefined {
  const { maxFailures } = run.request;
  const { listed, failed } = countedIn(run, account);
  if (!isTooMany(limitOf(maxFailures), failed, listed)) return undefined;
  const detail = `stopped: ${failed} of ${listed} files and folders failed, and maxFailures allows ${maxFailures}`;
  return { kind: "unprocessable", op: "maxFailures", path: "/", detail, code: "TooManyFailures" };
}

/** Whether so many waves in a row that moved nothing end a run. */
export function isStalled({ stalls, waits = 0 }: Progress, lastError: Failure | undefined): boolean {
  return stalls >= (isHopeless(lastError) ? 1 : maxStalls) || waits >= maxWaits;
}

// Waiting mends nothing: a list that was changed doesn't change back.
function isHopeless(lastError: Failure | undefined): boolean {
  return lastError?.op === "list" && lastError.kind === "changed";
}

/** Why a run ends that doesn't move. */
export function stalled(stalls: number, lastError: Failure | undefined): Failure {
  if (lastError !== undefined && isHopeless(lastError)) return lastError;
  const detail = `stalled: ${stalls} waves in a row moved nothing`;
  if (lastError === undefined) return { kind: "unexpected", op: "planWave", path: "/", detail };
  return { ...lastError, detail: `${detail}; the last one said: ${lastError.detail}` };
}

/** What those who watch an orchestration are told. */
export function totalsOf({ tally, failed }: LaneAccount): Totals {
  return { files: tally.filesListed, bytes: tally.bytesCopied, failed };
}
