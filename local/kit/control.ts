import * as z from "zod";
import type { VirtualClock } from "./clock.ts";
import { type Fault, parseFaults } from "./faults.ts";
import type { RequestCounter } from "./requests.ts";
import type { WireReply, WireRequest } from "./wire.ts";

/**
 * One route under `/_control/`: takes the request and returns what is sent as JSON; undefined for an empty reply, an async iterable
 * for one line of JSON each.
 */
export type ControlRoute = (request: WireRequest) => unknown;

/** Routes by "METHOD name", for instance "GET dump". */
export type ControlRoutes = Readonly<Record<string, ControlRoute>>;

/** What the routes that every emulator has work on. */
export type Controlled = {
  readonly clock: VirtualClock;
  readonly counter: RequestCounter;
  readonly faults: { set(faults: readonly Fault[]): void; all(): readonly Fault[]; unused(): readonly Fault[] };
};

/** Where the control endpoint starts. */
export const controlPrefix = "/_control/";

/** Answers requests under the prefix; what the emulator adds must not take the name of a common route. */
export function controlEndpoint(
  controlled: Controlled,
  own: ControlRoutes,
): (request: WireRequest) => Promise<WireReply> {
  const routes: ControlRoutes = { ...own, ...commonRoutes(controlled) };
  return async (request) => {
    const route = routes[`${request.method} ${request.rawPath.slice(controlPrefix.length)}`];
    if (route === undefined) return json(404, { error: `no such route; there are: ${Object.keys(routes).join(", ")}` });
    try {
      const answer = await route(request);
      if (answer === undefined) return { status: 204, headers: {} };
      return isAsyncIterable(answer) ? lines(answer) : json(200, answer);
    } catch (error) {
      return json(400, { error: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** The request's body as JSON; bounded, throws when it is none. */
export async function jsonBody(request: WireRequest): Promise<unknown> {
  return JSON.parse((await request.body.read(16 * 1024 * 1024)).toString("utf8"));
}

const clockMove = z.union([z.strictObject({ nowMs: z.number() }), z.strictObject({ advanceMs: z.number() })], {
  error: "expected {nowMs} or {advanceMs}",
});

function commonRoutes({ clock, counter, faults }: Controlled): ControlRoutes {
  return {
    "GET requests": () => counter.read(),
    "DELETE requests": () => counter.reset(),
    "GET faults": () => ({ faults: faults.all(), unused: faults.unused() }),
    "PUT faults": async (request) => faults.set(parseFaults(await jsonBody(request))),
    "GET clock": () => ({ nowMs: clock.nowMs() }),
    "PUT clock": async (request) => {
      const move = clockMove.parse(await jsonBody(request));
      if ("nowMs" in move) clock.set(move.nowMs);
      else clock.advance(move.advanceMs);
      return { nowMs: clock.nowMs() };
    },
  };
}

function json(status: number, value: unknown): WireReply {
  return { status, headers: { "Content-Type": "application/json; charset=utf-8" }, body: JSON.stringify(value) };
}

function lines(values: AsyncIterable<unknown>): WireReply {
  return { status: 200, headers: { "Content-Type": "application/x-ndjson" }, body: formatLines(values) };
}

async function* formatLines(values: AsyncIterable<unknown>): AsyncIterable<Buffer> {
  for await (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
