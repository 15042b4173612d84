import { app as functions, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import type { Operation } from "../src/contract/operation.ts";
import { type OperationName, operations } from "../src/contract/operations.ts";
import { admitted } from "../src/app/admission.ts";
import { type Answer, problem } from "../src/app/problem.ts";
import { app, wrong } from "./app.ts";

// What an app with a wrong setting still answers.
const always: ReadonlySet<OperationName> = new Set(["getHealth", "getHealthDetails", "getContract"]);

/** Serves a route of the contract: method, path and key are said there and nowhere else. */
export function serve(
  name: OperationName,
  answer: (request: HttpRequest, context: InvocationContext) => Promise<Answer>,
): void {
  const { method, path, access }: Operation = operations[name];
  functions.http(name, {
    methods: [method.toUpperCase() as "GET" | "POST" | "PUT" | "PATCH" | "DELETE"],
    route: path.slice(1),
    authLevel: access,
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      if (always.has(name)) return responseOf(await answer(request, context));
      if (wrong !== undefined) return responseOf(problem("app-stopped", `the setting ${wrong.path}: ${wrong.detail}`));
      const caller = admitted(request, app.easyAuth);
      if ("refusal" in caller) return responseOf(caller.refusal);
      if (method !== "get") app.ferry.log("api.changed", { operation: name, by: caller.by, ...request.params });
      return responseOf(await answer(request, context));
    },
  });
}

/** The address of the API as the caller sees it, up to /api. */
export function apiOf(request: HttpRequest, name: OperationName): string {
  const { origin, pathname } = new URL(request.url);
  const levels = operations[name].path.split("/").length - 1;
  return `${origin}${pathname.split("/").slice(0, -levels).join("/")}`;
}

function responseOf({ status, headers, body }: Answer): HttpResponseInit {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
