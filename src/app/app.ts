import { randomUUID } from "node:crypto";
import { blockSizes } from "../core/blocks.ts";
import type { Pace } from "../core/pacing.ts";
import type { StoreName } from "../core/waits.ts";
import { openAccessMemories, toldIn } from "../ferry/accessMemory.ts";
import { openBuffers } from "../ferry/buffers.ts";
import type { Ferry } from "../ferry/ferry.ts";
import { refuseFailed, sinkChecks } from "../ferry/preflight.ts";
import type { Blobs } from "../state/blobs.ts";
import { type Cutovers, openCutovers } from "../state/cutovers.ts";
import { journalLines, openJournal } from "../state/journal.ts";
import { runsReferredTo } from "../state/references.ts";
import { openPulses } from "../state/pulse.ts";
import { recent } from "../state/recent.ts";
import { openRivals } from "../state/rivals.ts";
import { openRoots, type Roots } from "../state/roots.ts";
import { openRuns } from "../state/runs.ts";
import { openScheduledRoots, openSchedules, type Schedules } from "../state/schedules.ts";
import { tableList } from "../state/tableList.ts";
import { openWork } from "../state/work.ts";
import { newMeter } from "../wire/meter.ts";
import { systemClock } from "./clock.ts";
import type { CloudName } from "./clouds.ts";
import type { Connection } from "./connections.ts";
import { type Lakes, openLakes } from "./lakes.ts";
import { processLoad } from "./load.ts";
import { openOverviews, type Overviews } from "./overview.ts";
import { readSettings, type Settings } from "./settings.ts";
import { openValves } from "../ferry/valves.ts";
import { openWidening } from "../ferry/widen.ts";
import { openState } from "./state.ts";
import { openTelemetry, type Telemetry } from "./telemetry.ts";

/** How old what people see of a run may be: a page that asks every second costs a query every other. */
const overviewMs = 2000;
/** So many files in flight cost next to nothing. */
const leastFiles = 4;
const dayMs = 86_400_000;
const mebibyte = 1024 * 1024;
const preflightEveryMs = 3_600_000;
const connectionsOfTries = 4;

/** The assembled application: one per process. */
export type App = {
  readonly ferry: Ferry;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly cloud: CloudName;
  /** Whether the header that says who calls is to be believed. */
  readonly easyAuth: "on" | "off";
  /** Connections that this process opens to each store: what a request may ask for at most. */
  readonly maxConnections: number;
  /** What looks at a request's sink beyond what a migration needs. */
  readonly probe: Lakes["probe"];
  /** How runs stand, for people. */
  readonly overviews: Overviews;
  readonly schedules: Schedules;
  readonly cutovers: Cutovers;
  /** Which schedules write where, whether or not a run of theirs is live. */
  readonly scheduledRoots: Roots;
  /** When the timer looks for schedules that are due. */
  readonly scheduleCron: string;
  /** Runs that outlive their time: others still refer to them. */
  readonly keptRuns: () => Promise<ReadonlySet<string>>;
  /** When the timer looks for runs to remove, and how long after their end; undefined: never. */
  readonly purge: { readonly cron: string; readonly afterMs: number | undefined };
  /** Where the journals are. */
  readonly blobs: Blobs;
  /** Tells running slices to save and stop. */
  readonly close: () => Promise<void>;
};

