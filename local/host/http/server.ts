import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Log, stackOf } from "../log.ts";
import { type Answer, type Exchange, Refusal, problem, readExchange, sendAnswer } from "./exchange.ts";

/** The listening server. */
export type Front = {
  readonly url: string;
  readonly port: number;
  /** How many requests are being answered. */
  readonly running: () => number;
  /** Accepts no new connection; resolves when the last request is answered. */
  readonly stop: () => Promise<void>;
  /** Cuts what is still open. */
  readonly cut: () => void;
};

/** Serves loopback only, and only callers that know they speak to loopback. */
export async function openFront(
  port: number,
  log: Log,
  answer: (exchange: Exchange) => Promise<Answer>,
  onStep: () => void,
): Promise<Front> {
  let running = 0;
  let isStopping = false;
  let origin = "";
  const server = createServer((request, response) => {
    running++;
    // A connection whose last answer was on its way when the stop came would otherwise stay open.
    response.once("close", () => {
      if (isStopping) setImmediate(() => server.closeIdleConnections());
    });
    handle(request)
      .then((reply) => {
        if (isStopping) response.setHeader("connection", "close");
        sendAnswer(response, reply);
      })
      .catch((error: unknown) => {
        log("error", "http.error", { error: stackOf(error) });
        response.destroy();
      })
      .finally(() => {
        running--;
        onStep();
      });
  });

  async function handle(request: IncomingMessage): Promise<Answer> {
    try {
      if (!isLoopback(request.headers.host)) throw new Refusal(403, "This host answers on loopback names only.");
      return await answer(await readExchange(request, origin));
    } catch (error) {
      if (error instanceof Refusal) return problem(error.status, error.message, { connection: "close" });
      throw error;
    }
  }

  const boundPort = await listen(server, port);
  origin = `http://127.0.0.1:${boundPort}`;
  return {
    url: origin,
    port: boundPort,
    running: () => running,
    stop() {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
    cut: () => server.closeAllConnections(),
  };
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", resolve);
  try {
    await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${port} is in use by another program; choose another, or 0 for any free one.`, {
      cause: error,
    });
  }
  return (server.address() as AddressInfo).port;
}

// A page on the web can make a name of its own resolve to loopback; its requests carry that name here.
function isLoopback(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, "").toLowerCase();
  return name === "127.0.0.1" || name === "localhost" || name === "[::1]";
}
