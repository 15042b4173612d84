import { app as functions } from "@azure/functions";
import { app } from "./app.ts";
import "./contract.ts";
import "./keeper.ts";
import "./migrations.ts";
import "./orchestrations.ts";
import "./schedules.ts";

functions.hook.appTerminate(() => {
  app.close();
});
