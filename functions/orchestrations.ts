import * as df from "durable-functions";
import type { SliceInput, WaveInput } from "../src/core/steps.ts";
import { ferryPacket } from "../src/ferry/slice.ts";
import { planWave } from "../src/ferry/wave.ts";
import { type MigrateInput, migrate } from "../src/flow/migrate.ts";
import { app, wrong } from "./app.ts";

// A stopped app takes no messages: they wait in their queues until the setting is right.
if (wrong === undefined) {
  df.app.orchestration("migrate", function* (context) {
    return yield* migrate(context.df, context.df.getInput<MigrateInput>());
  });

  df.app.activity("planWave", { handler: (input: WaveInput) => planWave(app.ferry, input) });

  df.app.activity("ferryPacket", { handler: (input: SliceInput) => ferryPacket(app.ferry, input) });
}
