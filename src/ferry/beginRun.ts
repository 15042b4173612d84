import { failureOf } from "../core/error.ts";
import { isLive, isOfSourceOnly, isReading, type Run } from "../core/run.ts";
import { emptyTally } from "../core/tally.ts";
import { newMeter } from "../wire/meter.ts";
import { openGranting } from "./access.ts";
import type { Ferry } from "./ferry.ts";
import { labelsOf } from "./label.ts";
import { listOf } from "./lists.ts";
import { nowhere } from "./nowhere.ts";
import { prepare, prepareSource } from "./prepare.ts";
import { withRemedy } from "./unaccepted.ts";
import { untouched } from "./untouched.ts";

/** Prepares what a run needs before its first wave, and says in its row that it has begun; or that it can't. */
export async function beginRun(ferry: Ferry, run: Run): Promise<Run> {
  const nowMs = ferry.clock.nowMs();
  const meter = newMeter(run.id);
  let prepared: Awaited<ReturnType<typeof prepare>>;
  try {
    const { request } = run;
    const lakes = ferry.lakes(request, meter, ferry.valves());
    const { source } = lakes;
    const sink = isOfSourceOnly(run) ? nowhere : isReading(run) ? untouched(lakes.sink) : lakes.sink;
    const { namedEntries, memory } = ferry.access;
    const access = openGranting({ request, source, sink, namedEntries, memory: memory(run.id) });
    const list = listOf(run, { source, sink }, ferry);
    const crossing = { access, labels: labelsOf(run.id, request, run.createdMs) };
    if (isOfSourceOnly(run)) prepared = await prepareSource(request, source, list);
    else {
      prepared = await prepare(run.id, request, source, sink, crossing, list);
      // It tries by writing: a run that changes nothing has nothing to try.
      if (!isReading(run)) await ferry.preflight?.(request);
    }
  } catch (error) {
    const failure = withRemedy(failureOf(error, "prepare", run.request.source.folderPath), run.request);
    ferry.log("run.refused", { run: run.id, error: failure });
    // Doubled executions: the other one may have begun, or ended, the run meanwhile.
    const isOurs = (now: Run) => now.epoch === run.epoch && now.startedMs === undefined && isLive(now.status);
    return ferry.runs.change(run.id, (now) =>
      !isOurs(now) ? undefined : { ...now, status: "Failed", startedMs: nowMs, error: failure },
    );
  }
  // A state store that is away for a moment is no verdict on the run: what is thrown here is tried again.
  await ferry.work(run.id).seed(prepared.cut, { ...emptyTally, requests: meter.requests, throttles: meter.throttles });
  ferry.log("run.started", { run: run.id });
  const { sourceMs } = prepared;
  return ferry.runs.change(run.id, (now) =>
    now.startedMs !== undefined
      ? undefined
      : {
          ...now,
          status: now.status === "Queued" ? "Running" : now.status,
          startedMs: nowMs,
          resumedMs: nowMs,
          ...(sourceMs === undefined ? {} : { sourceMs }),
        },
  );
}
