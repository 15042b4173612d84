import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Certificate } from "./certificate.ts";
import { type VirtualClock, virtualClock } from "./clock.ts";
import { delaysIn, type SpanMs } from "./latency.ts";
import { type ControlRoutes, controlEndpoint, controlPrefix } from "./control.ts";
import { type Effect, type Fault, faultPlan, type StatusEffect } from "./faults.ts";
import { cut, send, sendUnder } from "./reply.ts";
import { readHalf, underEffects, wireRequest } from "./request.ts";
import { requestCounter, type Requests } from "./requests.ts";
import { ConnectionLost, type Operation, type WireReply, type WireRequest } from "./wire.ts";

/** What an emulator plugs in. `identify` must not touch the body and must not throw. */
export type Emulator<O extends Operation = Operation> = {
  identify(request: WireRequest): O;
  /** Does the request. Expected failures are replies; what it throws becomes a 500 that carries the stack. */
  handle(request: WireRequest, operation: O): WireReply | Promise<WireReply>;
  /** How this protocol words a status that a fault asks for. */
  refuse(effect: StatusEffect, request: WireRequest, operation: O): WireReply;
  /** The emulator's own routes under `/_control/`. */
  readonly control?: ControlRoutes;
};

/** Where and how an emulator is served. */
export type ServeOptions<O extends Operation = Operation> = Emulator<O> & {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** Serves https; absent: http. */
  readonly tls?: Certificate | undefined;
  readonly faults?: readonly Fault[] | undefined;
  readonly clock?: VirtualClock | undefined;
  /** How many of the last requests are remembered; absent: none. */
  readonly logLimit?: number | undefined;
  /** How long each request is held before anything is done with it, faults included; absent: not at all. */
  readonly latency?: SpanMs | undefined;
  /** How that is waited for; absent: real time. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
};

/** An emulator that listens on loopback. */
export type Served = {
  readonly port: number;
  readonly url: string;
  readonly clock: VirtualClock;
  requests(): Requests;
  resetRequests(): void;
  /** Replaces the fault plan; counts start again. */
  setFaults(faults: readonly Fault[]): void;
  unusedFaults(): readonly Fault[];
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
};

/** Serves an emulator and its control endpoint on 127.0.0.1; throws when the port is taken. */
export async function serve<O extends Operation>(options: ServeOptions<O>): Promise<Served> {
  const clock = options.clock ?? virtualClock();
  const counter = requestCounter(options.logLimit ?? 0);
  let faults = options.faults ?? [];
  let plan = faultPlan(faults);
  const setFaults = (next: readonly Fault[]) => {
    faults = next;
    plan = faultPlan(next);
  };
  const control = controlEndpoint(
    { clock, counter, faults: { set: setFaults, all: () => faults, unused: () => plan.unused() } },
    options.control ?? {},
  );

  const { latency, wait = sleep } = options;
  const nextDelayMs = latency === undefined ? undefined : delaysIn(latency);

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = wireRequest(message);
    if (request.rawPath.startsWith(controlPrefix)) return send(response, await control(request));
    if (nextDelayMs !== undefined) await wait(nextDelayMs());
    const operation = options.identify(request);
    const effects = plan.take({ op: operation.op, method: request.method, path: operation.path });
    const reply =
      effects.length === 0
        ? await handled(options, request, operation)
        : await replyUnder(effects, options, request, operation);
    counter.count(request, operation, reply === "reset" ? reply : reply.status);
    if (reply === "reset") cut(response);
    else if (effects.length === 0) await send(response, reply);
    else await sendUnder(response, reply, request.body.length === 0 ? effects : withoutFlips(effects));
  };

  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    // Only a reply's stream can fail here, when its status is out already: a broken body says so.
    answer(message, response).catch(() => cut(response));
  };
  const { tls } = options;
  const server =
    tls === undefined ? createServer(httpOptions, listener) : createTlsServer({ ...httpOptions, ...tls }, listener);
  server.keepAliveTimeout = 120_000;
  const port = await listen(server, options.port ?? 0);
  return {
    port,
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    clock,
    requests: () => counter.read(),
    resetRequests: () => counter.reset(),
    setFaults,
    unusedFaults: () => plan.unused(),
    close: () => close(server),
  };
}

// insecureHTTPParser: an old official Gen1 client sends Content-Length and Transfer-Encoding together.
// requestTimeout: a body that a fault drips in may take as long as it likes.
const httpOptions = { insecureHTTPParser: true, maxHeaderSize: 65_536, requestTimeout: 0 } as const;

/** Does the request unless an effect forbids it; "reset" when the client must not get an answer. */
async function replyUnder<O extends Operation>(
  effects: readonly Effect[],
  emulator: Emulator<O>,
  request: WireRequest,
  operation: O,
): Promise<WireReply | "reset"> {
  for (const effect of effects) if ("delayMs" in effect) await sleep(effect.delayMs);
  const reset = effects.find((effect) => "reset" in effect)?.reset;
  if (reset === "before") return "reset";
  if (reset === "mid" && request.body.length !== 0) {
    await readHalf(request.body);
    return "reset";
  }
  const status = effects.find((effect) => "status" in effect);
  if (status !== undefined) return emulator.refuse(status, request, operation);
  const reply = await handled(emulator, underEffects(request, effects), operation);
  return reset === "after" ? "reset" : reply;
}

// A flip that hit the request's body must not hit the reply as well.
function withoutFlips(effects: readonly Effect[]): readonly Effect[] {
  return effects.filter((effect) => !("flip" in effect));
}

async function handled<O extends Operation>(
  emulator: Emulator<O>,
  request: WireRequest,
  operation: O,
): Promise<WireReply | "reset"> {
  try {
    return await emulator.handle(request, operation);
  } catch (error) {
    if (error instanceof ConnectionLost) return "reset";
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: 500, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: text };
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is in use on 127.0.0.1`, { cause: error }) : error);
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
