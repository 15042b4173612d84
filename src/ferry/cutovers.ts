import { type Cutover, failedBy, isToStart, runOfStep, type Seen, steppedOn } from "../core/cutover.ts";
import { failureOf } from "../core/error.ts";
import { isLive, type Run, statusAfter } from "../core/run.ts";
import { skippedByRule } from "../core/tally.ts";
import type { Cutovers } from "../state/cutovers.ts";
import type { Ferry } from "./ferry.ts";
import { launch, type Start } from "./launch.ts";

/** What moving cut-overs on needs besides the ferry. */
export type CutoverMeans = {
  readonly ferry: Ferry;
  readonly cutovers: Cutovers;
  readonly start: Start;
  /** Some of the paths that a look found written to. */
  readonly samplesOf: (run: string) => Promise<readonly string[]>;
};

/**
 * Moves each cut-over on by what its run has come to, and starts the next run. One that can't be moved on stands in no other's
 * way. May be repeated, and done twice at the same time: a step is written under its version, and a run's id is that
 * of its step.
 */
export async function moveOn(means: CutoverMeans): Promise<void> {
  const { ferry, cutovers } = means;
  const { records, unreadable } = await cutovers.list();
  for (const { id, detail } of unreadable) ferry.log("cutover.unreadable", { cutover: id, detail });
  for (const cutover of records) {
    try {
      if (cutover.status === "Running") await step(means, cutover);
      // Its run may have been on its way when it was cancelled, or whoever cancelled it have been lost.
      if (cutover.status === "Cancelled") await cancelRunOf(ferry, cutover);
    } catch (error) {
      // The next look tries again.
      ferry.log("cutover.failed", { cutover: cutover.id, error: failureOf(error, "cutover", cutover.id) });
    }
  }
}

async function step(means: CutoverMeans, known: Cutover): Promise<void> {
  const { ferry, cutovers } = means;
  const run = await ferry.runs.get(runOfStep(known, known.step));
  const isOver = run !== undefined && (!isLive(run.status) || run.cutover !== known.id);
  const moved = isOver ? await settled(means, known, run) : known;
  const next = moved.step === known.step ? run : await ferry.runs.get(runOfStep(moved, moved.step));
  const nowMs = ferry.clock.nowMs();
  if (!isToStart(moved, next, nowMs)) return;
  const launched = await launch(ferry, means.start, runFor(moved, nowMs));
  if (launched.do !== "held") {
    const now = await cutovers.get(known.id);
    return now?.status === "Cancelled" ? cancelRunOf(ferry, now) : undefined;
  }
  const detail = `it waits for migration ${launched.by.run}, which holds ${launched.by.root} of the sink`;
  await cutovers.change(known.id, (now) =>
    now.step === moved.step && now.detail !== detail ? { ...now, detail } : undefined,
  );
}

/** Cancels the run of a cut-over that was cancelled, if it is live. May be repeated. */
export async function cancelRunOf({ runs, roots, rootsKey, clock }: Ferry, cutover: Cutover): Promise<void> {
  const known = await runs.get(runOfStep(cutover, cutover.step));
  if (known === undefined || known.cutover !== cutover.id || !isLive(known.status)) return;
  const run = await runs.change(known.id, ({ rest: _, ...now }) => {
    const status = statusAfter("cancel", now.status);
    if (status === undefined || status === now.status) return undefined;
    return { ...now, status, ...(isLive(status) ? {} : { endedMs: clock.nowMs() }) };
  });
  if (!isLive(run.status)) await roots.release(rootsKey(run.request), run.id);
}

async function settled({ ferry, cutovers, samplesOf }: CutoverMeans, known: Cutover, run: Run): Promise<Cutover> {
  const after =
    run.cutover === known.id
      ? steppedOn(known, await seenBy(ferry, run), ferry.clock.nowMs())
      : failedBy(known, `another migration has the id ${run.id}`, ferry.clock.nowMs());
  const samples = after.evidence === undefined ? [] : await samplesOf(run.id);
  const noted = samples.length === 0 ? after : { ...after, samples };
  const cutover = await cutovers.change(known.id, (now) =>
    now.status === "Running" && now.step === known.step ? noted : undefined,
  );
  ferry.log("cutover.moved", { cutover: known.id, status: cutover.status, step: cutover.step });
  return cutover;
}

function runFor(cutover: Cutover, nowMs: number): Run {
  const { step, request, seen } = cutover;
  const isPass = step === "delta";
  const sinceMs = seen.look1?.sourceMs;
  return {
    id: runOfStep(cutover, step),
    status: "Queued",
    epoch: 1,
    request,
    ...(isPass ? {} : { job: "look", look: { access: cutover.access, ...(sinceMs === undefined ? {} : { sinceMs }) } }),
    createdMs: nowMs,
    workedMs: 0,
    cutover: cutover.id,
  };
}

async function seenBy(ferry: Ferry, run: Run): Promise<Seen> {
  const { tally, failed } = await ferry.work(run.id).account();
  const { startedMs, endedMs, sourceMs, journal } = run;
  return {
    run: run.id,
    status: run.status,
    ...(startedMs === undefined ? {} : { startedMs }),
    ...(endedMs === undefined ? {} : { endedMs }),
    ...(sourceMs === undefined ? {} : { sourceMs }),
    digest: tally.digest,
    accessDigest: tally.accessDigest,
    files: tally.filesListed,
    folders: tally.foldersListed,
    bytes: tally.bytesListed,
    failed,
    bornByRule: skippedByRule(tally),
    copied: tally.filesCopied,
    differences: tally.differences,
    ...(journal === undefined ? {} : { seal: journal.seal }),
  };
}
