import { auditRequest } from "../core/auditRequest.ts";
import { isKind } from "../core/error.ts";
import { childPath, pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { newMeter } from "../wire/meter.ts";
import type { App } from "./app.ts";
import type { Migrations } from "./migrations.ts";
import { type Answer, badRequest, type FieldError, wrongFields } from "./problem.ts";

/** The HTTP API over audits, which are runs like migrations and are looked at, paused and cancelled like them. */
export type Audits = {
  readonly start: (body: unknown) => Promise<Answer>;
};

const askingMs = 10_000;

/** Opens it over the API of all runs. */
export function openAudits(app: App, migrations: Migrations): Audits {
  return {
    start: async (body) => {
      const parsed = auditRequest.safeParse(body);
      if (!parsed.success) return badRequest(parsed.error);
      const { request, cutOffMs = app.ferry.clock.nowMs() } = parsed.data;
      const wrong = await rootsOfTwoKinds(app, request);
      return wrong.length > 0 ? wrongFields(wrong) : migrations.begin(request, { job: "audit", cutOffMs });
    },
  };
}

// A folder beside a file has nothing to compare. Lakes that can't be asked now are the run's own matter.
async function rootsOfTwoKinds({ ferry, connections }: App, request: MigrationRequest): Promise<readonly FieldError[]> {
  const { source, sink } = request;
  if (!connections.has(source.connection) || !connections.has(sink.connection)) return [];
  const wanted = source.fileName === undefined ? "folder" : "file";
  const lakes = ferry.lakes(request, newMeter(), ferry.valves());
  const from = pathFrom(source.folderPath);
  const to = pathFrom(sink.folderPath);
  const signal = AbortSignal.timeout(askingMs);
  try {
    const here = await lakes.source.stat(
      source.fileName === undefined ? from : childPath(from, source.fileName),
      signal,
    );
    const there = await lakes.sink.stat(to, signal);
    if (here.kind !== wanted) {
      const message = `is a ${here.kind}, and an audit of a ${wanted} was asked for`;
      return [{ field: source.fileName === undefined ? "source.folderPath" : "source.fileName", message }];
    }
    return there?.kind === "file"
      ? [{ field: "sink.folderPath", message: "is a file, and the source's is a folder: they can't be compared" }]
      : [];
  } catch (error) {
    if (isKind(error, "not-found")) return [{ field: "source.folderPath", message: "there is no such folder or file" }];
    return [];
  }
}
