import { app as functions } from "@azure/functions";
import { within } from "../src/app/tracing.ts";
import { app, wrong } from "./app.ts";
import "./assessments.ts";
import "./audits.ts";
import "./contract.ts";
import "./cutovers.ts";
import "./health.ts";
import "./keeper.ts";
import "./migrations.ts";
import "./orchestrations.ts";
import "./preflight.ts";
import "./purge.ts";
import "./schedules.ts";

functions.hook.preInvocation((invocation) => {
  const { functionHandler, invocationContext } = invocation;
  const parent = invocationContext.traceContext?.traceParent;
  invocation.functionHandler = (...given) => within(parent, () => functionHandler(...given) as unknown);
});

functions.hook.appTerminate(async () => {
  if (wrong === undefined) await app.close();
});
