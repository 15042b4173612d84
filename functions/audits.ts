import type { HttpRequest, InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { openAudits } from "../src/app/audits.ts";
import { jsonOf } from "../src/app/body.ts";
import { type Migrations, openMigrations } from "../src/app/migrations.ts";
import type { OperationName } from "../src/contract/operations.ts";
import { app } from "./app.ts";
import { apiOf, serve } from "./serve.ts";
import { starting } from "./starting.ts";

serve("startAudit", async (request, context) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : openAudits(app, over(request, context, "startAudit")).start(read.json);
});

serve("getAudit", (request, context) => over(request, context, "getAudit").get(request.params["id"] ?? ""));

serve("getDifferences", (request, context) => {
  // A function key may travel in the query.
  const { code: _, ...query } = Object.fromEntries(request.query);
  return over(request, context, "getDifferences").differences(request.params["id"] ?? "", query);
});

// Runs are one collection, whatever they do; their commands and journals are under /migrations.
function over(request: HttpRequest, context: InvocationContext, operation: OperationName): Migrations {
  return openMigrations(app, starting(df.getClient(context)), `${apiOf(request, operation)}/migrations`);
}
