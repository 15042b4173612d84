import { app as functions } from "@azure/functions";
import * as df from "durable-functions";
import { keep } from "../src/ferry/keeper.ts";
import { app } from "./app.ts";
import { starting } from "./starting.ts";

const { Running, Pending, ContinuedAsNew, Suspended, Terminated } = df.OrchestrationRuntimeStatus;

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
