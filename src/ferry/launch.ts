import { type Failure, failureOf, isKind } from "../core/error.ts";
import { pathFrom } from "../core/path.ts";
import { isReading, type Run } from "../core/run.ts";
import type { Claim } from "../state/roots.ts";
import type { Ferry } from "./ferry.ts";

/** Starts the orchestration of a run's present epoch; a start that is already there is no error. */
export type Start = (run: Run) => Promise<void>;

/** What became of a new run: on its way, its id taken, or its sink root held by another live run. */
export type Launched =
  | { readonly do: "started" }
  | { readonly do: "exists" }
  | { readonly do: "held"; readonly by: Claim };

/** Adds a run, claims its sink root and sets it off. A run that may not begin leaves no row. */
export async function launch(ferry: Ferry, start: Start, run: Run): Promise<Launched> {
  try {
    await ferry.runs.add(run);
  } catch (error) {
    if (!isKind(error, "conflict")) throw error;
    return { do: "exists" };
  }
  let by: Claim | undefined;
  try {
    by = await claimRoot(ferry, run);
  } catch (error) {
    await ferry.runs.remove(run.id);
    throw error;
  }
  if (by !== undefined) {
    await ferry.runs.remove(run.id);
    return { do: "held", by };
  }
  await announce(ferry, run.id, run.createdMs);
  await setOff(ferry, start, run, "Failed");
  return { do: "started" };
}

/** Takes a run's sink root; resolves to the claim of a live run that stands in the way. May be repeated. */
export async function claimRoot(ferry: Ferry, run: Run): Promise<Claim | undefined> {
  // Who only reads stands in nobody's way.
  if (isReading(run)) return undefined;
  const { id, request } = run;
  return ferry.roots.claim(ferry.rootsKey(request), { run: id, root: pathFrom(request.sink.folderPath) });
}

/**
 * Starts a run's present epoch. A new run whose orchestration could not be started ends, so that it doesn't hold its root
 * for ever; a paused one stays paused.
 */
export async function setOff(ferry: Ferry, start: Start, run: Run, otherwise: "Failed" | "Paused"): Promise<void> {
  try {
    await start(run);
  } catch (error) {
    const failure = failureOf(error, "start", run.request.source.folderPath);
    // The start may have worked and only its reply been lost: then the run has moved on and is left alone.
    const failed = await ferry.runs.change(run.id, ({ resumedMs: _, ...now }) =>
      now.epoch !== run.epoch || now.status !== run.status || (otherwise === "Failed" && now.startedMs !== undefined)
        ? undefined
        : {
            ...now,
            status: otherwise,
            error: notStarted(failure),
            ...(otherwise === "Failed" ? { endedMs: ferry.clock.nowMs() } : {}),
          },
    );
    if (failed.status === "Failed") await ferry.roots.release(ferry.rootsKey(run.request), run.id);
    throw error;
  }
}

/** Tells other runs of this one, so that they make way; should they not hear of it, it waits for their waves to end. */
export async function announce(ferry: Ferry, run: string, sinceMs: number): Promise<void> {
  try {
    await ferry.rivals.enter({ run, sinceMs });
  } catch (error) {
    ferry.log("run.unannounced", { run, error: failureOf(error, "start", run) });
  }
}

function notStarted(failure: Failure): Failure {
  return { ...failure, detail: `the orchestration could not be started: ${failure.detail}` };
}
