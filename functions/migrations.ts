import type { HttpRequest, InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { jsonOf } from "../src/app/body.ts";
import { type Migrations, openMigrations } from "../src/app/migrations.ts";
import { problem } from "../src/app/problem.ts";
import { type Command, instanceOf } from "../src/core/run.ts";
import { app } from "./app.ts";
import { serve } from "./serve.ts";
import { starting } from "./starting.ts";

serve("startMigration", async (request, context) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : over(request, context).start(read.json);
});

serve("listMigrations", (request, context) => over(request, context).list());

serve("getMigration", (request, context) => over(request, context).get(idIn(request)));

serve("changeMigration", async (request, context) => {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : over(request, context).change(idIn(request), read.json);
});

serve("getJournal", (request, context) => {
  // A function key may travel in the query.
  const { code: _, ...query } = Object.fromEntries(request.query);
  return over(request, context).journal(idIn(request), query);
});

for (const command of ["pause", "resume", "cancel"] as const satisfies readonly Command[]) {
  serve(`${command}Migration`, (request, context) => over(request, context).command(idIn(request), command));
}

serve("retryMigration", (request, context) => over(request, context).retry(idIn(request)));

serve("rerunMigration", (request, context) => over(request, context).rerun(idIn(request)));

// Durable's own links carry the task hub's system key, so only the holder of the admin key gets them.
serve("orchestrationLinks", async (request, context) => {
  const run = await app.ferry.runs.get(idIn(request));
  if (run === undefined) return problem("run-not-found", "there is no such migration");
  return { status: 200, body: df.getClient(context).createHttpManagementPayload(instanceOf(run)) };
});

function idIn(request: HttpRequest): string {
  return request.params["id"] ?? "";
}

function over(request: HttpRequest, context: InvocationContext): Migrations {
  const client = df.getClient(context);
  const { origin, pathname } = new URL(request.url);
  const base = `${origin}${pathname.replace(/(\/migrations)(\/.*)?$/u, "$1")}`;
  return openMigrations(app, starting(client), base);
}
