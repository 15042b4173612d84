import { app as functions } from "@azure/functions";
import { app, wrong } from "./app.ts";
import "./contract.ts";
import "./health.ts";
import "./keeper.ts";
import "./migrations.ts";
import "./orchestrations.ts";
import "./preflight.ts";
import "./purge.ts";
import "./schedules.ts";

functions.hook.appTerminate(async () => {
  if (wrong === undefined) await app.close();
});
