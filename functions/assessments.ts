import { startAssessment } from "../src/app/assessments.ts";
import { jsonOf } from "../src/app/body.ts";
import { runsOver } from "./runs.ts";
import { serve } from "./serve.ts";

serve("startAssessment", async (request, context) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : startAssessment(runsOver(request, context, "startAssessment"), read.json);
});

serve("getAssessment", (request, context) =>
  runsOver(request, context, "getAssessment").get(request.params["id"] ?? ""),
);
