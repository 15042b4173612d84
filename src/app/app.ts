import { randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { budget } from "../core/budget.ts";
import { isLive } from "../core/run.ts";
import type { Ferry } from "../ferry/ferry.ts";
import { openRoots } from "../state/roots.ts";
import { openRuns } from "../state/runs.ts";
import { tableRows } from "../state/tableRows.ts";
import { openWork } from "../state/work.ts";
import { systemClock } from "./clock.ts";
import type { Connection } from "./connections.ts";
import { managedIdentity } from "./identity.ts";
import { openLakes } from "./lakes.ts";
import { readSettings, type Settings, type StateStore } from "./settings.ts";

const mebibyte = 1024 * 1024;

/** The assembled application: one per process. */
export type App = {
  readonly ferry: Ferry;
  readonly connections: ReadonlyMap<string, Connection>;
  /** Tells running slices to save and stop. */
  readonly close: () => void;
};

/** Assembles the application from app settings; throws LakeError "invalid" naming a setting that is wrong. */
export function openApp(env: Readonly<Record<string, string | undefined>>, log: Ferry["log"]): App {
  const settings = readSettings(env);
  const { tuning } = settings;
  const rows = tableRows(tableClient(settings.state, tuning.table));
  const runs = openRuns(rows);
  const closing = new AbortController();
  const lakes = openLakes(settings.connections, wiringOf(settings, log), tuning.connections);
  return {
    connections: settings.connections,
    close: () => closing.abort(new Error("the app is closing")),
    ferry: {
      clock: systemClock,
      runs,
      roots: openRoots(rows, async (run) => {
        const found = await runs.get(run);
        return found !== undefined && isLive(found.status);
      }),
      rootsKey: ({ sink }) => `${settings.connections.get(sink.connection)?.endpoint ?? ""} ${sink.fileSystem}`,
      work: (run) => openWork(rows, run, randomUUID),
      lakes: lakes.open,
      memory: budget(tuning.memoryMiB * mebibyte),
      closing: closing.signal,
      log,
      pace: {
        width: { listings: tuning.listingsInFlight, files: tuning.filesInFlight },
        saveMs: tuning.saveIntervalMs,
        pulseMs: tuning.pulseIntervalMs,
        graceMs: tuning.graceMs,
        deadlineGraceMs: tuning.deadlineGraceMs,
        firstWaveMs: tuning.firstWaveMs,
        waveMs: tuning.waveMs,
        keeperGraceMs: tuning.keeperGraceMs,
        stallMs: tuning.stallMs,
      },
    },
  };
}

function wiringOf({ tuning }: Settings, log: Ferry["log"]) {
  return {
    clock: systemClock,
    backoff: { tries: tuning.tries, firstMs: tuning.firstRetryMs, maxMs: tuning.maxRetryMs },
    attemptTimeoutMs: tuning.attemptTimeoutMs,
    report: (event: Readonly<Record<string, unknown>>) => log("wire.failed", event),
  };
}

function tableClient(state: StateStore, table: string): TableClient {
  if ("connectionString" in state) {
    const allowInsecureConnection = /TableEndpoint=http:\/\/(127\.0\.0\.1|localhost)[:/]/u.test(state.connectionString);
    return TableClient.fromConnectionString(state.connectionString, table, { allowInsecureConnection });
  }
  return new TableClient(state.endpoint, table, managedIdentity(state.clientId));
}
