import { app as functions } from "@azure/functions";
import * as df from "durable-functions";
import { instanceOf } from "../src/core/run.ts";
import { keep } from "../src/ferry/keeper.ts";
import { firstRound } from "../src/flow/migrate.ts";
import { app } from "./app.ts";

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
        live: await idsOf(Running, Pending, ContinuedAsNew, Suspended),
        terminated: await idsOf(Terminated),
      }),
      start: async (run) => {
        await client.startNew("migrate", { instanceId: instanceOf(run), input: firstRound(run) });
      },
    });
  },
});
