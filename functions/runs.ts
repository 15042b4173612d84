import type { HttpRequest, InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { type Migrations, openMigrations } from "../src/app/migrations.ts";
import type { OperationName } from "../src/contract/operations.ts";
import { app } from "./app.ts";
import { apiOf } from "./serve.ts";
import { starting } from "./starting.ts";

/** Runs are one collection, whatever they do; their commands and journals are under /migrations. */
export function runsOver(request: HttpRequest, context: InvocationContext, operation: OperationName): Migrations {
  return openMigrations(app, starting(df.getClient(context)), `${apiOf(request, operation)}/migrations`);
}
