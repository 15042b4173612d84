import { assessRequest } from "../core/assessRequest.ts";
import type { Migrations } from "./migrations.ts";
import { type Answer, badRequest } from "./problem.ts";

/** Starts an assessment, which is a run like a migration and is looked at, paused and cancelled like one. */
export async function startAssessment(migrations: Migrations, body: unknown): Promise<Answer> {
  const parsed = assessRequest.safeParse(body);
  if (!parsed.success) return badRequest(parsed.error);
  const { request, assess } = parsed.data;
  return migrations.begin(request, { job: "assess", assess });
}
