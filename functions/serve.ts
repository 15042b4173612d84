import { app as functions, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import type { Operation } from "../src/contract/operation.ts";
import { type OperationName, operations } from "../src/contract/operations.ts";
import type { Answer } from "../src/app/problem.ts";

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
    handler: async (request, context) => responseOf(await answer(request, context)),
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
