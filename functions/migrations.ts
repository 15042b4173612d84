import { app as functions, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { type Migrations, openMigrations } from "../src/app/migrations.ts";
import { type Answer, problem } from "../src/app/problem.ts";
import { type Command, instanceOf } from "../src/core/run.ts";
import { app } from "./app.ts";

const maxBodyBytes = 1024 * 1024;

functions.http("startMigration", {
  methods: ["POST"],
  route: "migrations",
  authLevel: "function",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => respond(await withBody(request, (body) => over(request, context).start(body))),
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
  return openMigrations(
    app,
    async (instanceId, input) => {
      await client.startNew("migrate", { instanceId, input });
    },
    base,
  );
}

async function withBody(request: HttpRequest, use: (body: unknown) => Promise<Answer>): Promise<Answer> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(.+\+)?json\b/iu.test(type)) {
    return problem(415, "Not JSON", 'expected the header "Content-Type: application/json"');
  }
  const text = await request.text();
  if (text.length > maxBodyBytes) return problem(413, "Too large", "expected a body of at most 1 MiB");
  try {
    return await use(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return problem(400, "Not JSON", error.message, [{ field: "(body)", message: `expected JSON: ${error.message}` }]);
  }
}

function respond({ status, headers, body }: Answer): HttpResponseInit {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
