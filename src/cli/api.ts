import type * as z from "zod";
import type * as cutovers from "../contract/cutovers.ts";
import type * as health from "../contract/health.ts";
import type * as contract from "../contract/migration.ts";
import type * as reports from "../contract/report.ts";
import type * as schedules from "../contract/schedules.ts";
import type * as preflight from "../contract/preflight.ts";
import type { problemSchema } from "../contract/operation.ts";

/** Answers as the contract has them. */
export type Migration = z.infer<typeof contract.migration>;
export type MigrationList = z.infer<typeof contract.migrationList>;
export type Accepted = z.infer<typeof contract.accepted>;
export type Changed = z.infer<typeof contract.changed>;
export type Report = z.infer<typeof reports.report>;
export type Status = z.infer<typeof reports.status>;
export type Schedule = z.infer<typeof schedules.schedule>;
export type ScheduleList = z.infer<typeof schedules.scheduleList>;
export type Cutover = z.infer<typeof cutovers.cutover>;
export type CutoverList = z.infer<typeof cutovers.cutoverList>;
export type Checklist = z.infer<typeof preflight.checklist>;
export type Health = z.infer<typeof health.healthDetails>;
export type Problem = z.infer<typeof problemSchema>;

/** A request that was answered with 400 or above. */
export class Refused extends Error {
  readonly status: number;
  /** Undefined when it wasn't lakeferry that answered. */
  readonly problem: Problem | undefined;
  constructor(status: number, message: string, problem?: Problem) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

/** A request that brought no answer. */
export class Unreachable extends Error {}

/** What a request may do. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How the API is called: with a function key or a token where it wants them, by the global fetch unless said otherwise. */
export type Way = {
  readonly key?: string | undefined;
  readonly token?: string | undefined;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal | undefined;
};

const timeoutMs = 100_000;

/** Calls the app for JSON, or undefined where there is nothing to say; throws Refused with the app's own words, or Unreachable. */
export async function callApp<T>(url: string, method: Method = "GET", body?: unknown, way: Way = {}): Promise<T> {
  const reply = await replyOf(url, method, body, way);
  const text = await textOf(reply, url);
  if (reply.status === 204) return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Refused(reply.status, `${url} answers, but not as lakeferry does: no JSON`);
  }
}

/** The same for an answer of any kind, which is known to be no refusal. */
export async function replyOf(
  url: string,
  method: Method,
  body: unknown,
  { key, token, fetch: ask = fetch, signal }: Way,
): Promise<Response> {
  const headers = {
    // Also without a body: the app takes a change from nothing that can't say so, as forms of other sites can't.
    ...(method === "GET" ? {} : { "content-type": "application/json" }),
    ...(key === undefined ? {} : { "x-functions-key": key }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let reply: Response;
  try {
    reply = await ask(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The key goes to the host that was named, and nowhere else.
      redirect: "manual",
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
    });
  } catch (error) {
    throw new Unreachable(`no answer from ${url}: ${reasonOf(error)}`, { cause: error });
  }
  if (reply.status >= 300) throw refusalOf(url, reply.status, await textOf(reply, url), reply.headers.get("location"));
  return reply;
}

/** The text of an answer. */
export async function textOf(reply: Response, url: string): Promise<string> {
  try {
    return await reply.text();
  } catch (error) {
    throw new Unreachable(`${url} broke off its answer: ${reasonOf(error)}`, { cause: error });
  }
}

function refusalOf(url: string, status: number, text: string, location: string | null): Refused {
  const problem = problemIn(text);
  if (problem !== undefined) return new Refused(status, problem.detail, problem);
  if (status === 401 || status === 403) {
    return new Refused(
      status,
      `the function key for ${url} is missing or wrong, or a token that it wants (LAKEFERRY_TOKEN)`,
    );
  }
  if (status < 400) return new Refused(status, `${url} leads elsewhere (${location ?? status}); give that address`);
  if (status === 404) return new Refused(status, `${url} isn't there: is this the address of a lakeferry app?`);
  return new Refused(status, `${url} answers ${status}`);
}

function problemIn(text: string): Problem | undefined {
  try {
    const body = JSON.parse(text) as Partial<Problem> | null;
    return typeof body?.code === "string" && typeof body.detail === "string" ? (body as Problem) : undefined;
  } catch {
    return undefined;
  }
}

// What fetch says itself is "fetch failed"; the reason is underneath.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `none within ${timeoutMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message === "" ? String((cause as NodeJS.ErrnoException).code) : cause.message;
}
