import { startAssessment } from "../../src/app/assessments.ts";
import { openAudits } from "../../src/app/audits.ts";
import { jsonOf } from "../../src/app/body.ts";
import { openCutoverApi, writtenPaths } from "../../src/app/cutovers.ts";
import { healthOf } from "../../src/app/health.ts";
import { openMigrations } from "../../src/app/migrations.ts";
import type { Answer } from "../../src/app/problem.ts";
import { openScheduleApi } from "../../src/app/schedules.ts";
import { openApi } from "../../src/contract/openapi.ts";
import type { Operation } from "../../src/contract/operation.ts";
import { type OperationName, operations } from "../../src/contract/operations.ts";
import { isLive } from "../../src/core/run.ts";
import { moveOn } from "../../src/ferry/cutovers.ts";
import { checkedFetch } from "./contract.ts";
import { appOver } from "./testApp.ts";
import { drive, type TestFerry, testFerry } from "./testFerry.ts";

/** The address of the app that `memoryApi` answers for. */
export const memoryUrl = "http://127.0.0.1:7071";

/** The API on memory behind a `fetch`, each answer checked against its contract; runs go on when they are driven. */
export type MemoryApi = TestFerry & {
  readonly fetch: typeof fetch;
  /** What was asked, as "POST /migrations", with the key it came with. */
  readonly asked: { readonly what: string; readonly key: string | null }[];
  /** Takes a run to where it rests. */
  readonly drive: (id: string) => Promise<unknown>;
  /** What the timer does for cut-overs, and the runs that this starts. */
  readonly moveCutovers: () => Promise<void>;
};

/** Opens it. */
export function memoryApi(): MemoryApi {
  const made = testFerry();
  const app = appOver(made);
  const api = openMigrations(app, async () => undefined, `${memoryUrl}/api/migrations`);
  const schedules = openScheduleApi(app, `${memoryUrl}/api`);
  const cutovers = openCutoverApi(app, `${memoryUrl}/api`);
  const asked: MemoryApi["asked"] = [];
  const routes: Partial<Record<OperationName, (id: string, request: Request) => Promise<Answer>>> = {
    startMigration: (_, request) => withBody(request, api.start),
    changeMigration: (id, request) => withBody(request, (body) => api.change(id, body)),
    listMigrations: () => api.list(),
    getMigration: (id) => api.get(id),
    getJournal: (id, { url }) => api.journal(id, Object.fromEntries(new URL(url).searchParams)),
    pauseMigration: (id) => api.command(id, "pause"),
    resumeMigration: (id) => api.command(id, "resume"),
    cancelMigration: (id) => api.command(id, "cancel"),
    rerunMigration: (id) => api.rerun(id),
    retryMigration: (id) => api.retry(id),
    putSchedule: (name, request) => withBody(request, (body) => schedules.put(name, body)),
    listSchedules: () => schedules.list(),
    getSchedule: (name) => schedules.get(name),
    deleteSchedule: (name) => schedules.remove(name),
    startCutover: (id, request) => withBody(request, (body) => cutovers.start(id, body)),
    listCutovers: () => cutovers.list(),
    getCutover: (id) => cutovers.get(id),
    cancelCutover: (id) => cutovers.cancel(id),
    getPathMap: (id, { url }) => cutovers.pathMap(id, Object.fromEntries(new URL(url).searchParams)),
    startAudit: (_, request) => withBody(request, openAudits(app, api).start),
    getAudit: (id) => api.get(id),
    getDifferences: (id, { url }) => api.differences(id, Object.fromEntries(new URL(url).searchParams)),
    startAssessment: (_, request) => withBody(request, (body) => startAssessment(api, body)),
    getAssessment: (id) => api.get(id),
    getHealthDetails: async () => ({ status: 200, body: await healthOf(app).details() }),
    getContract: async () => ({ status: 200, body: openApi(`${memoryUrl}/api`) }),
  };
  const fetch = checkedFetch(async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname.slice("/api".length);
    const what = `${request.method} ${path}`;
    if (what !== "GET /openapi.json") asked.push({ what, key: request.headers.get("x-functions-key") });
    const { name, id } = operationAt(request.method, path);
    const route = routes[name];
    if (route === undefined) throw new Error(`${name} isn't served here`);
    const { status, headers, body } = await route(id, request);
    const type = { "content-type": "application/json", ...headers };
    const content = typeof body === "string" ? body : body === undefined ? null : JSON.stringify(body);
    return new Response(content, { status, headers: type });
  });
  const moveCutovers = async () => {
    const { ferry, clock } = made;
    const samplesOf = (run: string) => writtenPaths(app, run);
    await moveOn({ ferry, cutovers: app.cutovers, start: async () => undefined, samplesOf });
    for (const { id, status } of (await ferry.runs.list()).runs) if (isLive(status)) await drive(ferry, id);
    clock.advance(60_000);
  };
  return { ...made, fetch, asked, drive: (id) => drive(made.ferry, id), moveCutovers };
}

async function withBody(request: Request, answer: (body: unknown) => Promise<Answer>): Promise<Answer> {
  const read = await jsonOf(request);
  return "refusal" in read ? read.refusal : answer(read.json);
}

function operationAt(method: string, path: string): { readonly name: OperationName; readonly id: string } {
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const found = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/gu, "([^/]+)")}$`, "u").exec(path);
    if (found !== null && operation.method === method.toLowerCase()) {
      return { name: name as OperationName, id: decodeURIComponent(found[1] ?? "") };
    }
  }
  throw new Error(`no route for ${method} ${path}`);
}
