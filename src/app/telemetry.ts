import { messageOf } from "../core/error.ts";
import { openQuantiles, type Quantiles } from "../core/quantiles.ts";
import type { Standing } from "../core/standing.ts";
import type { Ferry } from "../ferry/ferry.ts";
import type { Attempt } from "../wire/meter.ts";
import { currentTrace, type TraceParent } from "./tracing.ts";
import type { TelemetryPlace } from "./telemetrySettings.ts";

/** What leaves the process for those who watch. Nothing here is sampled, and nothing here fails its caller. */
export type Telemetry = {
  readonly log: Ferry["log"];
  readonly observe: (attempt: Attempt) => void;
  /** Sends what is still here. */
  readonly close: () => Promise<void>;
};

/** One value of one metric, with what it is about. */
export type Point = {
  readonly name: string;
  readonly value: number;
  readonly about: Readonly<Record<string, string>>;
};

/** Where events and metrics go. */
export type Exporting = {
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>, parent: TraceParent | undefined) => void;
  readonly close: () => Promise<void>;
};

/** Starts sending; `points` is called once a minute for what there is to say. */
export type StartExporting = (place: TelemetryPlace, points: () => readonly Point[]) => Promise<Exporting>;

type Seen = { requests: number; throttles: number; readonly failures: Map<string, number>; ms: Quantiles };

/** Telemetry to the console alone, or to where `place` says; the sender is loaded beside the app's own start. */
export function openTelemetry(
  place: TelemetryPlace | undefined,
  toConsole: Ferry["log"],
  start: StartExporting,
): Telemetry {
  if (place === undefined) return { log: toConsole, observe: () => undefined, close: async () => undefined };
  const seen = new Map<string, Seen & { readonly run: string; readonly store: string }>();
  const standings = new Map<string, Standing>();
  const points = () => {
    const all = [...[...seen.values()].flatMap(pointsOfStore), ...[...standings.values()].flatMap(pointsOfRun)];
    // Each minute stands for itself; a run is told of again when it is seen again.
    seen.clear();
    standings.clear();
    return all;
  };
  const exporting = start(place, points);
  // Without its telemetry the app goes on; that it is without is said once.
  exporting.catch((error: unknown) => toConsole("telemetry.failed", { detail: messageOf(error) }));
  return {
    log: (event, fields) => {
      if (event === "run.seen" || event === "run.ended") standings.set(String(fields["run"]), fields as Standing);
      const parent = currentTrace();
      // Not to the console as well: the host would send it a second time.
      exporting.then(
        (sender) => sender.event(event, fields, parent),
        () => toConsole(event, fields),
      );
    },
    observe: ({ run, store, ms, kind }) => {
      const key = `${run} ${store}`;
      let at = seen.get(key);
      if (at === undefined) {
        at = { run, store, requests: 0, throttles: 0, failures: new Map(), ms: openQuantiles() };
        seen.set(key, at);
      }
      at.requests++;
      at.ms.add(ms);
      if (kind === "throttled") at.throttles++;
      if (kind !== undefined) at.failures.set(kind, (at.failures.get(kind) ?? 0) + 1);
    },
    close: async () => {
      await exporting.then(({ close }) => close()).catch(() => undefined);
    },
  };
}

function pointsOfStore({
  run,
  store,
  requests,
  throttles,
  failures,
  ms,
}: Seen & { run: string; store: string }): Point[] {
  const about = { run, store };
  return [
    { name: "lakeferry.requests", value: requests, about },
    { name: "lakeferry.throttles", value: throttles, about },
    ...[...failures].map(([kind, value]) => ({ name: "lakeferry.requests.failed", value, about: { ...about, kind } })),
    ...[0.5, 0.95, 0.99].map((share) => ({
      name: "lakeferry.latency",
      value: ms.at(share) ?? 0,
      about: { ...about, percentile: `p${share * 100}` },
    })),
  ];
}

// Sums since the run began: what is lost on the way is made good by the next.
function pointsOfRun({ run, copied, skipped, failed, failedBecause, bytes, lanes }: Standing): Point[] {
  const files = { copied, skipped, failed };
  return [
    ...Object.entries(files).map(([outcome, value]) => ({ name: "lakeferry.files", value, about: { run, outcome } })),
    ...Object.entries(failedBecause).map(([kind, value]) => ({
      name: "lakeferry.failures",
      value,
      about: { run, kind },
    })),
    { name: "lakeferry.bytes", value: bytes, about: { run } },
    { name: "lakeferry.lanes", value: lanes, about: { run } },
  ];
}