/** Assembles the application from app settings; throws LakeError "invalid" naming a setting that is wrong. */
export function openApp(env: Readonly<Record<string, string | undefined>>, toConsole: Ferry["log"]): App {
  const settings = readSettings(env);
  // Large, and of no use where telemetry goes nowhere: loaded when it is needed.
  const sender = () => import("./openTelemetry.ts");
  const telemetry = openTelemetry(settings.telemetry, toConsole, async (place, points) =>
    (await sender()).startExporting(place, points),
  );
  const { log } = telemetry;
  const { tuning } = settings;
  const { rows, blobs, tableNamed } = openState(settings.state, {
    table: tuning.table,
    container: tuning.journalContainer,
  });
  const runs = openRuns(rows);
  const schedules = openSchedules(rows);
  const cutovers = openCutovers(rows);
  const rivals = openRivals(rows);
  const knownRivals = recent(systemClock, tuning.pulseIntervalMs, rivals.all);
  const work = (run: string) => openWork(rows, run, randomUUID, systemClock);
  const widening = openWidening(
    systemClock,
    { least: leastFiles, most: tuning.filesInFlight },
    tuning.memoryMiB * mebibyte,
    ({ slots, why }) => log("width.changed", { slots, why }),
  );
  const closing = new AbortController();
  const lakes = openLakes(settings.connections, wiringOf(settings, telemetry), tuning.connections);
  return {
    connections: settings.connections,
    cloud: tuning.cloud,
    probe: lakes.probe,
    easyAuth: tuning.easyAuth,
    maxConnections: tuning.connections,
    schedules,
    cutovers,
    scheduledRoots: openScheduledRoots(rows, schedules),
    scheduleCron: tuning.scheduleCron,
    keptRuns: () => runsReferredTo(schedules, cutovers),
    purge: {
      cron: tuning.purgeCron,
      afterMs: tuning.purgeAfterDays === 0 ? undefined : tuning.purgeAfterDays * dayMs,
    },
    overviews: openOverviews(work, systemClock, overviewMs),
    blobs,
    close: async () => {
      closing.abort(new Error("the app is closing"));
      await telemetry.close();
    },
    ferry: {
      clock: systemClock,
      runs,
      roots: openRoots(rows, runs.isLive),
      ...(tuning.preflight === "on" ? { preflight: beforeFirstRuns(lakes) } : {}),
      rootsKey: ({ sink }) => `${settings.connections.get(sink.connection)?.endpoint ?? ""} ${sink.fileSystem}`,
      work,
      journal: (run, claim) => openJournal(blobs, `${run}/${claim}.jsonl`),
      journalOf: (run) => (from) => journalLines(blobs, work(run).journal(), from),
      lakes: lakes.open,
      listTable: ({ table, partitionKey, property }) => tableList(tableNamed(table), { partitionKey, property }),
      valves: () => openValves(systemClock, tuning.connections),
      load: processLoad,
      sizes: blockSizes,
      memory: widening.memory,
      buffers: openBuffers(tuning.memoryMiB * mebibyte),
      files: widening.files,
      mostFiles: tuning.filesInFlight,
      widen: widening.look,
      access: { namedEntries: tuning.namedAclEntries, memory: openAccessMemories(toldIn(runs)) },
      pulse: openPulses(runs, work, systemClock, tuning.pulseIntervalMs),
      rivals,
      knownRivals: () => knownRivals("all"),
      closing: closing.signal,
      log,
      pace: {
        listings: tuning.listingsInFlight,
        saveMs: tuning.saveIntervalMs,
        pulseMs: tuning.pulseIntervalMs,
        graceMs: tuning.graceMs,
        deadlineGraceMs: tuning.deadlineGraceMs,
        pollMs: tuning.pollIntervalMs,
        giveMs: tuning.giveIntervalMs,
        starvedMs: tuning.starvedMs,
        lookMs: tuning.lookMs,
        firstWaveMs: tuning.firstWaveMs,
        waveMs: tuning.waveMs,
        keeperGraceMs: tuning.keeperGraceMs,
        stallMs: tuning.stallMs,
      },
    },
  };
}

function wiringOf({ tuning }: Settings, { log, observe }: Telemetry) {
  return {
    clock: systemClock,
    backoff: { tries: tuning.tries, firstMs: tuning.firstRetryMs, maxMs: tuning.maxRetryMs },
    attemptTimeoutMs: tuning.attemptTimeoutMs,
    report: (event: Readonly<Record<string, unknown>>) => log("wire.failed", event),
    observe,
    paced: (store: StoreName, { perSecond, why }: Pace) =>
      log("pace.changed", { store, ...(perSecond === undefined ? {} : { perSecond: Math.round(perSecond) }), why }),
  };
}

// Runs of one request's kind into one file system try it once an hour, not each.
function beforeFirstRuns({ open, probe }: Lakes): NonNullable<Ferry["preflight"]> {
  const lastMs = new Map<string, number>();
  return async (request) => {
    const { connection, fileSystem } = request.sink;
    const key = JSON.stringify([connection, fileSystem, request.preserve]);
    const nowMs = systemClock.nowMs();
    if (nowMs - (lastMs.get(key) ?? -Infinity) < preflightEveryMs) return;
    // What a run is charged with are its own requests.
    const meter = newMeter();
    const { source, sink } = open(request, meter, openValves(systemClock, connectionsOfTries));
    const ground = { request, source, sink, probe: probe(request, meter), clock: systemClock, id: randomUUID() };
    refuseFailed(await sinkChecks(ground), `${connection}/${fileSystem}`);
    lastMs.set(key, nowMs);
  };
}
