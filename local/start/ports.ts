import { createServer } from "node:net";

/** The first loopback port from `first` on that is free at this moment. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; ; port++) {
    if (await isFree(port)) return port;
    if (port >= first + 100) throw new Error(`no free port from ${first} to ${port}`);
  }
}

/** True when nobody listens on the port. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
