import { pathFrom } from "../core/path.ts";
import { intervalsOf, type MigrationRequest } from "../core/request.ts";
import { selectsAll } from "../core/selection.ts";
import type { Run } from "../core/run.ts";
import type { Source } from "../lake/lake.ts";
import type { Ferry } from "./ferry.ts";

const patienceMs = 30_000;

/** Notes the source's own count of the root, which makes an ETA possible; a large lake can't say it: then there is none. */
export async function noteExpected(ferry: Ferry, run: Run, source: Source, signal: AbortSignal): Promise<void> {
  const { request } = run;
  if (run.retryOf !== undefined || !countsWhole(request)) return;
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const expected = await source.summary(pathFrom(request.source.folderPath), either);
    await ferry.runs.change(run.id, (now) => (now.expected === undefined ? { ...now, expected } : undefined));
  } catch {
    // No estimate is no reason to trouble anybody.
  }
}

function countsWhole(request: MigrationRequest): boolean {
  const [only, ...more] = intervalsOf(request);
  const isWhole = more.length === 0 && only?.after === undefined && only?.upTo === undefined;
  return isWhole && request.source.fileName === undefined && selectsAll(request.source);
}
