import { jsonOf } from "../src/app/body.ts";
import { preflight } from "../src/app/preflight.ts";
import { app } from "./app.ts";
import { serve } from "./serve.ts";

serve("preflight", async (request) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : preflight(app, read.json);
});
