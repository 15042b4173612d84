import { app as functions } from "@azure/functions";
import * as df from "durable-functions";
import { keep } from "../src/ferry/keeper.ts";
import { app, wrong } from "./app.ts";
import { starting } from "./starting.ts";

const { Running, Pending, ContinuedAsNew, Suspended, Terminated } = df.OrchestrationRuntimeStatus;

// A stopped app looks after nothing: what waits goes on when the setting is right.
if (wrong === undefined) {
  functions.timer("keeper", {
    schedule: "0 * * * * *",
    extraInputs: [df.input.durableClient()],
    handler: async (_, context) => {
      const client = df.getClient(context);
      const idsOf = async (...runtimeStatus: df.OrchestrationRuntimeStatus[]) =>
        new Set((await client.getStatusBy({ runtimeStatus })).map(({ instanceId }) => instanceId));
      await keep(app.ferry, {
        look: async () => ({
          live: await idsOf(Running, Pending, ContinuedAsNew),
          suspended: await idsOf(Suspended),
          terminated: await idsOf(Terminated),
        }),
        start: starting(client),
      });
    },
  });
}
