import { isReading, type Phase, phaseOf, type Run } from "../core/run.ts";
import { childPath } from "../core/path.ts";
import { leavesOut } from "../core/selection.ts";
import { wayOf } from "../core/way.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { Meter } from "../wire/meter.ts";
import { openGranting } from "./access.ts";
import { assessing } from "./assessing.ts";
import { auditing } from "./audit.ts";
import type { Crossing } from "./copy.ts";
import { openExtras } from "./extras.ts";
import type { Ferry } from "./ferry.ts";
import { isThere } from "./gone.ts";
import { labelsOf } from "./label.ts";
import type { Ledger } from "./ledger.ts";
import { looking } from "./looking.ts";
import { type Beside, openMarch } from "./march.ts";
import { planning } from "./planned.ts";
import { deferringSwaps, deleting } from "./swaps.ts";
import { untouched } from "./untouched.ts";
import { rulesOf } from "./verdict.ts";
import { copying } from "./visit.ts";
import type { Visitor } from "./visitor.ts";

/** Who visits what a run's present walk comes by, and the sink's side of that walk. */
export function visitorFor(
  ferry: Ferry,
  run: Run,
  means: {
    readonly lakes: { readonly source: Source; readonly sink: Sink };
    readonly memory: Crossing["memory"];
    readonly ledger: Ledger;
    readonly meter: Meter;
    readonly isPatient: boolean;
    readonly isHeld: Crossing["isHeld"];
    /** What the request calls its list. */
    readonly listName: string | undefined;
    /** Items that may still be deleted. */
    readonly deletesLeft: number;
  },
): { readonly visitor: Visitor; readonly beside: Beside | undefined } {
  const { request } = run;
  const { ledger, meter, isPatient } = means;
  const phase = phaseOf(run);
  const isDry = request.dryRun;
  const { source } = means.lakes;
  const sink = isReading(run) || phase === "audit" ? untouched(means.lakes.sink) : means.lakes.sink;
  const way = wayOf(request);
  const { moved, nameAt, sourceOf } = way;
  const { namedEntries } = ferry.access;
  const memory = ferry.access.memory(run.id);
  if (run.mispredicted !== undefined) memory.prediction.distrust();
  const access = openGranting({ request, source, sink, namedEntries, memory });
  const extras = openExtras({
    source,
    sink,
    way,
    ledger,
    do: phase === "delete" ? "delete" : phase === "audit" || request.extra === "delete" ? "weigh" : "tell",
    deleteForeign: request.deleteForeign,
    allowance: { left: means.deletesLeft },
    sinceMs: run.createdMs,
  });
  const copy = copying({
    request,
    crossing: {
      run: run.id,
      isHeld: means.isHeld,
      overwrite: request.overwrite,
      compare: request.compare,
      consistency: request.validateDataConsistency,
      isDry,
      source,
      sink,
      compared: ledger.compared,
      labels: labelsOf(run.id, request, run.createdMs),
      access,
      way,
      memory: means.memory,
      buffers: ferry.buffers,
      blockSizeInMB: request.sink.blockSizeInMB,
      sizes: ferry.sizes,
      nowMs: ferry.clock.nowMs,
    },
    ledger,
    meter,
    nowMs: ferry.clock.nowMs,
    isPatient,
    listName: means.listName,
    largeFile: ferry.work(run.id).file,
    extras,
  });
  const swaps = { run: run.id, source, sink, extras, ledger, moved, isDry };
  const wantsExtra = phase === "audit" || phase === "delete" || (request.extra !== "keep" && request.mode === "copy");
  // What isn't selected would look like what only the sink has.
  const isAll = !leavesOut(request.source);
  const beside: Beside = (folder, stretch) =>
    openMarch(
      sink,
      moved(folder),
      stretch,
      {
        nameAt,
        has: async (name, signal) => {
          const of = sourceOf(name);
          return of !== undefined && (await isThere(source, childPath(folder, of), signal));
        },
      },
      wantsExtra && isAll,
    );
  const visitors: Readonly<Record<Phase, () => Visitor>> = {
    copy: () => (request.extra === "delete" ? deferringSwaps(copy, swaps) : copy),
    delete: () => deleting(copy, swaps),
    look: () =>
      looking(copy, { look: run.look ?? { access: "listed" }, source, ledger, recursive: request.source.recursive }),
    assess: () =>
      assessing(copy, {
        request,
        source,
        ledger,
        principals: memory.principals,
        sizes: ferry.sizes,
        namedEntries,
        moved,
        writer: run.assess?.writer,
      }),
    audit: () =>
      auditing(copy, {
        run: run.id,
        source,
        sink,
        compared: ledger.compared,
        access,
        extras,
        ledger,
        way,
        skipsNames: rulesOf(request).invalidFileName,
        compare: request.compare,
        preserve: request.preserve,
        recursive: request.source.recursive,
        wantsExtra: wantsExtra && isAll,
        cutOffMs: run.cutOffMs ?? run.startedMs ?? run.createdMs,
      }),
  };
  const visitor = visitors[phase]();
  return {
    visitor: isDry ? planning(visitor) : visitor,
    beside: phase === "look" || phase === "assess" ? undefined : beside,
  };
}
