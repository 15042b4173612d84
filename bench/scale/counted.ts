import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What went to a state store. */
export type Traffic = {
  readonly requests: Readonly<Record<string, number>>;
  /** Rows written, those in transactions each by itself, and the largest one as JSON. */
  readonly rows: number;
  readonly largestRowBytes: number;
  readonly bytesSent: number;
};

/** A port in front of a state store that counts what passes. */
export type CountedPort = { readonly port: number; readonly traffic: () => Traffic; readonly close: () => void };

/** Opens a loopback port that leads to `target`; signatures hold, as nothing is changed. */
export async function countedPort(target: number): Promise<CountedPort> {
  const requests: Record<string, number> = {};
  let [rows, largestRowBytes, bytesSent] = [0, 0, 0];
  const agent = new Agent({ keepAlive: true });

  function count(message: IncomingMessage, body: Buffer): void {
    const { method = "", url = "" } = message;
    const comp = new URLSearchParams(url.split("?", 2)[1] ?? "").get("comp");
    const op = url.endsWith("/$batch") ? "transaction" : comp === null ? method : `${method} ${comp}`;
    requests[op] = (requests[op] ?? 0) + 1;
    bytesSent += body.byteLength;
    for (const row of rowsIn(message, body)) {
      rows++;
      largestRowBytes = Math.max(largestRowBytes, row);
    }
  }

  async function pass(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    count(message, body);
    const { method, url, headers } = message;
    const onward = request({ host: "127.0.0.1", port: target, method, path: url, headers, agent }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
      reply.pipe(response);
    });
    onward.once("error", () => response.destroy());
    onward.end(body);
  }

  const server = createServer((message, response) => void pass(message, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    traffic: () => ({ requests: { ...requests }, rows, largestRowBytes, bytesSent }),
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

// Bytes of each row that a request to a table writes.
function rowsIn({ method = "", url = "", headers }: IncomingMessage, body: Buffer): readonly number[] {
  if (url.endsWith("/$batch")) {
    const text = body.toString("latin1");
    return [...text.matchAll(/^\{.*\}\r?$/gmu)].map(([row]) => row.length);
  }
  const isRow = method !== "GET" && headers["content-type"]?.startsWith("application/json") === true;
  return isRow && !url.endsWith("/Tables") && body.byteLength > 0 ? [body.byteLength] : [];
}
