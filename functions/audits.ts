import { openAudits } from "../src/app/audits.ts";
import { jsonOf } from "../src/app/body.ts";
import { app } from "./app.ts";
import { runsOver } from "./runs.ts";
import { serve } from "./serve.ts";

serve("startAudit", async (request, context) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : openAudits(app, runsOver(request, context, "startAudit")).start(read.json);
});

serve("getAudit", (request, context) => runsOver(request, context, "getAudit").get(request.params["id"] ?? ""));

serve("getDifferences", (request, context) => {
  // A function key may travel in the query.
  const { code: _, ...query } = Object.fromEntries(request.query);
  return runsOver(request, context, "getDifferences").differences(request.params["id"] ?? "", query);
});
