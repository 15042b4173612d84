import type { DurableClient } from "durable-functions";
import { instanceOf } from "../src/core/run.ts";
import type { Start } from "../src/ferry/launch.ts";
import { firstRound } from "../src/flow/migrate.ts";

/** Starts runs through a client of this invocation. */
export function starting(client: DurableClient): Start {
  return async (run) => {
    await client.startNew("migrate", { instanceId: instanceOf(run), input: firstRound(run) });
  };
}
