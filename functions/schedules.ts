import { app as functions, type HttpRequest } from "@azure/functions";
import * as df from "durable-functions";
import { jsonOf } from "../src/app/body.ts";
import { openScheduleApi, type ScheduleApi } from "../src/app/schedules.ts";
import type { OperationName } from "../src/contract/operations.ts";
import { writtenPaths } from "../src/app/cutovers.ts";
import { moveOn } from "../src/ferry/cutovers.ts";
import { startDue } from "../src/ferry/schedules.ts";
import { app, wrong } from "./app.ts";
import { apiOf, serve } from "./serve.ts";
import { starting } from "./starting.ts";

serve("putSchedule", async (request) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : over(request, "putSchedule").put(nameIn(request), read.json);
});

serve("listSchedules", (request) => over(request, "listSchedules").list());

serve("getSchedule", (request) => over(request, "getSchedule").get(nameIn(request)));

serve("deleteSchedule", (request) => over(request, "deleteSchedule").remove(nameIn(request)));

// A stopped app starts nothing: what was due is seen when the setting is right.
if (wrong === undefined) {
  functions.timer("scheduler", {
    // A setting with a default, which "%…%" in a trigger can't have.
    schedule: app.scheduleCron,
    extraInputs: [df.input.durableClient()],
    handler: async (_, context) => {
      const start = starting(df.getClient(context));
      await startDue(app.ferry, app.schedules, start);
      await moveOn({ ferry: app.ferry, cutovers: app.cutovers, start, samplesOf: (run) => writtenPaths(app, run) });
    },
  });
}

function nameIn(request: HttpRequest): string {
  return request.params["name"] ?? "";
}

function over(request: HttpRequest, operation: OperationName): ScheduleApi {
  return openScheduleApi(app, apiOf(request, operation));
}
