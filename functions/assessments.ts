import type { HttpRequest, InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { startAssessment } from "../src/app/assessments.ts";
import { jsonOf } from "../src/app/body.ts";
import { type Migrations, openMigrations } from "../src/app/migrations.ts";
import type { OperationName } from "../src/contract/operations.ts";
import { app } from "./app.ts";
import { apiOf, serve } from "./serve.ts";
import { starting } from "./starting.ts";

serve("startAssessment", async (request, context) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : startAssessment(over(request, context, "startAssessment"), read.json);
});

serve("getAssessment", (request, context) => over(request, context, "getAssessment").get(request.params["id"] ?? ""));

// Runs are one collection, whatever they do; their commands and journals are under /migrations.
function over(request: HttpRequest, context: InvocationContext, operation: OperationName): Migrations {
  return openMigrations(app, starting(df.getClient(context)), `${apiOf(request, operation)}/migrations`);
}
