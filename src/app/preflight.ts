import { randomUUID } from "node:crypto";
import { migrationRequest, type MigrationRequest } from "../core/request.ts";
import { type Check, sinkChecks, sourceChecks } from "../ferry/preflight.ts";
import { newMeter } from "../wire/meter.ts";
import type { App } from "./app.ts";
import { whatCantBeDone } from "./checks.ts";
import { networkCheck } from "./network.ts";
import { type Answer, answering, badRequest, wrongFields } from "./problem.ts";

/** Looks at everything that a migration of this request needs; changes nothing but a scratch folder, which it removes. */
export async function preflight(app: App, body: unknown): Promise<Answer> {
  const parsed = migrationRequest.safeParse(body);
  if (!parsed.success) return badRequest(parsed.error);
  const request = parsed.data;
  const wrong = whatCantBeDone(app, request);
  if (wrong.length > 0) return wrongFields(wrong);
  return answering(async () => {
    const checks = await checksOf(app, request);
    const worst = (["failed", "warning"] as const).find((status) => checks.some((check) => check.status === status));
    return { status: 200, body: { status: worst ?? "ok", checks } };
  });
}

async function checksOf(app: App, request: MigrationRequest): Promise<readonly Check[]> {
  const { ferry, connections } = app;
  const meter = newMeter();
  const lakes = ferry.lakes(request, meter, ferry.valves());
  const probe = app.probe(request, meter);
  const ground = { request, ...lakes, probe, clock: ferry.clock, id: randomUUID() };
  const networks = [request.source.connection, request.sink.connection].map(async (name) => {
    const connection = connections.get(name);
    return connection === undefined ? [] : [await networkCheck(name, connection)];
  });
  const limits: Check = { name: "limits", status: "ok", detail: "the request is within what this app can do" };
  return [limits, ...(await Promise.all([...networks, sourceChecks(ground), sinkChecks(ground)])).flat()];
}
