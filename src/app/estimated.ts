import { besideOf, type Estimated } from "../core/beside.ts";
import { reportOf } from "../core/report.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Tally } from "../core/tally.ts";
import type { Ferry } from "../ferry/ferry.ts";
import type { App } from "./app.ts";
import type { FieldError } from "./problem.ts";

/** What is wrong with the assessment that a request names, if it names one. */
export async function wrongAssessment(
  { runs }: Pick<Ferry, "runs">,
  { assessment }: MigrationRequest,
): Promise<readonly FieldError[]> {
  if (assessment === undefined) return [];
  const run = await runs.get(assessment);
  if (run?.job === "assess") return [];
  const message =
    run === undefined
      ? `there is no assessment "${assessment}"; POST /api/assessments starts one`
      : `"${assessment}" is a migration; give the id of an assessment`;
  return [{ field: "assessment", message }];
}

/** The two side by side; undefined when the request names no assessment, or it is there no longer. */
export async function estimatedBeside(
  { ferry: { runs, clock }, overviews }: Pick<App, "ferry" | "overviews">,
  { assessment }: MigrationRequest,
  actual: Tally["requests"],
): Promise<Estimated | undefined> {
  const run = assessment === undefined ? undefined : await runs.get(assessment);
  if (assessment === undefined || run === undefined) return undefined;
  const { account } = await overviews(run);
  const report = reportOf(run, account.tally, clock.nowMs());
  const estimated = report.assessment?.estimate.requests.byOperation;
  if (estimated === undefined) return undefined;
  return besideOf(assessment, estimated, actual);
}
