import { app as functions, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { jsonOf } from "../src/app/body.ts";
import { type Migrations, openMigrations } from "../src/app/migrations.ts";
import { type Answer, problem } from "../src/app/problem.ts";
import { type Command, instanceOf } from "../src/core/run.ts";
import { app } from "./app.ts";
import { starting } from "./starting.ts";

functions.http("startMigration", {
  methods: ["POST"],
  route: "migrations",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const read = await jsonOf(request);
    return respond("refusal" in read ? read.refusal : await over(request, context).start(read.json));
  },
});

functions.http("listMigrations", {
  methods: ["GET"],
  route: "migrations",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => respond(await over(request, context).list()),
});

functions.http("getMigration", {
  methods: ["GET"],
  route: "migrations/{id}",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => respond(await over(request, context).get(request.params["id"] ?? "")),
});

functions.http("changeMigration", {
  methods: ["PATCH"],
  route: "migrations/{id}",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const read = await jsonOf(request);
    if ("refusal" in read) return respond(read.refusal);
    return respond(await over(request, context).change(request.params["id"] ?? "", read.json));
  },
});

functions.http("getJournal", {
  methods: ["GET"],
  route: "migrations/{id}/journal",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    // A function key may travel in the query.
    const { code: _, ...query } = Object.fromEntries(request.query);
    return respond(await over(request, context).journal(request.params["id"] ?? "", query));
  },
});

for (const command of ["pause", "resume", "cancel"] as const satisfies readonly Command[]) {
  functions.http(`${command}Migration`, {
    methods: ["POST"],
    route: `migrations/{id}/${command}`,
    authLevel: "function",
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) =>
      respond(await over(request, context).command(request.params["id"] ?? "", command)),
  });
}

functions.http("rerunMigration", {
  methods: ["POST"],
  route: "migrations/{id}/rerun",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => respond(await over(request, context).rerun(request.params["id"] ?? "")),
});

// Durable's own links carry the task hub's system key, so only the holder of the admin key gets them.
functions.http("orchestrationLinks", {
  methods: ["GET"],
  route: "migrations/{id}/orchestration",
  authLevel: "admin",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const run = await app.ferry.runs.get(request.params["id"] ?? "");
    if (run === undefined) return respond(problem(404, "Not found", "there is no such migration"));
    return { jsonBody: df.getClient(context).createHttpManagementPayload(instanceOf(run)) };
  },
});

function over(request: HttpRequest, context: InvocationContext): Migrations {
  const client = df.getClient(context);
  const { origin, pathname } = new URL(request.url);
  const base = `${origin}${pathname.replace(/(\/migrations)(\/.*)?$/u, "$1")}`;
  return openMigrations(app, starting(client), base);
}

function respond({ status, headers, body }: Answer): HttpResponseInit {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
