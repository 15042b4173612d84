import { createServer } from "node:net";

/** A loopback port that is free at this moment; `first` is tried first, then its successors. */
export async function freePort(first = 0): Promise<number> {
  for (let port = first; ; port++) {
    const got = await tryPort(port);
    if (got !== undefined) return got;
    if (port >= first + 100) throw new Error(`no free port from ${first} to ${port}`);
  }
}

/** True when nobody listens on the port. */
export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const got = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(got));
    });
  });
}
