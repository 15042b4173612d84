import type { HttpRequest } from "@azure/functions";
import { jsonOf } from "../src/app/body.ts";
import { type CutoverApi, openCutoverApi } from "../src/app/cutovers.ts";
import type { OperationName } from "../src/contract/operations.ts";
import { app } from "./app.ts";
import { apiOf, serve } from "./serve.ts";

serve("startCutover", async (request) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : over(request, "startCutover").start(idIn(request), read.json);
});

serve("listCutovers", (request) => over(request, "listCutovers").list());

serve("getCutover", (request) => over(request, "getCutover").get(idIn(request)));

serve("cancelCutover", (request) => over(request, "cancelCutover").cancel(idIn(request)));

serve("getPathMap", (request) => {
  // A function key may travel in the query.
  const { code: _, ...query } = Object.fromEntries(request.query);
  return over(request, "getPathMap").pathMap(idIn(request), query);
});

function idIn(request: HttpRequest): string {
  return request.params["id"] ?? "";
}

function over(request: HttpRequest, operation: OperationName): CutoverApi {
  return openCutoverApi(app, apiOf(request, operation));
}
