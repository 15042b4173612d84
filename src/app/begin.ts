import { pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Run } from "../core/run.ts";
import { launch, type Start } from "../ferry/launch.ts";
import { rootTaken } from "../state/roots.ts";
import type { App } from "./app.ts";
import { tooSmallBlocks, whatCantBeDone } from "./checks.ts";
import { wrongAssessment } from "./estimated.ts";
import { isoTime } from "./overview.ts";
import { type Answer, problem, wrongFields } from "./problem.ts";

/** Begins a run of a request that was parsed, or says why it can't. */
export type Begin = (
  request: MigrationRequest,
  about: Pick<Run, "job" | "cutOffMs" | "assess" | "retryOf">,
) => Promise<Answer>;

/** Opens it; `base` is the address of /api/migrations as the caller sees it. */
export function openBegin(app: App, starter: Start, base: string): Begin {
  const { ferry } = app;

  async function begin(run: Run): Promise<Answer> {
    const launched = await launch(ferry, starter, run);
    switch (launched.do) {
      case "exists":
        return problem("id-taken", `there is a migration "${run.id}" already; choose another id, or leave it out`);
      case "held":
        return problem("root-overlap", rootTaken(pathFrom(run.request.sink.folderPath), launched.by).detail);
      case "started":
        return accepted(base, run);
    }
  }

  return async (request, about) => {
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
  };
}

/** What is answered about a run that was told something. */
export function accepted(base: string, run: Run): Answer {
  return {
    status: 202,
    headers: { location: `${base}/${run.id}`, "retry-after": "2" },
    body: { id: run.id, status: run.status, links: linksOf(base, run.id) },
  };
}

/** Where a run is looked at, and told something. */
export function linksOf(base: string, id: string): Record<string, string> {
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

function newId(nowMs: number, roll: number): string {
  const stamp = isoTime(nowMs).slice(0, 19).replaceAll(/[-:]/gu, "").replace("T", "-");
  return `${stamp}-${Math.floor(roll * 36 ** 4)
    .toString(36)
    .padStart(4, "0")}`;
}
