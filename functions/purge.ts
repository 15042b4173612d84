import { app as functions } from "@azure/functions";
import * as df from "durable-functions";
import { purgeEnded } from "../src/ferry/purge.ts";
import { app, wrong } from "./app.ts";

const patienceMs = 5 * 60_000;

// An app with a wrong setting does nothing else than tell it.
if (wrong === undefined) {
  functions.timer("purge", {
    schedule: app.purge.cron,
    extraInputs: [df.input.durableClient()],
    handler: async (_, context) => {
      const { afterMs } = app.purge;
      if (afterMs === undefined) return;
      const client = df.getClient(context);
      await purgeEnded({
        ferry: app.ferry,
        blobs: app.blobs,
        kept: app.keptRuns,
        forget: async (instanceId) => {
          await client.purgeInstanceHistory(instanceId);
        },
        afterMs,
        patienceMs,
      });
    },
  });
}
