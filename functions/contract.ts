import { openApi } from "../src/contract/openapi.ts";
import { apiOf, serve } from "./serve.ts";

serve("getContract", async (request) => ({ status: 200, body: openApi(apiOf(request, "getContract")) }));
