import type { AppFunction, Catalogue } from "../catalogue.ts";
import { FunctionTimeout, type Invoke } from "../invoke.ts";
import type { Input } from "../rpc.ts";
import { type Answer, type Exchange, answerFrom, httpInput, problem } from "./exchange.ts";
import { type Route, bySpecificity, matchRoute, routeFrom } from "./routes.ts";

/** Keys that callers must show; without them every function is open, as with `func start`. */
export type Keys = { readonly function: string; readonly master: string };

type Entry = { readonly target: AppFunction; readonly route: Route; readonly methods: readonly string[] };

type FunctionsOptions = {
  readonly catalogue: Catalogue;
  readonly routePrefix: string;
  readonly keys: Keys | undefined;
  readonly invoke: Invoke;
  readonly clientInputs: (target: AppFunction) => readonly Input[];
};

/** Answers calls of the app's http functions. Routes are checked at once; two functions may not want the same calls. */
export function httpFunctions(options: FunctionsOptions): (exchange: Exchange) => Promise<Answer> {
  const entries = options.catalogue.all
    .filter(({ kind }) => kind === "http")
    .map((target) => entryFor(target, options));
  refuseClashes(entries);
  entries.sort((left, right) => bySpecificity(left.route, right.route));

  return async (exchange) => {
    const matches = entries.flatMap((entry) => {
      const params = matchRoute(entry.route, exchange.url.pathname);
      return params ? [{ ...entry, params }] : [];
    });
    const match = matches.find(({ methods }) => methods.includes(exchange.method));
    if (match === undefined) return noFunction(exchange, matches);
    if (!hasKey(exchange, match.target, options.keys)) return problem(401, "This function wants a key.");
    return call(match.target, exchange, match.params);
  };

  async function call(target: AppFunction, exchange: Exchange, params: Record<string, string>): Promise<Answer> {
    const input = { name: target.trigger.name, data: { http: httpInput(exchange, params) } };
    try {
      return answerFrom(await options.invoke(target, [input, ...options.clientInputs(target)]));
    } catch (error) {
      // Azure tells the caller nothing about an app's exception; it is in the log.
      if (error instanceof FunctionTimeout) return problem(500, error.message);
      return { status: 500, headers: {} };
    }
  }
}

/** The key of a request: a header or the query. */
export function keyOf({ headers, query }: Exchange): string | undefined {
  const header = headers["x-functions-key"];
  return typeof header === "string" ? header : (query.get("code") ?? undefined);
}

function entryFor(target: AppFunction, { routePrefix }: FunctionsOptions): Entry {
  const own = target.trigger.route ?? target.name;
  const methods = target.trigger.methods ?? ["GET", "POST"];
  try {
    const route = routeFrom([routePrefix, own].filter(Boolean).join("/"));
    if (/^(?:admin|runtime)(?:\/|$)/i.test(route.template)) throw new Error("admin and runtime belong to the host.");
    return { target, route, methods: methods.map((method) => method.toUpperCase()) };
  } catch (error) {
    throw new Error(`Function "${target.name}": ${(error as Error).message}`, { cause: error });
  }
}

function refuseClashes(entries: readonly Entry[]): void {
  const owners = new Map<string, string>();
  for (const { target, route, methods } of entries) {
    const shape = route.template.replace(/\{\*{0,2}[A-Za-z0-9_]+/g, "{").toLowerCase();
    for (const method of methods) {
      const key = `${method} /${shape}`;
      const owner = owners.get(key);
      if (owner) throw new Error(`Functions "${owner}" and "${target.name}" both want ${method} /${route.template}.`);
      owners.set(key, target.name);
    }
  }
}

function noFunction({ method, url }: Exchange, matches: readonly Entry[]): Answer {
  if (matches.length === 0) return problem(404, `No function answers ${url.pathname}.`);
  const allow = [...new Set(matches.flatMap(({ methods }) => methods))].join(", ");
  return problem(405, `${url.pathname} does not take ${method}.`, { allow });
}

function hasKey(exchange: Exchange, { trigger }: AppFunction, keys: Keys | undefined): boolean {
  const level = (trigger.authLevel ?? "anonymous").toLowerCase();
  if (keys === undefined || level === "anonymous") return true;
  const key = keyOf(exchange);
  return key === keys.master || (level === "function" && key === keys.function);
}
