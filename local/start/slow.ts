import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { delaysIn, type SpanMs } from "../kit/latency.ts";

/** A port of its own in front of another one. */
export type SlowPort = { readonly port: number; readonly close: () => void };

/** Calls back after so many milliseconds. */
type After = (pass: () => void, ms: number) => void;

/**
 * Opens a loopback port that leads to `target`, and on which everything a client sends takes as long as `latency` says. Nobody reads what
 * passes, so signatures hold; what comes back isn't held up. It keeps no process alive.
 */
export async function slowPort(target: number, latency: SpanMs, after: After = setTimeout): Promise<SlowPort> {
  const nextDelayMs = delaysIn(latency);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const service = connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const [socket, other] of [
      [client, service],
      [service, client],
    ] as const) {
      sockets.add(socket);
      socket.unref();
      socket.once("close", () => sockets.delete(socket) && other.destroy());
      // Whoever is at the other end sees the connection end; there is nobody else to tell.
      socket.on("error", () => other.destroy());
    }
    service.pipe(client);
    forward(client, service, nextDelayMs, after);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

// Each piece has its own delay. Timers may ring in another order than they were set in; the pieces leave in the order they came in.
function forward(client: Socket, service: Socket, nextDelayMs: () => number, after: After): void {
  const pieces: (Buffer | undefined)[] = [];
  let dueMs = 0;
  let waiting = 0;
  const later = (piece: Buffer | undefined): void => {
    const nowMs = performance.now();
    dueMs = Math.max(dueMs, nowMs + nextDelayMs());
    pieces.push(piece);
    after(pass, dueMs - nowMs);
  };
  const pass = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) return void service.end();
    waiting -= piece.length;
    if (!service.destroyed) service.write(piece);
    client.resume();
  };
  client.on("data", (bytes: Buffer) => {
    waiting += bytes.length;
    if (waiting > mostWaiting) client.pause();
    later(bytes);
  });
  client.once("end", () => later(undefined));
}

const mostWaiting = 4 * 1024 * 1024;
