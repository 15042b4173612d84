import type { App } from "../../src/app/app.ts";
import { connectionsIn } from "../../src/app/connections.ts";
import { openOverviews } from "../../src/app/overview.ts";
import { openCutovers } from "../../src/state/cutovers.ts";
import { runsReferredTo } from "../../src/state/references.ts";
import { openScheduledRoots, openSchedules } from "../../src/state/schedules.ts";
import type { TestFerry } from "./testFerry.ts";

/** The app around a ferry on memory, with one connection of each kind. */
export function appOver({ ferry, blobs, rows }: Pick<TestFerry, "ferry" | "blobs" | "rows">): App {
  const schedules = openSchedules(rows);
  const cutovers = openCutovers(rows);
  return {
    ferry,
    connections: connectionsIn({
      LakeSource__kind: "adls-gen1",
      LakeSource__endpoint: "https://contoso.azuredatalakestore.net",
      LakeSink__kind: "adls-gen2",
      LakeSink__endpoint: "https://contoso.dfs.core.windows.net",
    }),
    schedules,
    cutovers,
    scheduledRoots: openScheduledRoots(rows, schedules),
    scheduleCron: "0 * * * * *",
    cloud: "AzureCloud",
    probe: () => {
      throw new Error("there is no Gen2 account to look at");
    },
    easyAuth: "off",
    keptRuns: () => runsReferredTo(schedules, cutovers),
    purge: { cron: "0 17 * * * *", afterMs: undefined },
    maxConnections: 96,
    overviews: openOverviews(ferry.work, ferry.clock, 2000),
    blobs,
    close: async () => undefined,
  };
}
